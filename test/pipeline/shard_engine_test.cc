#include "pipeline/shard_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "pipeline/engine_fixture.h"

namespace promcast {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using testing::EngineFixture;
using testing::kLoad;
using testing::kStart;
using testing::TestRule;
using testing::Wave;

constexpr const char* kPoint = "predicted_load{forecaster=\"promcast\",horizon=\"5s\",job=\"a\"}";

TEST(ShardEngine, PredictsWhatARuleSelects) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 60, Wave);
  const std::vector<Sample> points = f.written[kPoint];
  ASSERT_GT(points.size(), 20u);
  for (size_t i = 1; i < points.size(); i++) EXPECT_GT(points[i].timestamp_ms, points[i - 1].timestamp_ms);
  for (const Sample& point : points) {
    EXPECT_LE(point.timestamp_ms, f.clock.NowMs());  // never stamped in the future
    EXPECT_NEAR(point.value, 100, 20);
  }
  EXPECT_EQ(f.Count(SeriesStatus::kPredicted), 1u);
}

TEST(ShardEngine, BandsHoldThePointBetweenThem) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 60, Wave);
  const auto& lower =
      f.written["predicted_lower_load{coverage=\"0.95\",forecaster=\"promcast\",horizon=\"30s\",job=\"a\"}"];
  const auto& upper =
      f.written["predicted_upper_load{coverage=\"0.95\",forecaster=\"promcast\",horizon=\"30s\",job=\"a\"}"];
  const auto& point = f.written["predicted_load{forecaster=\"promcast\",horizon=\"30s\",job=\"a\"}"];
  ASSERT_FALSE(point.empty());
  ASSERT_EQ(lower.size(), point.size());
  ASSERT_EQ(upper.size(), point.size());
  for (size_t i = 0; i < point.size(); i++) {
    EXPECT_LE(lower[i].value, point[i].value);
    EXPECT_GE(upper[i].value, point[i].value);
  }
}

TEST(ShardEngine, FindsTheStepByItself) {
  RuleOptions rule = TestRule("load");
  rule.step_ms = 0;
  EngineFixture f({rule});
  f.Stream(kLoad, 60, Wave);
  EXPECT_GT(f.written[kPoint].size(), 20u);
}

TEST(ShardEngine, CountersBecomeRatesAndResetsDoNoHarm) {
  EngineFixture f({TestRule("jobs_total")});
  double total = 1e6;
  f.Stream({{"__name__", "jobs_total"}}, 120, [&](int i) {
    if (i == 60) total = 0;
    return total += 5 + (i % 2);
  });
  EXPECT_EQ(f.metrics.counter_resets.value(), 1);
  const auto& points = f.written["predicted_rate_jobs{forecaster=\"promcast\",horizon=\"5s\"}"];
  ASSERT_GT(points.size(), 60u);
  for (const Sample& point : points) EXPECT_NEAR(point.value, 5.5, 1.5);
}

TEST(ShardEngine, LeavesOutWhatNoRuleWants) {
  EngineFixture f({TestRule("load")});
  EXPECT_EQ(f.Apply({{"__name__", "other"}}, kStart, 1), SampleVerdict::kNoRule);
  EXPECT_EQ(f.Apply({{"__name__", "other"}}, kStart + 1000, 1), SampleVerdict::kNoRule);
  EXPECT_EQ(f.engine->Report().no_rule, 1u);
  EXPECT_EQ(f.engine->Report().series(), 0u);
}

TEST(ShardEngine, NeverForecastsItsOwnOutput) {
  EngineFixture f({TestRule("{__name__=~\".+\"}")});
  EXPECT_EQ(f.Apply({{"__name__", "predicted_load"}, {"horizon", "5s"}}, kStart, 1), SampleVerdict::kOwnSeries);
  EXPECT_EQ(f.Apply({{"__name__", "renamed"}, {"forecaster", "promcast"}}, kStart, 1), SampleVerdict::kOwnSeries);
  EXPECT_EQ(f.Apply({{"__name__", "renamed"}, {"forecaster", "promcast"}}, kStart + 1, 1), SampleVerdict::kOwnSeries);
  EXPECT_EQ(f.engine->Report().series(), 0u);
  EXPECT_EQ(f.engine->Report().own_series, 2u);
}

