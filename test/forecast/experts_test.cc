#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "forecast/naive.h"
#include "forecast/season_and_level.h"
#include "forecast/seasonal_naive.h"
#include "forecast/smoothed_level.h"

namespace promcast {
namespace {

constexpr int kDay = 120;

double Shape(int t) {
  return 100 + 20 * std::sin(2 * M_PI * t / kDay);
}

TEST(Naive, RepeatsTheLastValue) {
  Past past({}, {});
  for (double value : {3., 7.}) past.Update(value);
  past.Skip(5);
  EXPECT_EQ(Naive().Forecast(past, past.LookAhead(1)), 7);
  EXPECT_EQ(Naive().Forecast(past, past.LookAhead(1000)), 7);
}

TEST(SmoothedLevel, AnswersItsLevelAtEveryDistance) {
  Past past({}, {});
  for (double value : {1., 2., 6.}) past.Update(value);
  const SmoothedLevel slow(3, "slow");
  EXPECT_DOUBLE_EQ(slow.Forecast(past, past.LookAhead(1)), 3);  // the plain mean at first
  EXPECT_DOUBLE_EQ(slow.Forecast(past, past.LookAhead(99)), 3);
}

TEST(SeasonalNaive, AnswersTheNewestKnownValueOfThePhase) {
  const std::vector<int> seasons{kDay};
  Past past(seasons, {});
  EXPECT_TRUE(std::isnan(SeasonalNaive().Forecast(past, past.LookAhead(5))));
  const int count = 5 * kDay + 17;
  for (int t = 0; t < count; t++) past.Update(Shape(t));
  for (int steps : {1, 50, 119, 120, 121, 500}) {
    EXPECT_NEAR(SeasonalNaive().Forecast(past, past.LookAhead(steps)), Shape(count - 1 + steps), .1) << steps;
  }
}

TEST(SeasonAndLevel, FollowsShapeAndPresentDistance) {
  const std::vector<int> seasons{kDay};
  Past past(seasons, {});
  const SeasonAndLevel expert(Past::kFirstSeason, "season_and_level");
  EXPECT_TRUE(std::isnan(expert.Forecast(past, past.LookAhead(1))));
  int t = 0;
  for (; t < 10 * kDay; t++) past.Update(Shape(t));
  for (int steps : {1, 30, 90, 120})
    EXPECT_NEAR(expert.Forecast(past, past.LookAhead(steps)), Shape(t - 1 + steps), .2) << steps;
  for (int i = 0; i < 60; i++, t++) past.Update(Shape(t) + 50);
  EXPECT_NEAR(expert.Forecast(past, past.LookAhead(1)), Shape(t) + 50, 1);
  EXPECT_NEAR(expert.Forecast(past, past.LookAhead(200)) - Shape(t - 1 + 200), 50 * std::pow(.998, 200), 12);
}

}  // namespace
}  // namespace promcast
