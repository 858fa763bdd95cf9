#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/rule_set.h"
#include "remote_write/output_batch.h"
#include "series/cell_grid.h"

namespace promcast {

/// Names and labels of the series that promcast writes for one input series after another. Reuses its scratch memory;
/// one thread at a time.
class OutputSeries {
 public:
  /// What follows is appended to `out`, which is not cleared meanwhile. `labels`: the input series', sorted, __name__
  /// among them; they are copied.
  void Open(std::span<const LabelView> labels, CellReading reading, const Rule& rule, OutputBatch& out);

  void AppendPoint(size_t horizon, Sample sample);
  void AppendBand(size_t horizon, size_t coverage, Sample lower, Sample upper);
  /// Score and verdict: -1 below the band, 0 inside, 1 above.
  void AppendAnomaly(Sample score, Sample verdict);
  /// Seconds until a threshold is crossed, at the median or at the band's edge.
  void AppendTimeToThreshold(size_t threshold, bool edge, Sample seconds);
  /// A stale marker for every series that the input series can have written, of its times to thresholds those
  /// whose bit is set in `threshold_output` (see SeriesState).
  void AppendEnd(int64_t timestamp_ms, uint16_t threshold_output);
  /// A sample of the points' curve (part 0), or of the lower (odd) or upper (even) edge of the band with the
  /// (part - 1) / 2 th coverage: labels as those of what is written, less the horizon.
  void AppendCurve(size_t part, Sample sample);

 private:
  using Piece = OutputBatch::Piece;
  static constexpr size_t kPlaces = 5;  ///< at which a label can be added
  static constexpr Piece kNothing{UINT32_MAX};
  /// An input series' labels, cut at these places.
  using CutBlock = std::array<Piece, kPlaces + 1>;
  /// The label to add at each place.
  using AddedLabels = std::array<Piece, kPlaces>;

  void KeepRuleLabels();
  void Cut(std::span<const LabelView> labels, bool clash, std::span<const std::string_view> reserved,
           std::span<const std::string_view> added, CutBlock& block);
  void Append(const CutBlock& block, const AddedLabels& added, Sample sample);

  const Rule* rule_ = nullptr;
  OutputBatch* out_ = nullptr;
  CutBlock block_, threshold_block_;
  Piece point_, lower_, upper_, metric_;
  Piece forecaster_, score_, verdict_;  // these are the same for all series of a rule in a batch
  std::vector<Piece> horizons_, coverages_;
  std::string text_, name_;
};

}  // namespace promcast