TEST(ShardEngine, ARepeatedRequestChangesNothing) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 30, Wave);
  const int64_t now_ms = f.clock.NowMs();
  EXPECT_EQ(f.Apply(kLoad, now_ms, 5000), SampleVerdict::kDuplicate);
  EXPECT_EQ(f.Apply(kLoad, now_ms - 1000, 5000), SampleVerdict::kOutOfOrder);
  EXPECT_EQ(f.Apply(kLoad, now_ms + 1000, Wave(30)), SampleVerdict::kAccepted);
}

TEST(ShardEngine, RefusesSamplesFromFarAhead) {
  EngineFixture f({TestRule("load")});
  EXPECT_EQ(f.Apply(kLoad, kStart + 601'000, 1), SampleVerdict::kTooFarAhead);
  EXPECT_EQ(f.engine->Report().series(), 0u);
  EXPECT_EQ(f.Apply(kLoad, kStart, 1), SampleVerdict::kAccepted);
  EXPECT_EQ(f.Apply(kLoad, std::numeric_limits<int64_t>::max(), 1), SampleVerdict::kTooFarAhead);
  EXPECT_EQ(f.Apply(kLoad, kStart + 1000, 1), SampleVerdict::kAccepted);
}

TEST(ShardEngine, AStaleMarkerEndsTheOutputAtOnceButForgetsNothing) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 60, Wave);
  f.written.clear();
  f.clock.Advance(1000);
  EXPECT_EQ(f.Apply(kLoad, f.clock.NowMs(), StaleMarker()), SampleVerdict::kStaleMarker);
  EXPECT_EQ(f.written.size(), 8u);
  for (const auto& [series, samples] : f.written) EXPECT_TRUE(IsStaleMarker(samples.back().value)) << series;
  EXPECT_EQ(f.Count(SeriesStatus::kStale), 1u);
  f.written.clear();
  f.clock.Advance(5000);
  f.RunDue();
  EXPECT_TRUE(f.written.empty());
  f.Stream(kLoad, 3, Wave);  // the target is back: what was learnt still serves
  EXPECT_FALSE(f.written[kPoint].empty());
}

TEST(ShardEngine, ALeanSeriesKeepsFewSamplesYetStartsAgainFromThem) {
  RuleOptions rule = TestRule("load");
  rule.profile = Profile::kLean;
  EngineFixture f({rule});
  const auto whole_wave = [](int second) { return std::round(Wave(second)); };
  const auto seconds_to_first_point = [&] {
    f.written.clear();
    int seconds = 0;
    for (; seconds < 100 && f.written[kPoint].empty(); seconds++)
      f.Stream(kLoad, 1, [&](int) { return whole_wave(seconds); });
    return seconds;
  };
  const int from_nothing = seconds_to_first_point();
  ASSERT_LT(from_nothing, 100);
  f.Stream(kLoad, 300, whole_wave);
  EXPECT_GT(f.engine->Report().ring_bytes, 0u);
  EXPECT_LE(f.engine->Report().ring_bytes, SampleRing::kMinRingBytes);
  rule.horizons_ms.pop_back();
  f.Reconfigure({rule});
  EXPECT_LE(seconds_to_first_point(), from_nothing / 2);
}

TEST(ShardEngine, ModelsStartLateYetPredictionsAsSoonAsWithModelsFromTheFirstSampleOn) {
  for (const Profile profile : {Profile::kLean, Profile::kStandard}) {
    RuleOptions rule = TestRule("load");
    rule.profile = profile;
    ModelBank from_the_first(RuleSet({rule}).rules()[0].MakePlan(1000, CellReading::kLast, MemoryRelief::kNone).bank);
    EngineFixture f({rule});
    f.Stream(kLoad, ModelBank::kWarmCells - 1, Wave);
    EXPECT_EQ(f.engine->Report().bank_bytes.sum(), 0u);
    int values = 0;
    while (!from_the_first.warm()) from_the_first.Update(Wave(values++));
    int seconds = ModelBank::kWarmCells - 1;
    while (seconds < 100 && f.written[kPoint].empty()) f.Stream(kLoad, 1, [&](int) { return Wave(seconds++); });
    EXPECT_EQ(seconds, values + 1);  // the next sample closes the last value's cell
  }
}

