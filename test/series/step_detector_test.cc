#include "series/step_detector.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <vector>

namespace promcast {
namespace {

std::optional<int64_t> StepOf(const std::vector<int64_t>& timestamps_ms) {
  StepDetector detector;
  std::optional<int64_t> step;
  for (const int64_t at : timestamps_ms) step = detector.Add(at);
  return step;
}

TEST(StepDetector, FindsTheScrapeIntervalFromSixTimestamps) {
  struct Case {
    const char* what;
    std::vector<int64_t> timestamps_ms;
    int64_t step_ms;
  };
  const Case cases[] = {
      {"exact", {0, 15'000, 30'000, 45'000, 60'000, 75'000}, 15'000},
      {"before the epoch", {-60'000, -45'000, -30'000, -15'000, 0, 15'000}, 15'000},
      {"jitter", {3, 14'980, 30'110, 44'700, 60'040, 75'021}, 15'000},
      {"one gap", {0, 15'000, 30'000, 630'000, 645'000, 660'000}, 15'000},
      {"two gaps", {0, 15'000, 300'000, 630'000, 645'000, 660'000}, 15'000},
      {"a duplicate and an old one are ignored", {0, 1'000, 1'000, 2'000, 500, 3'000, 4'000, 5'000}, 1'000},
      {"an unusual interval", {0, 7'000, 14'000, 21'000, 28'000, 35'000}, 7'000},
      {"four seconds are not five", {0, 4'000, 8'000, 12'000, 16'000, 20'000}, 4'000},
      {"half a second", {0, 500, 1'000, 1'500, 2'000, 2'500}, 500},
      {"one millisecond", {0, 1, 2, 3, 4, 5}, 100},
      {"a day", {0, 86'400'000, 172'800'000, 259'200'000, 345'600'000, 432'000'000}, 86'400'000},
  };
  for (const Case& c : cases) EXPECT_EQ(StepOf(c.timestamps_ms), c.step_ms) << c.what;
}

TEST(StepDetector, SaysNothingBeforeTheSixthNewTimestamp) {
  StepDetector detector;
  for (int64_t i = 0; i < 5; i++) EXPECT_EQ(detector.Add(i * 1'000), std::nullopt);
  EXPECT_EQ(detector.Add(4'000), std::nullopt);
  EXPECT_EQ(detector.Add(5'000), 1'000);
}

TEST(StepDetector, TimestampsAtTheEndsOfTheirRangeAreSafe) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min(), kMax = std::numeric_limits<int64_t>::max();
  EXPECT_TRUE(StepOf({kMin, kMin + 1, -1, 0, 1, 2, kMax}).has_value());
  EXPECT_EQ(StepOf({kMax, kMin}), std::nullopt);
}

TEST(RoundStep, UsualIntervalsCatchWhatLiesWithinATenth) {
  const std::pair<int64_t, int64_t> cases[] = {
      {900, 1'000},     {1'100, 1'000},     {1'101, 1'000},         {1'600, 2'000},   {13'500, 15'000},
      {16'500, 15'000}, {17'000, 17'000},   {33'000, 30'000},       {54'000, 60'000}, {66'001, 66'000},
      {59'500, 60'000}, {290'000, 300'000}, {3'500'000, 3'600'000}, {890, 900},       {440, 400},
      {20, 100},        {0, 100},           {7'400, 7'000},         {7'500, 8'000}};
  for (const auto& [distance_ms, step_ms] : cases) EXPECT_EQ(RoundStepMs(distance_ms), step_ms) << distance_ms;
}

}  // namespace
}  // namespace promcast
