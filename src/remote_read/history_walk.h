#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "remote_read/history.h"

namespace promcast {

/// Reads a stretch of time in windows, the oldest first, each as long as the answers before it were small. A window
/// that failed is read again by the next call, as a whole. Not thread-safe.
class HistoryWalk {
 public:
  struct Options {
    int64_t first_window_ms = 3'600'000;
    int64_t min_window_ms = 60'000;  ///< an answer that is too large for less is an error
    int64_t max_window_ms = 7 * 86'400'000;
    size_t samples_per_window = 1'000'000;  ///< about
  };

  /// Of the series that any of `selectors` selects, from `from_ms` to before `end_ms`.
  HistoryWalk(std::vector<std::vector<Matcher>> selectors, int64_t from_ms, int64_t end_ms)
      : HistoryWalk(std::move(selectors), from_ms, end_ms, Options()) {}
  HistoryWalk(std::vector<std::vector<Matcher>> selectors, int64_t from_ms, int64_t end_ms, const Options& options)
      : options_(options),
        selectors_(std::move(selectors)),
        at_ms_(from_ms),
        end_ms_(end_ms),
        window_ms_(options.first_window_ms) {}

  bool done() const { return at_ms_ >= end_ms_; }
  /// Everything before it has been read.
  int64_t at_ms() const { return at_ms_; }
  int64_t end_ms() const { return end_ms_; }
  void Extend(int64_t end_ms) { end_ms_ = end_ms; }

  /// Reads the next window and passes on. An error leaves it where it was; as HistoryReader::Read, save that too large
  /// answers are asked for in smaller windows as long as these can be.
  absl::Status ReadWindow(HistoryReader& reader, const HistorySink& sink);

 private:
  const Options options_;
  const std::vector<std::vector<Matcher>> selectors_;
  int64_t at_ms_, end_ms_, window_ms_;
};

}  // namespace promcast
