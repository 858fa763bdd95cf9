// The first byte picks the form of the answer and how its pieces are cut; the rest is the answer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "remote_read/history_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const promcast::HistoryAnswerLimits limits{.max_frame_bytes = 4096, .max_labels = 16};
  const std::string_view answer(reinterpret_cast<const char*>(data) + 1, size - 1);
  const promcast::HistorySink check = [&](const promcast::HistoryPiece& piece) {
    if (piece.samples.empty() || piece.labels.size() > limits.max_labels) std::abort();
    for (size_t i = 1; i < piece.labels.size(); i++) {
      if (!(piece.labels[i - 1].name < piece.labels[i].name)) std::abort();
    }
    return absl::OkStatus();
  };
  const size_t piece_bytes = 1 + data[0] / 3;
  const auto feed = [&](auto& reader) {
    for (size_t at = 0; at < answer.size(); at += piece_bytes) {
      if (!reader.Feed(answer.substr(at, piece_bytes)).ok()) return;
    }
    (void)reader.Finish();
  };
  switch (data[0] % 3) {
    case 0: {
      (void)promcast::ReadSamplesAnswer(answer, 0, INT64_MAX, limits, check);
      break;
    }
    case 1: {
      promcast::ChunkedAnswerReader reader(0, INT64_MAX, limits, check);
      feed(reader);
      break;
    }
    default: {
      promcast::ExportLineReader reader(limits, check);
      feed(reader);
    }
  }
  return 0;
}
