// What a shard does at the limits of series, output and memory.
#include <gtest/gtest.h>

#include <string>

#include "pipeline/engine_fixture.h"
#include "pipeline/shard_engine.h"

namespace promcast {
namespace {

using testing::EngineFixture;
using testing::kLoad;
using testing::kStart;
using testing::TestRule;
using testing::Wave;

TEST(ShardLimits, TheSeriesLimitRefusesNewSeriesAndKeepsOldOnes) {
  EngineFixture f({TestRule("{__name__=~\".+\"}")});
  f.options.limits.max_series = 1;
  f.Reconfigure(f.options.forecasts);
  EXPECT_EQ(f.Apply(kLoad, kStart, 1), SampleVerdict::kAccepted);
  EXPECT_EQ(f.Apply({{"__name__", "second"}}, kStart, 1), SampleVerdict::kLimitReached);
  EXPECT_EQ(f.Apply({{"__name__", "second"}}, kStart + 1, 1), SampleVerdict::kLimitReached);
  EXPECT_EQ(f.Apply(kLoad, kStart + 1000, 1), SampleVerdict::kAccepted);
  EXPECT_EQ(f.engine->Report().limit_reached, 1u);
}

TEST(ShardLimits, TheOutputLimitHoldsBackWholeSeries) {
  EngineFixture f({TestRule("{__name__=~\".+\"}")});
  f.options.limits.max_output_series = 8;
  f.Reconfigure(f.options.forecasts);
  for (int i = 0; i < 60; i++) {
    f.clock.Advance(1000);
    f.Apply(kLoad, f.clock.NowMs(), Wave(i));
    f.Apply({{"__name__", "second"}}, f.clock.NowMs(), Wave(i));
    f.RunDue();
  }
  EXPECT_EQ(f.written.size(), 8u);
  EXPECT_EQ(f.Count(SeriesStatus::kOutputLimit), 1u);
  EXPECT_EQ(f.Count(SeriesStatus::kPredicted), 1u);
}

TEST(ShardLimits, KnownSeriesAreBounded) {
  EngineFixture f({TestRule("load")});
  f.options.limits.max_known_series = 10;
  f.Reconfigure(f.options.forecasts);
  for (int i = 0; i < 100; i++) f.Apply({{"__name__", "n" + std::to_string(i)}}, kStart, 1);
  EXPECT_EQ(f.engine->Report().no_rule, 10u);
}

TEST(ShardLimits, SeriesLeftOutByALimitAreLookedAtAgain) {
  EngineFixture f({TestRule("load")});
  f.admission.memory_full = true;
  EXPECT_EQ(f.Apply(kLoad, kStart, 1), SampleVerdict::kLimitReached);
  f.RunDue();
  f.admission.memory_full = false;
  EXPECT_EQ(f.Apply(kLoad, kStart + 1, 1), SampleVerdict::kLimitReached);  // remembered
  f.clock.Advance(f.options.series.idle_timeout_ms + 1000);
  f.RunDue();
  EXPECT_EQ(f.Apply(kLoad, f.clock.NowMs(), 1), SampleVerdict::kAccepted);
}

TEST(ShardLimits, AFloodOfNewSeriesIsStoppedWithinSomeHundreds) {
  EngineFixture f({TestRule("load")});
  f.options.limits.max_memory_bytes = 1;
  f.Reconfigure({TestRule("load")});
  size_t accepted = 0;
  for (int i = 0; i < 2000; i++) {
    const Labels labels({{"__name__", "load"}, {"job", std::to_string(i)}});
    accepted += f.Apply(labels, kStart, 1) == SampleVerdict::kAccepted;
  }
  EXPECT_GT(accepted, 0u);
  EXPECT_LT(accepted, 500u);
  EXPECT_TRUE(f.admission.memory_full);
}

TEST(ShardLimits, AnswersMemoryPressureWithSeasonsAndThenHorizonsAndKeepsEverySeries) {
  RuleOptions rule = TestRule("load");
  rule.seasons_ms = {60'000};
  EngineFixture f({rule});
  const auto bank_bytes = [&] {
    f.Stream(kLoad, 3, Wave);  // the sums of a whole lap
    return f.engine->Report().bank_bytes.sum();
  };
  f.Stream(kLoad, 200, Wave);
  const size_t whole = bank_bytes();

  f.admission.relief = MemoryRelief::kSeasons;
  EXPECT_EQ(bank_bytes(), whole) << "nothing is taken from known series until memory is short";
  f.admission.memory_pressed = true;
  const size_t without_seasons = bank_bytes();
  EXPECT_LT(without_seasons, whole);
  f.admission.relief = MemoryRelief::kHorizons;
  EXPECT_LT(bank_bytes(), without_seasons);
  EXPECT_EQ(f.admission.relieved_series, 2u);

  const std::string longest = "predicted_load{forecaster=\"promcast\",horizon=\"30s\",job=\"a\"}";
  const std::string shortest = "predicted_load{forecaster=\"promcast\",horizon=\"5s\",job=\"a\"}";
  ASSERT_FALSE(f.written[longest].empty());
  EXPECT_TRUE(IsStaleMarker(f.written[longest].back().value));
  f.Stream(kLoad, 60, Wave);
  EXPECT_EQ(f.Count(SeriesStatus::kPredicted), 1u);
  EXPECT_FALSE(IsStaleMarker(f.written[shortest].back().value));
  EXPECT_EQ(f.written[shortest].back().timestamp_ms, f.clock.NowMs());
  for (size_t i = 1; i < f.written[shortest].size(); i++) {
    EXPECT_LT(f.written[shortest][i - 1].timestamp_ms, f.written[shortest][i].timestamp_ms);
  }
}

}  // namespace
}  // namespace promcast
