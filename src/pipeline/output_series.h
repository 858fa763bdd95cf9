#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/rule_set.h"
#include "sender/sender.h"
#include "series/cell_grid.h"

namespace promcast {

/// Names and labels of the series that promcast writes. Reuses its scratch memory; one thread at a time.
class OutputSeries {
 public:
  /// `label_block`: the input series' labels, __name__ among them. Valid until the next Open.
  void Open(std::string_view label_block, CellReading reading, const Rule& rule);

  void AppendPoint(size_t horizon, Sample sample, OutputBatch& out);
  void AppendBand(size_t horizon, size_t coverage, Sample lower, Sample upper, OutputBatch& out);
  /// Score and verdict: -1 below the band, 0 inside, 1 above.
  void AppendAnomaly(Sample score, Sample verdict, OutputBatch& out);
  /// Seconds until a threshold is crossed, at the median or at the band's edge.
  void AppendTimeToThreshold(size_t threshold, bool edge, Sample seconds, OutputBatch& out);
  /// A stale marker for every series that the input series can have written, of its times to thresholds those
  /// whose bit is set in `threshold_output` (see SeriesState).
  void AppendEnd(int64_t timestamp_ms, uint16_t threshold_output, OutputBatch& out);

  /// The labels, in no order, of the points' curve (part 0), or of the lower (odd) or upper (even) edge of the band
  /// with the (part - 1) / 2 th coverage: as what is written, less the horizon.
  void CurveLabels(size_t part, std::vector<LabelView>& labels) const;

 private:
  void Append(std::string_view block, std::string_view name, Sample sample, OutputBatch& out);

  const Rule* rule_ = nullptr;
  std::string_view block_, threshold_block_;
  std::string renamed_block_, renamed_threshold_block_, point_name_, lower_name_, upper_name_, metric_, spliced_;
  std::vector<LabelView> labels_, added_;
};

}  // namespace promcast
