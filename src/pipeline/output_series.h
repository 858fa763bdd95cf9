#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "pipeline/rule_set.h"
#include "sender/sender.h"
#include "series/cell_grid.h"

namespace promcast {

/// Names and labels of the series that promcast writes. Reuses its scratch memory; one thread at a time.
class OutputSeries {
 public:
  /// `labels`: the input series', sorted, __name__ among them; they are copied.
  void Open(std::span<const LabelView> labels, CellReading reading, const Rule& rule);

  void AppendPoint(size_t horizon, Sample sample, OutputBatch& out);
  void AppendBand(size_t horizon, size_t coverage, Sample lower, Sample upper, OutputBatch& out);
  /// Score and verdict: -1 below the band, 0 inside, 1 above.
  void AppendAnomaly(Sample score, Sample verdict, OutputBatch& out);
  /// Seconds until a threshold is crossed, at the median or at the band's edge.
  void AppendTimeToThreshold(size_t threshold, bool edge, Sample seconds, OutputBatch& out);
  /// A stale marker for every series that the input series can have written, of its times to thresholds those
  /// whose bit is set in `threshold_output` (see SeriesState).
  void AppendEnd(int64_t timestamp_ms, uint16_t threshold_output, OutputBatch& out);

  /// `label_block` = that of the points' curve (part 0), or of the lower (odd) or upper (even) edge of the band with
  /// the (part - 1) / 2 th coverage: as what is written, less the horizon.
  void CurveLabels(size_t part, std::string& label_block) const;

 private:
  static constexpr size_t kPlaces = 5;  ///< at which a label can be added
  /// An input series' labels, cut at these places.
  using CutBlock = std::array<std::string_view, kPlaces + 1>;
  /// The label to add at each place, encoded; empty where none is.
  using AddedLabels = std::array<std::string_view, kPlaces>;
  static void Append(const CutBlock& block, const AddedLabels& added, Sample sample, OutputBatch& out);

  const Rule* rule_ = nullptr;
  CutBlock block_, threshold_block_;
  std::string block_text_, threshold_block_text_;
  std::string point_label_, lower_label_, upper_label_, metric_label_;  // encoded
  std::string name_, quantile_label_, threshold_label_;
};

}  // namespace promcast
