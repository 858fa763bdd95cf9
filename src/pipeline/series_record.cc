#include "pipeline/series_record.h"

#include <fmt/format.h>

namespace promcast {
namespace {

enum Flag : uint8_t { kStepTold = 1, kStale = 2, kHasOutput = 4, kHasModel = 8 };

}  // namespace

void AppendSeriesRecord(const SeriesState& state, const SeriesModel* model, const SampleRing& ring,
                        std::span<const LabelView> labels, std::string& out) {
  AppendSeriesHead(labels, ring.empty() ? 0 : ring.newest().timestamp_ms, out);
  auto kind = static_cast<uint8_t>(state.kind);
  auto reading = static_cast<uint8_t>(state.reading);
  auto relief = static_cast<uint8_t>(model != nullptr ? model->plan->relief : MemoryRelief::kNone);
  auto flags = static_cast<uint8_t>((state.rule->options.step_ms > 0 ? kStepTold : 0) |
                                    (state.status == SeriesStatus::kStale ? kStale : 0) |
                                    (state.has_output ? kHasOutput : 0) | (model != nullptr ? kHasModel : 0));
  ArchiveWriter archive(out);
  archive(kind, reading, relief, flags, state.threshold_output, state.step_ms, state.rule->output_key);
  ring.Save(archive);
  if (model == nullptr) return;
  model->grid.Save(archive);
  model->bank->Save(out);
}

absl::Status ReadSeriesRecord(std::string_view bytes, SeriesRecord& record) {
  ArchiveReader archive(bytes);
  ReadSeriesHead(archive, record.head);
  uint8_t kind = 0, reading = 0, relief = 0, flags = 0;
  archive(kind, reading, relief, flags, record.threshold_output, record.step_ms, record.output_key);
  archive.Require(kind <= static_cast<uint8_t>(SampleKind::kHistogramSum), "the kind of samples");
  archive.Require(reading <= static_cast<uint8_t>(CellReading::kRate), "how cells are read");
  archive.Require(relief <= static_cast<uint8_t>(MemoryRelief::kHorizons), "what was given up");
  archive.Require(flags < 16, "flags");
  record.kind = static_cast<SampleKind>(kind);
  record.reading = static_cast<CellReading>(reading);
  record.relief = static_cast<MemoryRelief>(relief);
  record.step_told = (flags & kStepTold) != 0;
  record.stale = (flags & kStale) != 0;
  record.has_output = (flags & kHasOutput) != 0;
  record.ring.Load(archive);
  record.grid.reset();
  if ((flags & kHasModel) != 0) {
    archive.Require(record.step_ms > 0, "the step of a series with models");
    record.grid.emplace(record.step_ms, record.reading).Load(archive);
  }
  record.bank = archive.Bytes(archive.left());
  archive.Require(record.grid.has_value() || record.bank.empty(), "more bytes than expected");
  if (archive.ok()) return absl::OkStatus();
  return absl::DataLossError(fmt::format("a series cannot be read: {}", archive.problem()));
}

}  // namespace promcast