TEST(ShardEngine, WhatHappensBeforeTheModelsStartIsCountedOnce) {
  RuleOptions rule = TestRule("jobs_total");
  EngineFixture f({rule});
  const Labels series = {{"__name__", "jobs_total"}};
  f.Stream(series, 40, [](int second) { return second < 4 ? 100 + second : second; });
  EXPECT_EQ(f.metrics.counter_resets.value(), 1);
  EXPECT_EQ(f.metrics.cells.value(), 38);  // the first has no rate, the last is open
  rule.horizons_ms.pop_back();
  f.Reconfigure({rule});
  f.Stream(series, 10, [](int second) { return 40 + second; });
  EXPECT_EQ(f.metrics.counter_resets.value(), 1);
  EXPECT_EQ(f.metrics.cells.value(), 48);
}

TEST(ShardEngine, AYoungSeriesWhoseClockIsSetBackGoesOn) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 3, Wave);
  const int64_t back_ms = f.clock.NowMs() - 3'600'000;
  SampleVerdict last = SampleVerdict::kOutOfOrder;
  for (int i = 0; i < 20 && last == SampleVerdict::kOutOfOrder; i++) {
    f.clock.Advance(5000);
    last = f.Apply(kLoad, back_ms + i * 5000, 1);
  }
  EXPECT_EQ(last, SampleVerdict::kAccepted);
  EXPECT_EQ(f.Count(SeriesStatus::kWarmingUp), 1u);
}

TEST(ShardEngine, LabelsOfExpiredSeriesAreGivenBack) {
  EngineFixture f({TestRule("load")});
  const std::string long_text(1000, 'x');
  f.Apply({{"__name__", "load"}, {"job", "stays"}}, kStart, 1);
  const size_t before = f.engine->Report().label_bytes;
  for (int i = 0; i < 100; i++) f.Apply({{"__name__", "load"}, {"job", long_text + std::to_string(i)}}, kStart, 1);
  EXPECT_GT(f.engine->Report().label_bytes, before + 100'000);
  for (int i = 0; i < 2; i++) {
    f.clock.Advance(f.options.series.idle_timeout_ms + 2000);
    f.RunDue();
  }
  EXPECT_EQ(f.metrics.series_expired.value(), 101);
  EXPECT_LT(f.engine->Report().label_bytes, before + 20'000);
}

TEST(ShardEngine, SeriesExpireWhenIdleAndTheirOutputEnds) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 60, Wave);
  f.written.clear();
  f.clock.Advance(f.options.series.idle_timeout_ms + 2000);
  f.RunDue();
  EXPECT_EQ(f.engine->Report().series(), 0u);
  EXPECT_EQ(f.admission.series.used(), 0u);
  EXPECT_EQ(f.admission.output_series.used(), 0u);
  EXPECT_TRUE(IsStaleMarker(f.written.at(kPoint).back().value));
  EXPECT_EQ(f.metrics.series_expired.value(), 1);
}

