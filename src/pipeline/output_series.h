#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/label_pieces.h"
#include "pipeline/rule_set.h"
#include "remote_write/output_batch.h"
#include "series/cell_grid.h"
#include "series/label_store.h"

namespace promcast {

/// Names and labels of the series that promcast writes for one input series after another. Reuses its scratch memory;
/// one thread at a time.
class OutputSeries {
 public:
  /// What follows is appended to `out`, which is not cleared meanwhile. `labels`: the input series', sorted, __name__
  /// among them; they are copied. `generation`: of the store that gave them.
  void Open(std::span<const StoredLabel> labels, uint64_t generation, CellReading reading, const Rule& rule,
            OutputBatch& out);
  /// The same of labels that come from no store.
  void Open(std::span<const LabelView> labels, CellReading reading, const Rule& rule, OutputBatch& out);

  /// Asks for the memory that Open looks at, when of the labels the texts are known.
  void Fetch(std::span<const StoredLabel> labels) const { label_pieces_.Fetch(labels); }

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
  static constexpr Piece kNothing = OutputBatch::kNoPiece;
  /// What a metric's output series are called, and the label that tells of it.
  struct Names {
    uint32_t text = StoredLabel::kNoText, epoch = 0;
    CellReading reading;
    Piece point, lower, upper, metric;
  };

  void KeepRuleLabels();
  Names KeepNames(std::string_view metric, CellReading reading);
  Names NamesOf(std::span<const StoredLabel> labels, CellReading reading);

  const Rule* rule_ = nullptr;
  OutputBatch* out_ = nullptr;
  LabelPieces label_pieces_;
  OutputBatch::Frame frame_, threshold_frame_;
  Names names_;
  std::array<Names, 32> known_names_;   // by some bits of the text
  Piece forecaster_, score_, verdict_;  // these are the same for all series of a rule in a batch
  std::vector<Piece> horizons_, coverages_;
  std::vector<StoredLabel> own_labels_;
  std::string name_;
};

}  // namespace promcast
