#include "daily_load.h"

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>

namespace promcast {
namespace {

constexpr size_t kSamplesPerDay = 5'760;
constexpr size_t kSamplesPerMinute = 4;

}  // namespace

std::vector<Sample> DailyLoad(size_t count) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise(0, 0.4);
  std::vector<Sample> samples;
  double drift = 0;
  for (size_t i = 0; i < count; i++) {
    drift = 0.95 * drift + noise(random);
    const double wave = 20 * std::sin(static_cast<double>(i) * 2 * std::numbers::pi / kSamplesPerDay);
    const double value = std::round((40 + wave + drift) * 1e4) / 1e4;
    samples.push_back(
        {1'700'000'000'000 + static_cast<int64_t>(i) * 15'000 + static_cast<int64_t>(random() % 4), value});
  }
  return samples;
}

std::vector<Sample> DailyCounter(size_t count) {
  std::vector<Sample> samples = DailyLoad(count);
  double total = 0;
  for (Sample& sample : samples) sample.value = total += std::round(15 * sample.value);
  return samples;
}

std::vector<double> MinuteLoad(size_t days) {
  const std::vector<Sample> samples = DailyLoad(days * kSamplesPerDay);
  std::vector<double> cells;
  for (size_t i = kSamplesPerMinute - 1; i < samples.size(); i += kSamplesPerMinute) cells.push_back(samples[i].value);
  return cells;
}

}  // namespace promcast