TEST(ShardEngine, IsSettledOnceMostOfItsSeriesSpeak) {
  EngineFixture f({TestRule("load")});
  EXPECT_TRUE(f.engine->IsSettled());
  f.ApplyOneOfEach(1);
  EXPECT_FALSE(f.engine->IsSettled());
  f.Stream(kLoad, 60, Wave);
  EXPECT_FALSE(f.engine->IsSettled());  // one of two
  for (int i = 0; i < 16; i++) f.Stream({{"__name__", "load"}, {"job", std::to_string(i)}}, 60, Wave);
  EXPECT_TRUE(f.engine->IsSettled());
  std::vector<RuleOptions> changed = {TestRule("load")};
  changed[0].horizons_ms = {10'000};
  f.Reconfigure(changed);
  EXPECT_FALSE(f.engine->IsSettled());  // all models are to start again
}

TEST(ShardEngine, SeriesThatSpeakKeepTheirLabelsWhileTheirNeighboursExpire) {
  EngineFixture f({TestRule("load")});
  f.options.series.idle_timeout_ms = 20'000;
  f.Reconfigure(f.options.forecasts);
  constexpr int kSeries = 5 * Schedule::kCalledTogether / 2;  // more than one group
  const auto labels_of = [](int i) {
    const std::string pair = std::to_string(i / 4);  // shared by two that stay and two that go
    return Labels({{"__name__", "load"}, {"job", std::to_string(i)}, {"pair", pair}, {"zone", "b"}});
  };
  const auto point_of = [&](int i) {
    const std::string number = std::to_string(i), pair = std::to_string(i / 4);
    return "predicted_load{forecaster=\"promcast\",horizon=\"5s\",job=\"" + number + "\",pair=\"" + pair +
           "\",zone=\"b\"}";
  };
  const auto stream = [&](int seconds, int every) {
    for (int second = 0; second < seconds; second++) {
      f.clock.Advance(1000);
      for (int i = 0; i < kSeries; i += every) f.Apply(labels_of(i), f.clock.NowMs(), Wave(second + i));
      f.RunDue();
    }
  };
  stream(60, 1);
  const size_t written = f.written.size();
  stream(60, 2);
  EXPECT_EQ(f.engine->Report().series(), static_cast<size_t>(kSeries) / 2);
  EXPECT_EQ(f.written.size(), written) << "a series has been written that none was before";
  for (int i = 0; i < kSeries; i++) {
    const Sample last = f.written.at(point_of(i)).back();
    const bool speaks = i % 2 == 0;
    EXPECT_EQ(IsStaleMarker(last.value), !speaks) << i;
    EXPECT_EQ(last.timestamp_ms >= f.clock.NowMs() - 1000, speaks) << i;
  }
}

TEST(ShardEngine, ASeriesInTheSlotOfAnEarlierOneIsPredictedOnceAnInterval) {
  const Labels next = {{"__name__", "load"}, {"job", "next"}};
  const auto predictions_of_next = [&](EngineFixture& f) {
    const double before = f.metrics.predictions.value();
    f.Stream(next, 60, Wave);
    return f.metrics.predictions.value() - before;
  };
  EngineFixture alone({TestRule("load")});
  const double expected = predictions_of_next(alone);
  ASSERT_GT(expected, 10);

  EngineFixture after_expiry({TestRule("load")});
  after_expiry.Stream(kLoad, 60, Wave);
  after_expiry.clock.Advance(after_expiry.options.series.idle_timeout_ms + 2000);
  after_expiry.RunDue();
  EXPECT_EQ(after_expiry.engine->Report().series(), 0u);
  EXPECT_NEAR(predictions_of_next(after_expiry), expected, 1);

  EngineFixture after_reload({TestRule("load")});
  after_reload.Stream(kLoad, 60, Wave);
  after_reload.Reconfigure({TestRule("other")});
  EXPECT_EQ(after_reload.engine->Report().series(), 0u);
  after_reload.Reconfigure({TestRule("load")});
  EXPECT_NEAR(predictions_of_next(after_reload), expected, 1);
}

TEST(ShardEngine, IgnoredSeriesAreForgottenToo) {
  EngineFixture f({TestRule("load")});
  f.Apply({{"__name__", "other"}}, kStart, 1);
  for (int i = 0; i < 3; i++) {
    f.clock.Advance(f.options.series.idle_timeout_ms + 1000);
    f.RunDue();
  }
  EXPECT_EQ(f.engine->Report().no_rule, 0u);
}

TEST(ShardEngine, ConstantSeriesAreCountedNotPredicted) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 60, [](int) { return 5; });
  EXPECT_TRUE(f.written.empty());
  EXPECT_EQ(f.Count(SeriesStatus::kConstant), 1u);
}

TEST(ShardEngine, ANewSeriesIsWarmingUp) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 3, Wave);
  EXPECT_EQ(f.Count(SeriesStatus::kWarmingUp), 1u);
}

