#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

namespace promcast {

/// Finds the step of a series from its first timestamps: the median of five distances, so that up to two gaps, and the
/// jitter of scrapes, do no harm. Not thread-safe.
class StepDetector {
 public:
  /// The step in milliseconds, known with the sixth timestamp that is newer than all before it; the others are ignored.
  std::optional<int64_t> Add(int64_t timestamp_ms);

 private:
  int64_t newest_ms_ = std::numeric_limits<int64_t>::min();  // that: none yet
  std::array<uint32_t, 4> distances_ms_{};                   // 0: not yet known
};

static_assert(sizeof(StepDetector) <= 24);

/// The usual interval (1s, 2s, 5s, 10s, 15s, 20s, 30s, 1m, 2m, 5m, 10m, 15m, 20m, 30m, 1h, 2h, 3h, 4h, 6h, 12h, 1d)
/// that lies within a tenth of itself; else the nearest whole second or, below one second, the nearest 100 ms, at least
/// 100 ms.
int64_t RoundStepMs(int64_t distance_ms);

}  // namespace promcast
