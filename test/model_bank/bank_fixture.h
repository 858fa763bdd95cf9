#pragma once

#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "promcast/model_bank.h"

namespace promcast {

inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// A forecast with room of its own for the bands.
struct Answer {
  bool warm = false;
  double point = 0;
  std::vector<double> lower, upper;
};

inline Answer Ask(const ModelBank& bank, int steps, size_t coverages = 1) {
  Answer answer;
  answer.lower.resize(coverages);
  answer.upper.resize(coverages);
  ForecastOut out{0, answer.lower, answer.upper};
  answer.warm = bank.Forecast(steps, out);
  answer.point = out.point;
  return answer;
}

/// The model of the least loss at that horizon.
inline std::string Leader(const ModelBank& bank, size_t horizon_index) {
  std::string leader;
  double least = std::numeric_limits<double>::infinity();
  for (const ModelWeight& model : bank.Models(horizon_index)) {
    if (!(model.relative_loss < least)) continue;
    least = model.relative_loss;
    leader = model.name;
  }
  return leader;
}

inline std::shared_ptr<BankOptions> Options(std::vector<int> horizons, std::vector<int> seasons = {}) {
  auto options = std::make_shared<BankOptions>();
  options->horizons = std::move(horizons);
  options->seasons = std::move(seasons);
  return options;
}

inline std::vector<double> WhiteNoise(int count, unsigned seed, double mean = 0) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(mean, 1);
  std::vector<double> values(count);
  for (double& value : values) value = normal(random);
  return values;
}

/// x(t) = coefficient * x(t - 1) + noise; a coefficient of 1 is a random walk.
inline std::vector<double> Autoregressive(int count, double coefficient, unsigned seed) {
  auto values = WhiteNoise(count, seed);
  for (int i = 1; i < count; i++) values[i] += coefficient * values[i - 1];
  return values;
}

inline std::vector<double> Seasonal(int count, int season, double amplitude, unsigned seed) {
  auto values = WhiteNoise(count, seed);
  for (int i = 0; i < count; i++) values[i] += amplitude * std::sin(2 * M_PI * i / season);
  return values;
}

}  // namespace promcast
