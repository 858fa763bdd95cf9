#include "forecast/direct_regression.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <vector>

namespace promcast {
namespace {

const DirectOptions kSlow{"slow", .9998F, 3, false};
const DirectOptions kFastNear{"fast", .997F, 2, true};

struct Replay {
  Replay(std::vector<int> season_lengths, std::vector<DirectOptions> options, const std::vector<int>& horizons)
      : past(season_lengths, {}), plan(MakePlan(season_lengths, std::move(options), horizons)), direct(past, plan) {}

  static DirectPlan MakePlan(const std::vector<int>& seasons, std::vector<DirectOptions> options,
                             const std::vector<int>& horizons) {
    const int season = seasons.empty() ? 0 : seasons.front();
    std::vector<HorizonGrid> ladder;
    for (int steps : horizons) ladder.push_back(HorizonGrid::Make(steps, 8, std::max(1, season)));
    return DirectPlan::Make(std::move(options), std::move(ladder), season);
  }
  void Update(double value) {
    past.Update(value);
    direct.Update(++now, value);
    for (size_t rung = 0; rung < plan.ladder.size(); rung++) {
      const HorizonGrid& grid = plan.ladder[rung];
      const Ahead ahead = past.LookAhead(grid.steps);
      if (grid.Keeps(now)) direct.Keep(rung, now, ahead, direct.FeaturesOf(ahead));
    }
  }
  void Skip(int64_t cells) {
    now += cells;
    past.Skip(cells);
    direct.Skip(now, cells);
  }
  double Ask(int64_t steps, size_t which = 0) const {
    std::vector<double> out(plan.options.size());
    const Ahead ahead = past.LookAhead(steps);
    direct.Forecast(ahead, direct.FeaturesOf(ahead), out);
    return out[which];
  }

  int64_t now = -1;
  Past past;
  DirectPlan plan;
  DirectRegressions direct;
};

// x(t) = 1.6 x(t-1) - .8 x(t-2) + noise: swings that no level and no last value can follow.
std::vector<double> Swings(int count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, 1);
  std::vector<double> values(count);
  for (int i = 2; i < count; i++) values[i] = 1.6 * values[i - 1] - .8 * values[i - 2] + normal(random);
  return values;
}

// What the process itself is expected to do `steps` ahead.
double Expected(double newest, double before, int steps) {
  for (int i = 0; i < steps; i++) {
    const double next = 1.6 * newest - .8 * before;
    before = newest;
    newest = next;
  }
  return newest;
}

TEST(DirectRegressions, LearnsAnAutoregressionAtEachHorizonByItself) {
  const auto values = Swings(20'000, 1);
  Replay replay({}, {kSlow}, {1, 3, 12});
  std::vector<double> error(4), best(4), naive(4);
  const std::vector<int> steps{1, 3, 12, 7};  // the last one lies between two rungs
  for (size_t i = 0; i + 12 < values.size(); i++) {
    replay.Update(values[i]);
    if (i < 5000) continue;
    for (size_t k = 0; k < steps.size(); k++) {
      const double actual = values[i + steps[k]];
      error[k] += std::abs(replay.Ask(steps[k]) - actual);
      best[k] += std::abs(Expected(values[i], values[i - 1], steps[k]) - actual);
      naive[k] += std::abs(values[i] - actual);
    }
  }
  EXPECT_LT(error[0], 1.05 * best[0]);
  EXPECT_LT(error[1], 1.05 * best[1]);
  EXPECT_LT(error[2], 1.10 * best[2]);
  EXPECT_LT(error[3], naive[3]);
}

TEST(DirectRegressions, AShortMemoryFollowsAChangeSoonerAndALongOneIsSteadierBefore) {
  Replay replay({}, {kSlow, {"fast", .98F, 2, false}}, {1});
  std::mt19937 random(8);
  std::normal_distribution<double> normal(0, 1);
  double value = 0;
  auto mean_errors = [&](double coefficient, int count) {
    std::array<double, 2> sums{};
    for (int i = 0; i < count; i++) {
      const double expected = coefficient * value;
      for (size_t which : {0, 1}) sums[which] += std::abs(replay.Ask(1, which) - expected) / count;
      value = expected + normal(random);
      replay.Update(value);
    }
    return sums;
  };
  mean_errors(.9, 6000);
  const auto [steady_slow, steady_fast] = mean_errors(.9, 1000);
  EXPECT_LT(steady_slow, .6 * steady_fast);
  mean_errors(-.5, 100);
  const auto [changed_slow, changed_fast] = mean_errors(-.5, 300);
  EXPECT_LT(changed_fast, .6 * changed_slow);
}

TEST(DirectRegressions, IsSilentWhileItKnowsTooLittleAndWhereItDoesNotServe) {
  Replay replay({48}, {kSlow, kFastNear}, {1, 12, 48});
  for (int i = 0; i < 29; i++) {
    replay.Update(i % 5);
    EXPECT_TRUE(std::isnan(replay.Ask(1)));
  }
  for (int i = 0; i < 200; i++) replay.Update(i % 5);
  EXPECT_TRUE(std::isfinite(replay.Ask(48, 0)));
  EXPECT_TRUE(std::isfinite(replay.Ask(12, 1)));
  EXPECT_TRUE(std::isnan(replay.Ask(48, 1)));
  EXPECT_TRUE(std::isnan(replay.Ask(20, 1)));
}

TEST(DirectRegressions, NoForecastDependsOnWhatComesLater) {
  auto values = Swings(2000, 2);
  std::vector<double> first;
  for (int round = 0; round < 2; round++) {
    Replay replay({48}, {kSlow, kFastNear}, {1, 12, 48});
    for (int i = 0; i < 1500; i++) {
      replay.Update(values[i]);
      const double answer = i < 1000 ? replay.Ask(12) : 0;
      if (round == 0) first.push_back(answer);
      if (i >= 40 && i < 1000 && round == 1) {
        ASSERT_EQ(answer, first[i]) << i;
      }
    }
    for (int i = 1000; i < 2000; i++) values[i] = -1e6;
  }
}

TEST(DirectRegressions, SkipEqualsMissingCellsOneByOne) {
  Replay at_once({48}, {kSlow, kFastNear}, {1, 12, 48});
  Replay one_by_one({48}, {kSlow, kFastNear}, {1, 12, 48});
  std::mt19937 random(3);
  for (int part = 0; part < 40; part++) {
    for (double value : Swings(2 + static_cast<int>(random() % 60), part)) {
      at_once.Update(value);
      one_by_one.Update(value);
    }
    const int missing = static_cast<int>(random() % 80);
    if (missing > 0) at_once.Skip(missing);
    for (int i = 0; i < missing; i++) one_by_one.Skip(1);
    for (int steps : {1, 12, 48}) {
      const double a = at_once.Ask(steps);
      const double b = one_by_one.Ask(steps);
      ASSERT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << part << " +" << steps;
    }
  }
}

TEST(DirectRegressions, WildValuesMoveTheWeightsLittle) {
  const auto values = Swings(6000, 4);
  Replay calm({}, {kSlow}, {3});
  Replay shaken({}, {kSlow}, {3});
  for (size_t i = 0; i < values.size(); i++) {
    calm.Update(values[i]);
    shaken.Update(i % 500 == 250 ? 1e9 : values[i]);
  }
  EXPECT_NEAR(shaken.Ask(3), calm.Ask(3), .2 * calm.past.deviation());
}

}  // namespace
}  // namespace promcast