TEST(ShardEngine, HistogramScalarsBecomeSeriesOfTheirOwn) {
  EngineFixture f({TestRule("{__name__=~\"latency_(count|sum)\"}")});
  for (int i = 1; i <= 60; i++) {
    f.clock.Advance(1000);
    f.Apply({{{{"__name__", "latency"}}, {f.clock.NowMs(), 3.0 * i + i % 2}, SampleKind::kHistogramCount},
             {{{"__name__", "latency"}}, {f.clock.NowMs(), 0.5 * i + i % 3}, SampleKind::kHistogramSum}});
    f.RunDue();
  }
  EXPECT_EQ(f.written.count("predicted_rate_latency_count{forecaster=\"promcast\",horizon=\"5s\"}"), 1u);
  EXPECT_EQ(f.written.count("predicted_rate_latency_sum{forecaster=\"promcast\",horizon=\"5s\"}"), 1u);
}

TEST(ShardEngine, AReloadKeepsTheSeriesOfUnchangedRules) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 60, Wave);
  f.written.clear();
  f.Reconfigure({TestRule("something_else"), TestRule("load")});
  EXPECT_TRUE(f.written.empty());
  f.Stream(kLoad, 2, Wave);
  EXPECT_FALSE(f.written[kPoint].empty());
}

TEST(ShardEngine, AReloadEndsTheOutputOfSeriesWithoutARule) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 60, Wave);
  f.written.clear();
  f.Reconfigure({TestRule("something_else")});
  EXPECT_EQ(f.written.size(), 8u);
  for (const auto& [series, samples] : f.written) EXPECT_TRUE(IsStaleMarker(samples.back().value)) << series;
  EXPECT_EQ(f.engine->Report().series(), 0u);
  EXPECT_EQ(f.admission.series.used(), 0u);
}

TEST(ShardEngine, AChangedRuleStartsAgainFromTheRing) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 60, Wave);
  f.written.clear();
  RuleOptions changed = TestRule("load");
  changed.horizons_ms = {10'000};
  f.Reconfigure({changed});
  EXPECT_TRUE(IsStaleMarker(f.written.at(kPoint).back().value));
  f.written.clear();
  f.Stream(kLoad, 2, Wave);
  EXPECT_FALSE(f.written["predicted_load{forecaster=\"promcast\",horizon=\"10s\",job=\"a\"}"].empty());
  EXPECT_EQ(f.written.count(kPoint), 0u);
}

TEST(ShardEngine, ATypeThatIsLearntLaterChangesTheReading) {
  EngineFixture f({TestRule("load")});
  double total = 0;
  f.Stream(kLoad, 60, [&](int i) { return total += 3 + i % 2; });
  f.written.clear();
  ASSERT_TRUE(f.catalog.Note({MetricType::kCounter, "load", "", ""}));
  f.engine->ReviewReadings();
  EXPECT_TRUE(IsStaleMarker(f.written.at(kPoint).back().value));
  f.Stream(kLoad, 5, [&](int i) { return total += 3 + i % 2; });
  const auto& rate = f.written["predicted_rate_load{forecaster=\"promcast\",horizon=\"5s\",job=\"a\"}"];
  ASSERT_FALSE(rate.empty());
  EXPECT_NEAR(rate.back().value, 3.5, 1);
}

