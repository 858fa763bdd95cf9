#include "backtest/replay_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "series_fixture.h"

namespace promcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ReplayPlan PlanAt(int64_t step_ms, const BacktestOptions& options = {}) {
  const auto plan = PlanReplay(OnePanel({1, 2, 3}, step_ms), options);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return *plan;
}

TEST(CommonStep, IsTheMostCommonDistanceAndOfSeveralTheShortest) {
  EXPECT_EQ(CommonStepMs({0, 30'000, 60'000, 500'000, 530'000}), 30'000);
  EXPECT_EQ(CommonStepMs({0, 60'000, 120'000, 150'000, 180'000}), 30'000);
  EXPECT_EQ(CommonStepMs({7, 9'000'007}), 9'000'000);
}

TEST(CommonStep, IsWholeSecondsAndOneAtLeast) {
  EXPECT_EQ(CommonStepMs({0, 15'003, 30'006, 45'009}), 15'000);
  EXPECT_EQ(CommonStepMs({0, 14'600, 29'200}), 15'000);
  EXPECT_EQ(CommonStepMs({0, 100, 200}), 1000);
}

TEST(CommonStep, NeedsTwoTimestamps) {
  EXPECT_EQ(CommonStepMs({}), 0);
  EXPECT_EQ(CommonStepMs({5}), 0);
  EXPECT_EQ(CommonStepMs({5, 5, 5}), 0);
  EXPECT_EQ(CommonStepMs({5, 5, 5, 2005}), 2000);
  EXPECT_THAT(PlanReplay(OnePanel({1}, 1), {}).status().message(), HasSubstr("one.csv: has 1 rows"));
}

TEST(ReplayPlan, HorizonsAndSeasonsAreCountedInSteps) {
  const ReplayPlan plan = PlanAt(kMinuteMs);
  EXPECT_EQ(plan.step_ms, kMinuteMs);
  EXPECT_THAT(plan.bank->horizons, ElementsAre(5, 15, 60, 1440));
  EXPECT_THAT(plan.bank->seasons, ElementsAre(1440, 7 * 1440));
  EXPECT_EQ(plan.bank->step_ms, kMinuteMs);
  EXPECT_EQ(plan.every_cells, 31);  // half an hour would meet the same 48 minutes of each day
  EXPECT_THAT(plan.notices, IsEmpty());
}

TEST(ReplayPlan, HorizonsAreRoundedToOneStepAtLeastAndThoseThatFallTogetherAreOne) {
  const ReplayPlan plan = PlanAt(kHourMs);
  EXPECT_THAT(plan.bank->horizons, ElementsAre(1, 24));
  EXPECT_EQ(plan.horizon_ms(0), kHourMs);
  EXPECT_EQ(plan.every_cells, 1);
  EXPECT_THAT(plan.notices,
              ElementsAre("at a step of 1h a horizon of 5m becomes 1h", "at a step of 1h a horizon of 15m becomes 1h"));
}

TEST(ReplayPlan, AHorizonBetweenTwoStepsGoesToTheNearest) {
  BacktestOptions options;
  options.horizons_ms = {400'000, 800'000, 899'999};
  EXPECT_THAT(PlanAt(300'000, options).bank->horizons, ElementsAre(1, 3));
}

TEST(ReplayPlan, ASeasonShorterThanTwoStepsIsLeftOut) {
  const ReplayPlan plan = PlanAt(kDayMs);
  EXPECT_THAT(plan.bank->seasons, ElementsAre(7));
  EXPECT_THAT(plan.notices, testing::Contains("at a step of 1d a season of 1d is too short and left out"));
}

TEST(ReplayPlan, TheDistanceOfForecastsIsRoundedUpToWholeSteps) {
  BacktestOptions options;
  options.every_ms = 30 * kMinuteMs;
  const ReplayPlan plan = PlanAt(7 * kMinuteMs, options);
  EXPECT_EQ(plan.every_cells, 5);
  EXPECT_THAT(plan.notices, testing::Contains("at a step of 7m the distance of forecasts of 30m becomes 35m"));
}

TEST(ReplayPlan, AStepThatIsAskedForIsTaken) {
  BacktestOptions options;
  options.step_ms = 5 * kMinuteMs;
  EXPECT_EQ(PlanAt(kMinuteMs, options).step_ms, 5 * kMinuteMs);
}

TEST(ReplayPlan, ACellEndsWithItsOwnTime) {
  BacktestOptions options;
  options.step_ms = 10'000;
  const auto plan = PlanReplay(OnePanel({1, 2, 3}, 5000, -7000), options);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->CellOf(-7000), 0);
  EXPECT_EQ(plan->CellOf(-6999), 1);
  EXPECT_EQ(plan->CellOf(3000), 1);
  EXPECT_EQ(plan->CellOf(3001), 2);
  EXPECT_EQ(plan->TimeOf(1), 3000);
}

TEST(ReplayPlan, RowsOutOfOrderAreTold) {
  Panel panel = OnePanel({1, 2, 3}, kMinuteMs);
  panel.repeating_rows = 2;
  panel.backward_rows = 1;
  panel.first_odd_line = 7;
  EXPECT_THAT(PlanReplay(panel, {})->notices,
              ElementsAre(testing::AllOf(HasSubstr("one.csv:7:"), HasSubstr("2 repeat"), HasSubstr("1 go back"))));
}

TEST(ReplayPlan, WhatTheBankRefusesIsAnInvalidArgument) {
  BacktestOptions options;
  options.horizons_ms = {100'000'000'000'000};
  const auto plan = PlanReplay(OnePanel({1, 2}, 1000), options);
  EXPECT_TRUE(absl::IsInvalidArgument(plan.status()));
  EXPECT_THAT(plan.status().message(), HasSubstr("one.csv: at a step of 1s: horizons"));
}

}  // namespace
}  // namespace promcast
