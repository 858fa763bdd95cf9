#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/output_series.h"
#include "pipeline/series_state.h"
#include "remote_read/read_request.h"
#include "remote_read/read_result.h"
#include "timeseries/selector.h"

namespace promcast {

/// Answers one remote-read query from the series that it is shown, one after the other: with the samples that their
/// rings hold, and with what is expected of them from now on, the curves.
///
/// A series that is being predicted has a curve under the names and labels that its predictions are written with, less
/// `horizon`, as every point is stamped with the time that it is for: where the rule's cells end, after now, up to its
/// last horizon; where cells last longer than 2.5 minutes it is interpolated between their ends as well. The bands'
/// edges are curves of their own. Points that a query hardly looks at are left out: where it has no range, four between
/// two evaluations are enough, or one a minute, unless they become few; and a curve has at most kMaxCurvePoints.
class SeriesReader {
 public:
  static constexpr int64_t kMaxCurvePoints = 11'000;  ///< as many as Prometheus answers of one series

  /// `query` and `selector` must outlive it.
  SeriesReader(const ReadQuery& query, const Selector& selector, int64_t now_ms);

  /// Whether any series could have something for the query: as most that ask for forecasts ask for the past alone,
  /// where there are only those that were written.
  bool wants_any() const { return may_want_samples_ || may_want_curves_; }
  /// False when the result has refused a series.
  bool Read(const SeriesState& state, std::span<const LabelView> labels, ReadResult& result);
  /// Points of curves computed so far.
  size_t points() const { return points_; }

 private:
  /// One of the curves of a series that the query selects.
  struct Curve {
    size_t part;  ///< see OutputSeries::AppendCurve
    ChunkPacker packer;
    std::string label_block;
  };

  bool ReadRing(const SeriesState& state, std::span<const LabelView> labels, ReadResult& result) const;
  bool ReadCurves(const SeriesState& state, std::span<const LabelView> labels, ReadResult& result);
  void SelectCurves(const SeriesState& state, std::span<const LabelView> labels);
  void AppendPoint(const SeriesState& state, int64_t timestamp_ms);
  bool Forecast(const ModelBank& bank, int steps, std::vector<double>& parts);

  const ReadQuery& query_;
  const Selector& selector_;
  const int64_t now_ms_;
  const bool may_want_samples_, may_want_curves_;
  size_t points_ = 0;

  OutputBatch curve_labels_;
  std::vector<double> lower_, upper_, at_, next_;
  std::vector<Curve> curves_;
  OutputSeries output_series_;
};

}  // namespace promcast
