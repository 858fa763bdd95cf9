#include "pipeline/series_record.h"

#include <fmt/format.h>

#include <limits>

namespace promcast {
namespace {

enum Flag : uint8_t { kStepTold = 1, kStale = 2, kHasOutput = 4, kHasModel = 8 };

/// Bytes of a part, with their number before them.
template <class Append>
void AppendPart(std::string& out, Append&& append) {
  const size_t at = out.size();
  uint32_t bytes = 0;
  ArchiveWriter{out}(bytes);
  append();
  bytes = static_cast<uint32_t>(out.size() - at - sizeof(bytes));
  out.replace(at, sizeof(bytes), reinterpret_cast<const char*>(&bytes), sizeof(bytes));
}

void AppendRing(const SampleRing& ring, std::string& out) {
  ring.ForEach(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), [&](Sample sample) {
    ArchiveWriter{out}(sample.timestamp_ms, sample.value);
  });
}

void ReadRing(ArchiveReader& archive, SampleRing& ring) {
  uint32_t bytes = 0;
  archive(bytes);
  ArchiveReader samples(archive.Bytes(bytes));
  while (samples.left() > 0 && samples.ok()) {
    Sample sample;
    samples(sample.timestamp_ms, sample.value);
    const bool rises = ring.empty() || sample.timestamp_ms > ring.newest().timestamp_ms;
    samples.Require(rises, "a sample that is not newer than the one before");
    if (samples.ok()) ring.Append(sample, RingOptions());
  }
  archive.Require(samples.ok(), "the samples");
}

}  // namespace

void AppendSeriesRecord(const SeriesState& state, std::span<const LabelView> labels, std::string& out) {
  AppendSeriesHead(labels, state.ring.empty() ? 0 : state.ring.newest().timestamp_ms, out);
  auto kind = static_cast<uint8_t>(state.kind);
  auto reading = static_cast<uint8_t>(state.reading);
  auto relief = static_cast<uint8_t>(state.model != nullptr ? state.model->plan->relief : MemoryRelief::kNone);
  auto flags = static_cast<uint8_t>((state.rule->options.step_ms > 0 ? kStepTold : 0) |
                                    (state.status == SeriesStatus::kStale ? kStale : 0) |
                                    (state.has_output ? kHasOutput : 0) | (state.model != nullptr ? kHasModel : 0));
  ArchiveWriter archive(out);
  archive(kind, reading, relief, flags, state.threshold_output, state.step_ms, state.rule->output_key);
  AppendPart(out, [&] { AppendRing(state.ring, out); });
  if (state.model == nullptr) return;
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
  record.ring = SampleRing();
  ReadRing(archive, record.ring);
  record.grid.reset();
  record.bank = {};
  if (archive.ok()) return absl::OkStatus();
  return absl::DataLossError(fmt::format("a series cannot be read: {}", archive.problem()));
}

}  // namespace promcast
