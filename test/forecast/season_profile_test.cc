#include "forecast/season_profile.h"

#include <cmath>
#include <random>

#include "forecast/season_clock.h"

namespace promcast {
namespace {

constexpr double kNewestWeight = .15;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(SeasonClock, EveryPhaseEndsOnceASeason) {
  for (int length : {2, 5, 287, 288, 289, 1000, 1440, 86'400}) {
    const SeasonClock clock(length, 288);
    int ends = 0;
    for (int step = 0; step < length; step++) ends += clock.IsLastOfPhase(step);
    EXPECT_EQ(ends, std::min(length, 288)) << length;
  }
}

// The definition, over all values: the mean over the phases within `width` of each phase's weighted mean over its days,
// of which the last three phases have not been learnt yet.
double BatchSeason(const std::vector<double>& values, int season, int steps, int width) {
  const int now = static_cast<int>(values.size()) - 1;
  double sum = 0;
  int known = 0;
  for (int k = -width; k <= width; k++) {
    const int phase = ((now + steps + k) % season + season) % season;
    double cell = kNaN;
    for (int t = phase, day = 0; t <= now - 3; t += season, day++) {
      if (std::isnan(values[t])) continue;
      cell = std::isnan(cell) ? values[t] : cell + std::max(kNewestWeight, 1. / (day + 1)) * (values[t] - cell);
    }
    if (std::isnan(cell)) continue;
    sum += cell;
    known++;
  }
  return known ? sum / known : kNaN;
}

TEST(SeasonProfile, EqualsTheBatchDefinition) {
  std::mt19937 random(4);
  std::uniform_real_distribution<double> uniform(0, 1);
  const int season = 24;
  SeasonProfile profile(season, 288, kNewestWeight, 2);
  std::vector<double> values;
  for (int t = 0; t < 20 * season; t++) {
    values.push_back(uniform(random) < .05 ? kNaN : 100 + 10 * std::sin(t * .26) + uniform(random));
    profile.Update(values.back());
    if (t < season) continue;
    for (int steps : {0, 1, 4, 20, 24, 40}) {
      ASSERT_NEAR(profile.At(steps).smooth, BatchSeason(values, season, steps, 2), .01) << t << " +" << steps;
      const double sharp = BatchSeason(values, season, steps, 0);
      if (!std::isnan(sharp)) {
        ASSERT_NEAR(profile.At(steps).sharp, sharp, .01) << t << " +" << steps;
      }
      ASSERT_EQ(std::isnan(profile.At(steps).sharp), std::isnan(sharp)) << t << " +" << steps;
    }
  }
}

TEST(SeasonProfile, SaysNothingOfNowThatTodayCouldHaveTaught) {
  for (int season : {24, 120, 1440}) {
    SeasonProfile one(season, 288, kNewestWeight, 2);
    SeasonProfile other(season, 288, kNewestWeight, 2);
    for (int t = 0; t < 3 * season + season / 2; t++) {
      const double value = std::sin(2 * M_PI * t / season);
      one.Update(value);
      other.Update(value);
    }
    // The present phase and the two before it differ.
    for (int i = 0; i < 3 * std::max(1, season / 288); i++) {
      one.Update(0);
      other.Update(1);
      ASSERT_EQ(one.At(0).smooth, other.At(0).smooth) << season;
    }
  }
}

TEST(SeasonProfile, IsSilentBeforeOneWholeSeason) {
  SeasonProfile profile(10, 288, kNewestWeight, 2);
  for (int t = 0; t < 9; t++) {
    profile.Update(t);
    EXPECT_TRUE(std::isnan(profile.At(1).smooth));
  }
  profile.Update(9);
  EXPECT_FALSE(std::isnan(profile.At(1).smooth));
}

TEST(SeasonProfile, OneWildDayMovesAPhaseLittle) {
  SeasonProfile profile(24, 288, kNewestWeight, 2);
  std::mt19937 random(5);
  for (int t = 0; t < 240; t++) profile.Update(std::normal_distribution<double>(10, 1)(random));
  for (int t = 0; t < 24; t++) profile.Update(t == 12 ? 1e9 : 10);
  for (int t = 0; t < 24; t++) EXPECT_NEAR(profile.At(t).smooth, 10, 3) << t;
}

}  // namespace
}  // namespace promcast
