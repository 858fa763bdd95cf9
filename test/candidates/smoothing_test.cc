#include <numeric>

#include "candidates/croston.h"
#include "candidates/damped_profile.h"
#include "candidates/double_seasonal.h"
#include "candidates/drift.h"
#include "candidates/holt_damped.h"
#include "candidates/holt_winters.h"
#include "candidates/seasonal_naive_week.h"
#include "candidates/theta.h"
#include "candidates_fixture.h"

namespace promcast {
namespace {

constexpr double kFloat = 1e-4;  // seasons are kept in floats

TEST(DriftModel, WithoutForgettingIsTheLineFromTheFirstValueToTheNewest) {
  Drift model(std::numeric_limits<double>::infinity());
  const auto values = TwoSeasons(300, 1);
  Feed(model, values);
  EXPECT_NEAR(Ask(model, 7), values.back() + 7 * (values.back() - values.front()) / 299, 1e-9);
}

TEST(DriftModel, IsTheForgottenMeanChange) {
  Drift model(50);
  const auto values = TwoSeasons(300, 2);
  Feed(model, values);
  double changes = 0, weights = 0;
  for (size_t i = 1; i < values.size(); i++) {
    const double weight = std::pow(1 - 1. / 50, static_cast<double>(values.size() - 1 - i));
    changes += weight * (values[i] - values[i - 1]);
    weights += weight;
  }
  EXPECT_NEAR(Ask(model, 3), values.back() + 3 * changes / weights, 1e-9);
}

TEST(DriftModel, AGapOnALineChangesNothing) {
  Drift model(20);
  for (int i = 0; i < 200; i++) model.Update(i % 5 == 1 ? kMissing : 3. * i);
  EXPECT_NEAR(Ask(model, 10), 3 * 209, 1e-9);
}

// The textbook's component form: level = a y + (1 - a)(level + d trend), trend = b (level - level') + (1 - b) d trend.
TEST(HoltDampedModel, IsTheComponentForm) {
  const double a = .3, b = .1, d = .98;
  HoltDamped model({a, b, d});
  const auto values = TwoSeasons(300, 3);
  Feed(model, values);
  double level = values[0], trend = 0;
  for (size_t i = 1; i < values.size(); i++) {
    const double before = level;
    level = a * values[i] + (1 - a) * (level + d * trend);
    trend = b * (level - before) + (1 - b) * d * trend;
  }
  EXPECT_NEAR(Ask(model, 3), level + (d + d * d + d * d * d) * trend, 1e-9);
}

TEST(ThetaModel, IsSmoothingWithHalfTheSlopeOfALineThroughThePast) {
  const double rate = .3, forgetting = 1 - 1. / 80;
  Theta model(80, rate);
  const auto values = TwoSeasons(300, 4);
  double level = values[0];
  for (size_t i = 0; i < values.size(); i++) {
    model.Update(i % 9 == 4 ? kMissing : values[i]);
    if (i % 9 != 4) level += rate * (values[i] - level);
  }
  double weights = 0, mean_time = 0, mean = 0, spread = 0, product = 0;
  const auto each = [&](auto&& visit) {
    for (size_t i = 0; i < values.size(); i++) {
      if (i % 9 != 4) visit(std::pow(forgetting, 299. - static_cast<double>(i)), static_cast<double>(i), values[i]);
    }
  };
  each([&](double w, double t, double y) { weights += w, mean_time += w * t, mean += w * y; });
  mean_time /= weights, mean /= weights;
  each([&](double w, double t, double y) {
    spread += w * (t - mean_time) * (t - mean_time), product += w * (t - mean_time) * (y - mean);
  });
  EXPECT_NEAR(Ask(model, 5), level + product / spread / 2 * (5 - 1 + 1 / rate), 1e-6);
}

TEST(HoltWintersModel, AdditiveIsTheComponentForm) {
  const double a = .2, b = .02, g = .2, d = .98;
  HoltWinters model(12, HoltWinters::Season::kAdditive, {a, b, g, d});
  const auto values = TwoSeasons(300, 5);
  Feed(model, values);
  double level = std::accumulate(values.begin(), values.begin() + 12, 0.) / 12, trend = 0;
  std::vector<double> season;
  for (size_t i = 0; i < 12; i++) season.push_back(values[i] - level);
  for (size_t i = 12; i < values.size(); i++) {
    const double before = level;
    level = a * (values[i] - season[i % 12]) + (1 - a) * (level + d * trend);
    trend = b * (level - before) + (1 - b) * d * trend;
    season[i % 12] = g * (values[i] - level) + (1 - g) * season[i % 12];
  }
  EXPECT_NEAR(Ask(model, 2), level + (d + d * d) * trend + season[301 % 12], kFloat);
}

TEST(HoltWintersModel, MultiplicativeIsTheComponentForm) {
  const double a = .2, b = .02, g = .2, d = .98;
  HoltWinters model(12, HoltWinters::Season::kMultiplicative, {a, b, g, d});
  const auto values = TwoSeasons(300, 6);
  Feed(model, values);
  double level = std::accumulate(values.begin(), values.begin() + 12, 0.) / 12, trend = 0;
  std::vector<double> season;
  for (size_t i = 0; i < 12; i++) season.push_back(values[i] / level);
  for (size_t i = 12; i < values.size(); i++) {
    const double before = level;
    level = a * values[i] / season[i % 12] + (1 - a) * (level + d * trend);
    trend = b * (level - before) + (1 - b) * d * trend;
    season[i % 12] = g * values[i] / level + (1 - g) * season[i % 12];
  }
  EXPECT_NEAR(Ask(model, 2), (level + (d + d * d) * trend) * season[301 % 12], kFloat);
}

TEST(HoltWintersModel, MultiplicativeIsSilentWhileItsLevelIsNotPositive) {
  HoltWinters model(12, HoltWinters::Season::kMultiplicative);
  for (int i = 0; i < 100; i++) model.Update(-1 - i % 12);
  EXPECT_TRUE(std::isnan(Ask(model, 1)));
  for (int i = 0; i < 300; i++) model.Update(20 + i % 12);
  EXPECT_GT(Ask(model, 1), 10);
}

TEST(HoltWintersModel, IsSilentUntilTheFirstSeasonHasPassed) {
  HoltWinters model(12, HoltWinters::Season::kAdditive);
  for (int i = 0; i < 11; i++) model.Update(i);
  EXPECT_TRUE(std::isnan(Ask(model, 1)));
  model.Update(11);
  EXPECT_NEAR(Ask(model, 1), 0, kFloat);
  EXPECT_NEAR(Ask(model, 12), 11, kFloat);
}

// Taylor 2010, additive: y = level + short + long + coefficient * the error before.
TEST(DoubleSeasonalModel, IsTheErrorFormOverWholeArrays) {
  const DoubleSeasonal::Rates rates{.05, .2, .1};
  DoubleSeasonal model(12, 84, rates);
  const auto values = TwoSeasons(1000, 7);
  Feed(model, values);
  double level = std::accumulate(values.begin(), values.begin() + 12, 0.) / 12;
  std::vector<double> of_short, of_long(84, 0.), errors{0};
  for (size_t i = 0; i < 12; i++) of_short.push_back(values[i] - level);
  for (size_t i = 12; i < values.size(); i++) {
    const double error = values[i] - level - of_short[i % 12] - of_long[i % 84];
    errors.push_back(error);
    level += rates.level * error;
    of_short[i % 12] += rates.short_season * error;
    of_long[i % 84] += rates.long_season * error;
  }
  double products = 0, squares = 0;
  for (size_t i = 1; i < errors.size(); i++) {
    const double weight = std::pow(1 - .002, static_cast<double>(errors.size() - i));
    products += weight * errors[i] * errors[i - 1];
    squares += weight * errors[i - 1] * errors[i - 1];
  }
  const double coefficient = products / squares;
  ASSERT_GT(coefficient, .3);
  EXPECT_NEAR(Ask(model, 1), level + of_short[1000 % 12] + of_long[1000 % 84] + coefficient * errors.back(), 1e-3);
}

TEST(DampedProfileModel, FarAheadIsTheExponentiallyWeightedMeanOfThePhase) {
  DampedProfile model(12, .25);
  const auto values = TwoSeasons(240, 8);
  Feed(model, values);
  double profile = values[5];
  for (size_t i = 17; i < values.size(); i += 12) profile += .25 * (values[i] - profile);
  EXPECT_NEAR(Ask(model, 12 * 10'000 + 6), profile, kFloat);
}

TEST(DampedProfileModel, NearByItKeepsTheNewestDistanceFromTheShape) {
  DampedProfile model(12);
  for (int i = 0; i < 1200; i++) model.Update(i % 12 + (i / 30 % 2 ? 5 : -5));  // whole stretches above and below
  EXPECT_GT(Ask(model, 1), 2);                                                  // the shape alone says about 0 here
}

TEST(CrostonModel, IsSizeOverIntervalWithTheCorrection) {
  Croston model(.1);
  Feed(model, std::vector<double>{0, 0, 6, 0, 8, 0, 0, 0, 4, 0});
  double size = 6, interval = 3;
  size += .1 * (8 - size), interval += .1 * (2 - interval);
  size += .1 * (4 - size), interval += .1 * (4 - interval);
  EXPECT_NEAR(Ask(model, 9), .95 * size / interval, 1e-12);
}

TEST(CrostonModel, AMissingCellIsNoZero) {
  Croston with(.1), without(.1);
  for (double value : {0., 3., 0., 0., 5.}) {
    with.Update(value);
    with.Skip(4);
    without.Update(value);
  }
  EXPECT_EQ(Ask(with, 1), Ask(without, 1));
}

TEST(CrostonModel, IsSilentUntilSomethingHappens) {
  Croston model;
  for (int i = 0; i < 50; i++) model.Update(0);
  EXPECT_TRUE(std::isnan(Ask(model, 1)));
  model.Update(2);
  EXPECT_GT(Ask(model, 1), 0);
}

TEST(SeasonalNaiveWeekModel, IsTheValueOneSeasonBefore) {
  for (int season : {2, 7, 336}) {
    SeasonalNaiveWeek model(season);
    for (int i = 0; i < 1000; i++) {
      model.Update(i);
      if (i < season) continue;
      for (int steps : {1, 2, season - 1, season, season + 1, 3 * season}) {
        if (steps == 0) continue;
        const int back = (steps + season - 1) / season * season;
        ASSERT_EQ(Ask(model, steps), i + steps - back) << season << " " << steps;
      }
    }
  }
}

TEST(SeasonalNaiveWeekModel, ALongSeasonIsMeansOverEvenShares) {
  SeasonalNaiveWeek model(3360);  // ten cells a phase
  for (int i = 0; i < 2 * 3360; i++) model.Update(i);
  EXPECT_FLOAT_EQ(static_cast<float>(Ask(model, 1)), 3360 + 4.5F);
  EXPECT_FLOAT_EQ(static_cast<float>(Ask(model, 11)), 3360 + 14.5F);
  EXPECT_FLOAT_EQ(static_cast<float>(Ask(model, 3360)), 6710 + 4.5F);
}

TEST(SeasonalNaiveWeekModel, ThePhaseUnderWayIsKeptApartFromTheSeasonBefore) {
  SeasonalNaiveWeek model(3360);
  for (int i = 0; i < 2 * 3360 + 5; i++) model.Update(i);
  EXPECT_EQ(Ask(model, 1), 3360 + 4.5);       // the same phase, a season ago
  EXPECT_EQ(Ask(model, 3360), 2 * 3360 + 2);  // of which five cells are known
  model.Skip(3359);
  model.Update(100);  // the same cell, a season later
  EXPECT_EQ(Ask(model, 3360), 100);
  EXPECT_EQ(Ask(model, 1), 2 * 3360 + 2);
}

TEST(SeasonalNaiveWeekModel, APhaseThatIsMissingKeepsTheSeasonBefore) {
  SeasonalNaiveWeek model(7);
  for (int i = 0; i < 21; i++) model.Update(i == 16 ? kMissing : i);
  EXPECT_EQ(Ask(model, 3), 9);
  EXPECT_EQ(Ask(model, 4), 17);
}

}  // namespace
}  // namespace promcast
