#include "forecast/past.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace promcast {
namespace {

std::vector<double> Noise(int count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(50, 60);
  std::vector<double> values(count);
  for (double& value : values) value = uniform(random);
  return values;
}

TEST(Past, ALevelIsTheWeightedMeanOfAllValues) {
  const auto values = Noise(300, 1);
  Past past({}, {});
  for (double value : values) past.Update(value);
  for (size_t which = 0; which < Past::kLevelRates.size(); which++) {
    // Each value's weight, from the newest back: its own rate times what later values have left of it.
    double expected = 0;
    double left = 1;
    for (size_t i = values.size(); i-- > 0;) {
      const double weight = std::max(Past::kLevelRates[which], 1. / static_cast<double>(i + 1));
      expected += left * weight * values[i];
      left *= 1 - weight;
    }
    EXPECT_NEAR(past.level(static_cast<int>(which)), expected, 1e-5) << which;
  }
}

TEST(Past, MomentsAreThoseOfAllValues) {
  const auto values = Noise(5000, 2);
  Past past({}, {});
  double sum = 0;
  double squares = 0;
  for (double value : values) {
    past.Update(value);
    sum += value;
    squares += value * value;
  }
  const double mean = sum / 5000;
  EXPECT_NEAR(past.mean(), mean, 1e-9);
  EXPECT_NEAR(past.deviation(), std::sqrt(squares / 5000 - mean * mean), 1e-4);
}

TEST(Past, OneWildValueLeavesTheDeviation) {
  Past past({}, {});
  for (double value : Noise(2000, 3)) past.Update(value);
  const double before = past.deviation();
  past.Update(1e12);
  EXPECT_NEAR(past.deviation(), before, .1 * before);
}

TEST(Past, UsualIsTheSlowestLevelUntilASeasonWasSeen) {
  const std::vector<int> seasons{48};
  Past past(seasons, {});
  const auto values = Noise(47, 4);
  for (double value : values) {
    past.Update(value);
    EXPECT_FALSE(past.seasonal());
    EXPECT_EQ(past.LookAhead(7).usual, past.level(3));
    EXPECT_TRUE(std::isnan(past.LookAhead(7).season));
  }
  past.Update(55);
  EXPECT_TRUE(past.seasonal());
  EXPECT_EQ(past.LookAhead(7).usual, past.LookAhead(7).season);
}

TEST(Past, ALongerSeasonIsItsDistanceFromTheShorterOnesShape) {
  const int day = 48;
  const std::vector<int> seasons{day, 7 * day};
  Past past(seasons, {});
  auto value_at = [&](int t) {
    return 100 + 20 * std::sin(2 * M_PI * t / day) + (t / day % 7 == 6 ? -30 : 0);  // the seventh day is quiet
  };
  int t = 0;
  for (; t < 9 * 7 * day + 6 * day - day / 2; t++) past.Update(value_at(t));  // the middle of a sixth day
  const int into_quiet = day;
  EXPECT_NEAR(past.LookAhead(into_quiet).longer_seasons - past.longer_seasons_now(), -30, 6);
  EXPECT_NEAR(past.LookAhead(into_quiet).season + past.LookAhead(into_quiet).longer_seasons,
              value_at(t - 1 + into_quiet), 6);
}

TEST(Past, TheOffsetIsTheSmoothedDistanceFromTheShape) {
  const int day = 48;
  const std::vector<int> seasons{day};
  Past past(seasons, {});
  for (int t = 0; t < 10 * day; t++) past.Update(100 + 20 * std::sin(2 * M_PI * t / day));
  EXPECT_NEAR(past.offset(Past::kFirstSeason), 0, 1);
  for (int t = 10 * day; t < 10 * day + 24; t++) past.Update(150 + 20 * std::sin(2 * M_PI * t / day));
  EXPECT_NEAR(past.offset(Past::kFirstSeason), 50, 4);
}

TEST(Past, SkipEqualsMissingCellsOneByOne) {
  const std::vector<int> seasons{48, 336};
  Past at_once(seasons, {});
  Past one_by_one(seasons, {});
  std::mt19937 random(5);
  for (int part = 0; part < 20; part++) {
    for (double value : Noise(static_cast<int>(random() % 100), part)) {
      at_once.Update(value);
      one_by_one.Update(value);
    }
    const int missing = static_cast<int>(random() % 500);
    at_once.Skip(missing);
    for (int i = 0; i < missing; i++) one_by_one.Skip(1);
    ASSERT_EQ(at_once.usual_now(), one_by_one.usual_now()) << part;
    for (int steps : {1, 20, 48, 100, 336}) {
      const Ahead a = at_once.LookAhead(steps);
      const Ahead b = one_by_one.LookAhead(steps);
      ASSERT_EQ(a.usual, b.usual) << part;
      ASSERT_EQ(a.sharp_usual, b.sharp_usual) << part;
      ASSERT_EQ(a.longer_seasons, b.longer_seasons) << part;
    }
  }
}

TEST(Past, StateIsBoundedWhateverTheSeason) {
  const std::vector<int> seasons{10'000'000, 50'000'000};
  EXPECT_LT(Past(seasons, {}).HeapBytes(), 5000u);
}

}  // namespace
}  // namespace promcast
