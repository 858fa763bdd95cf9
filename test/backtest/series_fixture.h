#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "backtest/panel.h"
#include "backtest/replay_plan.h"

namespace promcast {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kHourMs = 60 * kMinuteMs;
constexpr int64_t kDayMs = 24 * kHourMs;

/// A panel of one series `a`; every value at its multiple of `step_ms` after `start_ms`.
inline Panel OnePanel(std::vector<double> values, int64_t step_ms, int64_t start_ms = 0) {
  Panel panel{"one.csv", {"a"}, {}, {}};
  for (size_t i = 0; i < values.size(); i++) panel.times_ms.push_back(start_ms + static_cast<int64_t>(i) * step_ms);
  panel.values.push_back(std::move(values));
  return panel;
}

/// A noisy day shape; a tenth of the cells missing.
inline std::vector<double> DayShape(size_t count, int64_t step_ms, uint32_t seed = 1) {
  std::mt19937 random(seed);
  std::vector<double> values;
  for (size_t i = 0; i < count; i++) {
    const double phase = static_cast<double>(static_cast<int64_t>(i) * step_ms % kDayMs) / static_cast<double>(kDayMs);
    const double noise = static_cast<double>(random() % 1000) / 1000;
    values.push_back(random() % 10 == 0 ? kNaN : 5 + 3 * std::sin(2 * M_PI * phase) + noise);
  }
  return values;
}

}  // namespace promcast
