// Series that begin with the season of their siblings.
#include "pipeline/cohorts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "checkpoint/record_block.h"
#include "pipeline/engine_fixture.h"

namespace promcast {
namespace {

using testing::EngineFixture;
using testing::kStart;
using testing::TestRule;

constexpr int kSeasonSeconds = 120;
constexpr int kHorizonSeconds = 30;

RuleOptions CohortRule(bool cohort_start = true) {
  RuleOptions rule = TestRule(R"({__name__=~"load|jobs_total|other"})");
  rule.seasons_ms = {kSeasonSeconds * 1000};
  rule.cohort_start = cohort_start;
  return rule;
}

Labels Host(const std::string& host, const std::string& name = "load") {
  return {{"__name__", name}, {"host", host}};
}

double Swing(int64_t timestamp_ms) {
  return std::sin(static_cast<double>(timestamp_ms % (kSeasonSeconds * 1000)) / (kSeasonSeconds * 1000) * 2 *
                  std::numbers::pi);
}

// What a host shows: a level and a size of its own.
double Load(int host, int64_t timestamp_ms) {
  return 100 * host + host * Swing(timestamp_ms);
}

// Hosts 1 to 4 for so many seconds.
void StreamSiblings(EngineFixture& f, int seconds, const std::string& name = "load") {
  for (int i = 0; i < seconds; i++) {
    f.clock.Advance(1000);
    for (int host = 1; host <= 4; host++) {
      f.Apply(Host(std::to_string(host), name), f.clock.NowMs(), Load(host, f.clock.NowMs()));
    }
    f.RunDue();
  }
}

void StreamNew(EngineFixture& f, int seconds) {
  for (int i = 0; i < seconds; i++) {
    f.clock.Advance(1000);
    f.Apply(Host("new"), f.clock.NowMs(), Load(50, f.clock.NowMs()));
    f.RunDue();
  }
}

const std::string kNewPoint = R"(predicted_load{forecaster="promcast",horizon="30s",host="new"})";

// Mean absolute error of what was predicted for the new host.
double NewError(EngineFixture& f) {
  double sum = 0;
  const auto& points = f.written[kNewPoint];
  for (const Sample& point : points) {
    sum += std::abs(point.value - Load(50, point.timestamp_ms + kHorizonSeconds * 1000));
  }
  EXPECT_GT(points.size(), 10U);
  return sum / static_cast<double>(points.size());
}

TEST(CohortStart, ANewSeriesFollowsTheSeasonThatItsSiblingsHave) {
  EngineFixture with({CohortRule(true)});
  EngineFixture without({CohortRule(false)});
  for (EngineFixture* f : {&with, &without}) {
    StreamSiblings(*f, 3 * kSeasonSeconds + 37);
    StreamNew(*f, kSeasonSeconds);
  }
  EXPECT_EQ(with.metrics.series_borrowed.value(), 1);
  EXPECT_EQ(without.metrics.series_borrowed.value(), 0);
  EXPECT_EQ(without.cohorts.size(), 0U);
  EXPECT_LT(NewError(with), .7 * NewError(without));
}

TEST(CohortStart, SiblingsAreOfOneMetricAndRule) {
  EngineFixture f({CohortRule()});
  StreamSiblings(f, 3 * kSeasonSeconds, "other");
  StreamNew(f, 30);
  EXPECT_EQ(f.metrics.series_borrowed.value(), 0);
  EXPECT_EQ(f.cohorts.size(), 1U);
}

TEST(CohortStart, SeriesOfOneMetricUnderAnotherRuleAreNoSiblings) {
  RuleOptions other = CohortRule();
  other.name = "other";
  other.match = {*Selector::Parse("{host=\"new\"}")};
  EngineFixture f({other, CohortRule()});
  StreamSiblings(f, 3 * kSeasonSeconds);
  StreamNew(f, 30);
  EXPECT_EQ(f.metrics.series_borrowed.value(), 0);
}

TEST(CohortStart, ASeriesAndItsHeirAreNotTwoSiblings) {
  RuleOptions rule = CohortRule();
  rule.inherit_across = {"pod"};
  EngineFixture f({rule});
  const auto stream = [&](const std::string& pod, int seconds) {
    f.Stream({{"__name__", "load"}, {"app", "shop"}, {"pod", pod}}, seconds,
             [&](int) { return Load(3, f.clock.NowMs()); });
  };
  stream("a", 3 * kSeasonSeconds);
  f.Apply(Labels{{"__name__", "load"}, {"app", "shop"}, {"pod", "a"}}, f.clock.NowMs() + 1, StaleMarker());
  stream("b", kSeasonSeconds / 2);
  ASSERT_EQ(f.metrics.series_inherited.value(), 1);
  EXPECT_EQ(f.cohorts.size(), 1U);
  StreamNew(f, 30);
  EXPECT_EQ(f.metrics.series_borrowed.value(), 0);
}

TEST(CohortStart, NobodyBorrowsBeforeSiblingsHaveSeenTwoSeasons) {
  EngineFixture f({CohortRule()});
  StreamSiblings(f, 2 * kSeasonSeconds - 2);
  StreamNew(f, 30);
  EXPECT_EQ(f.metrics.series_borrowed.value(), 0);
}

TEST(CohortStart, SiblingsOfAnotherShardCount) {
  EngineFixture siblings({CohortRule()});
  StreamSiblings(siblings, 3 * kSeasonSeconds);
  const ShardContext context{
      siblings.clock,    siblings.catalog, siblings.admission, siblings.metrics, siblings.lineage, siblings.cohorts, 2,
      [](const auto&) {}};
  EngineFixture f({CohortRule()});
  f.clock.Set(siblings.clock.NowMs());
  f.engine = std::make_unique<ShardEngine>(context, f.options, std::make_shared<RuleSet>(f.options.forecasts));
  for (int i = 0; i < 30; i++) {
    siblings.clock.Advance(1000);
    f.Apply(Host("new"), siblings.clock.NowMs(), Load(50, siblings.clock.NowMs()));
  }
  EXPECT_EQ(siblings.metrics.series_borrowed.value(), 1);
}

// The mean error of a new counter's predicted rate; that of each is host * (3 + 2 * Swing).
double NewRateError(bool cohort_start) {
  EngineFixture f({CohortRule(cohort_start)});
  const auto total = [](int host, int64_t timestamp_ms) {
    const double radians_a_second = 2 * std::numbers::pi / kSeasonSeconds;
    const double seconds = static_cast<double>(timestamp_ms % (kSeasonSeconds * 1000)) / 1000;
    return host * (3 * static_cast<double>(timestamp_ms - kStart) / 1000 -
                   2 / radians_a_second * std::cos(radians_a_second * seconds));
  };
  for (int i = 0; i < 3 * kSeasonSeconds; i++) {
    f.clock.Advance(1000);
    for (int host = 1; host <= 4; host++) {
      f.Apply(Host(std::to_string(host), "jobs_total"), f.clock.NowMs(), total(host, f.clock.NowMs()));
    }
    f.RunDue();
  }
  f.Stream(Host("new", "jobs_total"), kSeasonSeconds, [&](int) { return total(9, f.clock.NowMs()); });
  EXPECT_EQ(f.metrics.series_borrowed.value(), cohort_start ? 1 : 0);
  double sum = 0;
  const auto& points = f.written[R"(predicted_rate_jobs{forecaster="promcast",horizon="30s",host="new"})"];
  for (const Sample& point : points) {
    sum += std::abs(point.value - 9 * (3 + 2 * Swing(point.timestamp_ms + kHorizonSeconds * 1000)));
  }
  EXPECT_GT(points.size(), 10U);
  return sum / static_cast<double>(points.size());
}

TEST(CohortStart, ACounterFollowsItsSiblingsRates) {
  EXPECT_LT(NewRateError(true), .7 * NewRateError(false));
}

TEST(CohortStart, WhatIsRestoredGoesOnAsIfItHadNeverEnded) {
  EngineFixture never_ended({CohortRule()});
  StreamSiblings(never_ended, 3 * kSeasonSeconds + 37);
  StreamNew(never_ended, 40);
  RecordBlock block;
  EXPECT_EQ(never_ended.engine->Save(0, block), std::nullopt);

  EngineFixture f({CohortRule()});
  f.clock.Set(never_ended.clock.NowMs());
  RecordWalk walk(block.bytes());
  uint64_t number = 1;
  for (std::string_view record; walk.Next(record); number++) {
    // The fingerprint that the series' samples will have is not needed by those that get none.
    SeriesRecord series;
    ASSERT_TRUE(ReadSeriesRecord(record, series).ok());
    Fingerprint fingerprint{number, number};
    const bool is_new = std::any_of(series.head.labels.begin(), series.head.labels.end(),
                                    [](const LabelView& label) { return label.value == "new"; });
    if (is_new) fingerprint = testing::TestBatch({{Host("new"), {1, 1}}}).batch.samples[0].fingerprint;
    EXPECT_EQ(f.engine->Restore(fingerprint, record), RestoreOutcome::kRestored);
  }
  EXPECT_EQ(f.cohorts.size(), 1U);  // the siblings' shapes are there at once

  never_ended.written.clear();
  StreamNew(never_ended, kSeasonSeconds);
  StreamNew(f, kSeasonSeconds);
  const std::vector<Sample>& points = f.written[kNewPoint];  // the first comes when its schedule begins
  const std::vector<Sample>& expected = never_ended.written[kNewPoint];
  ASSERT_GE(points.size(), expected.size() - 1);
  for (size_t i = 1; i <= points.size(); i++) {
    EXPECT_EQ(points[points.size() - i].timestamp_ms, expected[expected.size() - i].timestamp_ms);
    EXPECT_EQ(points[points.size() - i].value, expected[expected.size() - i].value);
  }
}

TEST(CohortStart, WhatSiblingsHadIsForgottenWhenNoneIsLeft) {
  EngineFixture f({CohortRule()});
  StreamSiblings(f, 3 * kSeasonSeconds);
  EXPECT_EQ(f.cohorts.size(), 1U);
  EXPECT_GT(f.cohorts.bytes(), 4 * sizeof(SeasonShape));
  for (int i = 0; i < 4; i++) {
    f.clock.Advance(f.options.series.idle_timeout_ms);
    f.RunDue();
  }
  EXPECT_EQ(f.cohorts.size(), 0U);
  EXPECT_EQ(f.cohorts.bytes(), 0U);
}

TEST(Cohorts, KeepTheSiblingsOfTheLowestFingerprints) {
  Cohorts cohorts;
  const Fingerprint cohort{1, 1};
  for (uint64_t series = 1000; series > 0; series--) {
    EXPECT_TRUE(cohorts.Wants(cohort, {series, 0}));
    cohorts.Offer(cohort, {series, 0}, {}, 0, 10);
  }
  for (uint64_t series = 1; series <= 1000; series++) {
    EXPECT_EQ(cohorts.Wants(cohort, {series, 0}), series <= Cohorts::kMostSiblings) << series;
  }
  const size_t bytes = cohorts.bytes();
  cohorts.Offer(cohort, {500, 0}, {}, 0, 10);
  cohorts.Offer(cohort, {5, 0}, {}, 0, 10);
  EXPECT_EQ(cohorts.bytes(), bytes);
}

TEST(Cohorts, AreAtMostSoMany) {
  Cohorts cohorts;
  for (uint64_t cohort = 0; cohort < 2 * Cohorts::kMostCohorts; cohort++) cohorts.Offer({cohort, 0}, {1, 1}, {}, 0, 10);
  EXPECT_EQ(cohorts.size(), Cohorts::kMostCohorts);
  EXPECT_TRUE(cohorts.Wants({0, 0}, {2, 2}));
  EXPECT_FALSE(cohorts.Wants({Cohorts::kMostCohorts, 0}, {2, 2}));
}

TEST(Cohorts, ForgetWhatIsOldAndWhatSeemsToComeFromTheFuture) {
  SeasonShape shape;
  for (int i = 0; i < SeasonShape::kPhases; i++) shape.values[i] = i % 2 == 0 ? 1 : -1;
  shape.swing = 1;
  Cohorts cohorts;
  const Fingerprint cohort{1, 1};
  for (uint64_t series = 0; series < 3; series++)
    cohorts.Offer(cohort, {series, 0}, shape, 100, 100 + 10 * static_cast<int64_t>(series));
  EXPECT_TRUE(cohorts.Common(cohort));
  cohorts.Forget(105);
  EXPECT_TRUE(cohorts.Common(cohort));
  cohorts.Forget(115);
  EXPECT_EQ(cohorts.size(), 1U);
  EXPECT_FALSE(cohorts.Common(cohort));  // one is left
  cohorts.Forget(99);
  EXPECT_EQ(cohorts.size(), 0U);
}

}  // namespace
}  // namespace promcast
