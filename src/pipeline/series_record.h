#pragma once

#include <absl/status/status.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "checkpoint/series_head.h"
#include "pipeline/series_state.h"

namespace promcast {

/// A series as a snapshot has it (src/checkpoint/FORMAT.md). Points into the record that it was read from.
struct SeriesRecord {
  SeriesHead head;
  SampleKind kind = SampleKind::kFloat;
  CellReading reading = CellReading::kLast;
  MemoryRelief relief = MemoryRelief::kNone;  ///< what its models did without
  bool step_told = false;                     ///< by the rule; else it was seen
  bool stale = false;
  bool has_output = false;
  uint16_t threshold_output = 0;
  uint32_t step_ms = 0;     ///< 0: not known
  uint64_t output_key = 0;  ///< Rule::output_key of the rule that it followed
  SampleRing ring;
  std::optional<CellGrid> grid;  ///< of a series with models
  std::string_view bank;         ///< for ModelBank::Load
};

/// `model` and `ring`: those that belong together, and so are stored for the series; `model` may be null.
void AppendSeriesRecord(const SeriesState& state, const SeriesModel* model, const SampleRing& ring,
                        std::span<const LabelView> labels, std::string& out);
/// DataLoss when it is broken. Safe for any bytes.
absl::Status ReadSeriesRecord(std::string_view bytes, SeriesRecord& record);

}  // namespace promcast