TEST(ShardEngine, AStaleSeriesStaysStaleWhenItsRuleChanges) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 60, Wave);
  f.clock.Advance(1000);
  f.Apply(kLoad, f.clock.NowMs(), StaleMarker());
  f.written.clear();
  RuleOptions changed = TestRule("load");
  changed.horizons_ms = {10'000};
  f.Reconfigure({changed});
  f.clock.Advance(10'000);
  f.RunDue();
  EXPECT_TRUE(f.written.empty());
  EXPECT_EQ(f.Count(SeriesStatus::kStale), 1u);
}

TEST(ShardEngine, EveryTimestampIsSafe) {
  EngineFixture f({TestRule("load")});
  for (const int64_t start : {std::numeric_limits<int64_t>::min(), int64_t{-1'000'000}, int64_t{0}}) {
    const Labels labels = {{"__name__", "load"}, {"start", std::to_string(start)}};
    for (int i = 0; i < 30; i++) EXPECT_EQ(f.Apply(labels, start + i * 1000, Wave(i)), SampleVerdict::kAccepted);
  }
  f.clock.Advance(1000);
  f.RunDue();
  f.clock.Advance(1000);
  f.RunDue();
  EXPECT_TRUE(f.written.empty());  // far too old to forecast from
}

TEST(ShardEngine, EveryRuleIsServedInEachTurn) {
  EngineFixture f({TestRule("load"), TestRule("other")});
  for (int i = 0; i < 120; i++) {
    f.clock.Advance(1000);
    f.Apply(kLoad, f.clock.NowMs(), Wave(i));
    f.Apply({{"__name__", "other"}}, f.clock.NowMs(), Wave(i));
    f.engine->RunDueSlot();  // one turn a second is late for all slots
  }
  EXPECT_FALSE(f.written[kPoint].empty());
  EXPECT_FALSE(f.written["predicted_other{forecaster=\"promcast\",horizon=\"5s\"}"].empty());
}

TEST(ShardEngine, ASeriesIsRefusedWithTheSameReasonHoweverItsSamplesMix) {
  EngineFixture f({TestRule("load")});
  std::vector<testing::SentSample> samples;
  for (int i = 0; i < 6; i++) samples.push_back({{{"job", "a"}}, {i % 2 == 0 ? kStart : kStart + 10'000'000, 1}});
  EXPECT_THAT(f.Apply(samples), Each(SampleVerdict::kMissingName));
}

TEST(ShardEngine, ReportsHowForecastsDid) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 300, Wave);
  const ShardReport report = f.engine->Report();
  ASSERT_EQ(report.rules.size(), 1u);
  ASSERT_EQ(report.rules[0].horizons.size(), 2u);
  EXPECT_EQ(report.rules[0].horizons[0].series, 1);
  EXPECT_GT(report.rules[0].horizons[0].inside[0], 0.5);
  EXPECT_GT(report.ring_bytes, 0u);
  EXPECT_GT(report.bank_bytes.models, 0u);
}

TEST(ShardEngine, TellsWhenAThresholdWillBeCrossedUntilNoneIsExpected) {
  RuleOptions rule = TestRule("load");
  rule.horizons_ms = {60'000};
  rule.seasons_ms = {60'000};
  rule.thresholds = {{"high", 109, ThresholdSide::kAbove}, {"never", 1e6, ThresholdSide::kAbove}};
  EngineFixture f({rule});
  const auto daily = [](int second) { return 100 + 10 * std::sin(second * 6.283185307 / 60) + 0.1 * (second % 3); };
  f.Stream(kLoad, 15 * 60, daily);
  const auto series = [](const char* threshold, const char* quantile) {
    return std::string(
               "forecast_time_to_threshold_seconds{forecaster=\"promcast\",job=\"a\",metric=\"load\",quantile=\"") +
           quantile + "\",threshold=\"" + threshold + "\"}";
  };
  const auto& expected = f.written[series("high", "0.5")];
  ASSERT_FALSE(expected.empty());
  for (const Sample& sample : expected) {
    if (IsStaleMarker(sample.value)) continue;
    EXPECT_GE(sample.value, 0);
    EXPECT_LE(sample.value, 60);
  }
  EXPECT_FALSE(f.written[series("high", "0.975")].empty());
  EXPECT_EQ(f.written.count(series("never", "0.5")), 0u);
  f.Stream(kLoad, 15 * 60, [](int second) { return 20 + 0.1 * (second % 3); });
  EXPECT_TRUE(IsStaleMarker(f.written[series("high", "0.5")].back().value));
}

TEST(ShardEngine, AnomaliesShowTheirSide) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 200, Wave);
  f.written.clear();
  f.Stream(kLoad, 2, [](int) { return 1000; });
  const auto& verdicts = f.written["forecast_anomaly{forecaster=\"promcast\",job=\"a\",metric=\"load\"}"];
  const auto& scores = f.written["forecast_anomaly_score{forecaster=\"promcast\",job=\"a\",metric=\"load\"}"];
  ASSERT_FALSE(verdicts.empty());
  EXPECT_EQ(verdicts.back().value, 1);
  EXPECT_GT(scores.back().value, 1);
}

}  // namespace
}  // namespace promcast
