#include "remote_read/history_walk.h"

#include <algorithm>

namespace promcast {

absl::Status HistoryWalk::ReadWindow(HistoryReader& reader, const HistorySink& sink) {
  for (;;) {
    const int64_t window_end_ms = at_ms_ + std::min(window_ms_, end_ms_ - at_ms_);
    size_t samples = 0;
    const HistorySink count = [&](const HistoryPiece& piece) {
      samples += piece.samples.size();
      return sink(piece);
    };
    const absl::Status status = reader.Read({selectors_, at_ms_, window_end_ms - 1}, count);
    if (absl::IsResourceExhausted(status) && window_ms_ > options_.min_window_ms) {
      window_ms_ = std::max(options_.min_window_ms, std::min(window_ms_, window_end_ms - at_ms_) / 4);
      continue;
    }
    if (!status.ok()) return status;
    const double fits =
        static_cast<double>(options_.samples_per_window) / static_cast<double>(std::max<size_t>(samples, 1));
    const auto next_ms = static_cast<int64_t>(static_cast<double>(window_end_ms - at_ms_) * std::clamp(fits, .25, 4.0));
    at_ms_ = window_end_ms;
    window_ms_ = std::clamp(next_ms, options_.min_window_ms, options_.max_window_ms);
    return status;
  }
}

}  // namespace promcast
