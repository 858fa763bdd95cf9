#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "candidates/candidates.h"

namespace promcast {

inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
inline constexpr int kSeasons[] = {12, 84};

inline double Ask(const Model& model, int steps) {
  double value = 0;
  model.Forecast({&steps, 1}, {&value, 1});
  return value;
}

inline void Feed(Model& model, std::span<const double> values) {
  for (double value : values) model.Update(value);
}

inline std::vector<double> AskCurve(const Model& model, int steps) {
  std::vector<int> each(static_cast<size_t>(steps));
  for (int i = 0; i < steps; i++) each[static_cast<size_t>(i)] = i + 1;
  std::vector<double> curve(each.size());
  model.Forecast(each, curve);
  return curve;
}

/// Positive values with two seasons, a slow trend and noise.
inline std::vector<double> TwoSeasons(int cells, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise;
  std::vector<double> values;
  double wander = 0;
  for (int i = 0; i < cells; i++) {
    wander = .8 * wander + noise(random);
    values.push_back(60 + 10 * std::sin(i * 2 * M_PI / 12) + 8 * std::cos(i * 2 * M_PI / 84) + .003 * i + wander);
  }
  return values;
}

/// Every candidate, made for kSeasons.
class EveryCandidate : public testing::TestWithParam<std::string_view> {
 protected:
  static std::unique_ptr<Model> Make() { return MakeCandidate(GetParam(), kSeasons); }
  static bool HasSeason() { return !MakeCandidate(GetParam(), {}) || GetParam().substr(0, 14) == "autoregression"; }
  /// From the first value on.
  static bool AlwaysSpeaks() {
    return GetParam() == "drift" || GetParam() == "holt_damped" || GetParam() == "theta" ||
           GetParam() == "autoregression";
  }
  static bool NeedsTrueZero() {
    return GetParam() == "croston" || GetParam() == "holt_winters_multiplicative" ||
           GetParam() == "autoregression_log" || GetParam() == "damped_profile_week_log";
  }
};

inline std::string NameOf(const testing::TestParamInfo<std::string_view>& info) {
  return std::string(info.param);
}

}  // namespace promcast
