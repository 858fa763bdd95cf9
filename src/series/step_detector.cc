#include "series/step_detector.h"

#include <algorithm>
#include <cstdlib>

namespace promcast {

std::optional<int64_t> StepDetector::Add(int64_t timestamp_ms) {
  constexpr int64_t kNone = std::numeric_limits<int64_t>::min();
  const int64_t before_ms = newest_ms_;
  if (timestamp_ms <= before_ms) return std::nullopt;
  newest_ms_ = timestamp_ms;
  if (before_ms == kNone) return std::nullopt;
  const uint64_t distance_ms = static_cast<uint64_t>(timestamp_ms) - static_cast<uint64_t>(before_ms);
  const auto distance = static_cast<uint32_t>(std::min<uint64_t>(distance_ms, std::numeric_limits<uint32_t>::max()));
  for (uint32_t& known : distances_ms_) {
    if (known != 0) continue;
    known = distance;
    return std::nullopt;
  }
  std::array<uint32_t, 5> all{};
  std::copy(distances_ms_.begin(), distances_ms_.end(), all.begin());
  all.back() = distance;
  std::nth_element(all.begin(), all.begin() + 2, all.end());
  return RoundStepMs(all[2]);
}

int64_t RoundStepMs(int64_t distance_ms) {
  constexpr int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute;
  constexpr std::array kUsual = {1 * kSecond,  2 * kSecond,  5 * kSecond, 10 * kSecond, 15 * kSecond, 20 * kSecond,
                                 30 * kSecond, 1 * kMinute,  2 * kMinute, 5 * kMinute,  10 * kMinute, 15 * kMinute,
                                 20 * kMinute, 30 * kMinute, 1 * kHour,   2 * kHour,    3 * kHour,    4 * kHour,
                                 6 * kHour,    12 * kHour,   24 * kHour};
  for (const int64_t usual : kUsual) {
    if (std::abs(distance_ms - usual) * 10 <= usual) return usual;
  }
  const int64_t unit = distance_ms < kSecond ? 100 : kSecond;
  return std::max<int64_t>((distance_ms + unit / 2) / unit * unit, 100);
}

}  // namespace promcast
