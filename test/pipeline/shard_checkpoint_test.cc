#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "checkpoint/record_block.h"
#include "pipeline/engine_fixture.h"
#include "pipeline/series_record.h"
#include "timeseries/fingerprint.h"

namespace promcast::testing {
namespace {

constexpr uint64_t kSeed = 99;  // that of TestBatch

double Wave(int i) {
  return 50 + 20 * std::sin(i / 9.0) + 3 * std::sin(i * i);
}

Fingerprint FingerprintOf(const std::vector<LabelView>& labels, uint64_t seed = kSeed) {
  Fingerprint sum;
  for (const LabelView& label : labels) sum += LabelFingerprint(label.name, label.value, seed);
  return sum;
}

std::vector<std::string> SavedRecords(const ShardEngine& engine) {
  std::vector<std::string> records;
  for (std::optional<uint32_t> slot = 0; slot;) {
    RecordBlock block;
    slot = engine.Save(*slot, block);
    RecordWalk walk(block.bytes());
    for (std::string_view record; walk.Next(record);) records.emplace_back(record);
    EXPECT_FALSE(walk.broken());
  }
  return records;
}

RestoreOutcome RestoreOne(ShardEngine& engine, const std::string& record) {
  ArchiveReader archive(record);
  SeriesHead head;
  ReadSeriesHead(archive, head);
  return engine.Restore(FingerprintOf(head.labels), record);
}

std::vector<RestoreOutcome> RestoreAll(ShardEngine& engine, const std::vector<std::string>& records) {
  std::vector<RestoreOutcome> outcomes;
  for (const std::string& record : records) outcomes.push_back(RestoreOne(engine, record));
  return outcomes;
}

std::vector<RuleOptions> Rules() {
  RuleOptions lean = TestRule(R"({__name__="lean"})");
  lean.profile = Profile::kLean;
  lean.seasons_ms = {60'000};
  RuleOptions standard = RuleOfAnyStep(R"({__name__=~"load|requests_total"})");
  standard.seasons_ms = {60'000};
  RuleOptions detecting = RuleOfAnyStep(R"({__name__="detecting"})");
  detecting.detect_seasons = true;
  return {lean, standard, detecting};
}

const std::vector<Labels> kSeries = {{{"__name__", "lean"}, {"job", "a"}},
                                     {{"__name__", "load"}, {"job", "b"}},
                                     {{"__name__", "requests_total"}, {"job", "c"}},
                                     {{"__name__", "detecting"}, {"job", "d"}}};

void StreamAll(EngineFixture& fixture, int first, int end) {
  for (int i = first; i < end; i++) {
    fixture.clock.Set(kStart + i * 1000);
    std::vector<SentSample> samples;
    for (const Labels& labels : kSeries) {
      if (i % 17 == 3) continue;  // a gap
      const double value = labels.metric_name() == "requests_total" ? i * 3.0 + i % 5 : Wave(i);
      samples.push_back({labels, {fixture.clock.NowMs(), value}});
    }
    if (!samples.empty()) fixture.Apply(samples);
    fixture.RunDue();
  }
}

TEST(ShardCheckpoint, ARestoredShardWritesWhatTheOneThatNeverEndedWrites) {
  EngineFixture whole(Rules());
  StreamAll(whole, 0, 200);
  const std::vector<std::string> records = SavedRecords(*whole.engine);
  ASSERT_EQ(records.size(), kSeries.size());

  EngineFixture restored(Rules());
  restored.clock.Set(whole.clock.NowMs());
  EXPECT_THAT(RestoreAll(*restored.engine, records), ::testing::Each(RestoreOutcome::kRestored));
  EXPECT_THAT(SavedRecords(*restored.engine), ::testing::UnorderedElementsAreArray(records));
  restored.RunDue();  // finds where the schedule stands
  whole.written.clear();
  restored.written.clear();
  StreamAll(whole, 200, 300);
  StreamAll(restored, 200, 300);
  EXPECT_FALSE(whole.written.empty());
  EXPECT_EQ(restored.written.size(), whole.written.size());
  for (const auto& [series, samples] : whole.written) {
    ASSERT_EQ(restored.written[series].size(), samples.size()) << series;
    for (size_t i = 0; i < samples.size(); i++) {
      EXPECT_EQ(restored.written[series][i].timestamp_ms, samples[i].timestamp_ms);
      EXPECT_EQ(std::bit_cast<uint64_t>(restored.written[series][i].value), std::bit_cast<uint64_t>(samples[i].value))
          << series << " at " << i;
    }
  }
  EXPECT_THAT(SavedRecords(*restored.engine), ::testing::UnorderedElementsAreArray(SavedRecords(*whole.engine)));
}

TEST(ShardCheckpoint, SamplesThatAreSentAgainAreNotCountedTwice) {
  EngineFixture whole(Rules());
  StreamAll(whole, 0, 150);
  EngineFixture restored(Rules());
  restored.clock.Set(whole.clock.NowMs());
  RestoreAll(*restored.engine, SavedRecords(*whole.engine));
  for (const Labels& labels : kSeries) {
    for (int i = 140; i < 150; i++) {
      const SampleVerdict verdict = restored.Apply(labels, kStart + i * 1000, 1e9);
      EXPECT_TRUE(verdict == SampleVerdict::kDuplicate || verdict == SampleVerdict::kOutOfOrder);
    }
  }
  StreamAll(whole, 150, 160);
  StreamAll(restored, 150, 160);
  EXPECT_THAT(SavedRecords(*restored.engine), ::testing::UnorderedElementsAreArray(SavedRecords(*whole.engine)));
}

TEST(ShardCheckpoint, ManySeriesAreSavedInSlicesWithoutMissingOne) {
  EngineFixture fixture({TestRule("load")});
  fixture.ApplyOneOfEach(10'000);
  RecordBlock first;
  const auto next = fixture.engine->Save(0, first);
  ASSERT_TRUE(next.has_value());
  EXPECT_LT(first.records(), 5'000) << "samples must not wait for all of them";
  EXPECT_EQ(SavedRecords(*fixture.engine).size(), 10'000);
}

TEST(ShardCheckpoint, SeriesFollowTheRulesOfTheNewStart) {
  EngineFixture whole({TestRule("load"), TestRule("other")});
  whole.Stream({{"__name__", "load"}}, 100, Wave);
  whole.Stream({{"__name__", "other"}}, 100, Wave);
  const std::vector<std::string> records = SavedRecords(*whole.engine);

  RuleOptions other_horizons = TestRule("load");
  other_horizons.horizons_ms = {7000};
  EngineFixture changed({other_horizons});
  changed.clock.Set(whole.clock.NowMs());
  EXPECT_THAT(RestoreAll(*changed.engine, records),
              ::testing::UnorderedElementsAre(RestoreOutcome::kSamplesOnly, RestoreOutcome::kNoRule));
  EXPECT_EQ(changed.engine->Report().series(), 1);
  changed.Stream({{"__name__", "load"}}, 3, Wave);
  EXPECT_EQ(changed.Count(SeriesStatus::kPredicted), 1) << "the ring taught the new models";
}

TEST(ShardCheckpoint, ATakenLimitLeavesSeriesOut) {
  EngineFixture whole({TestRule("load")});
  whole.ApplyOneOfEach(5);
  EngineFixture limited({TestRule("load")});
  limited.options.limits.max_series = 3;
  limited.Reconfigure({TestRule("load")});
  const auto outcomes = RestoreAll(*limited.engine, SavedRecords(*whole.engine));
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), RestoreOutcome::kRestored), 3);
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), RestoreOutcome::kLimit), 2);
  EXPECT_EQ(limited.admission.series.used(), 3);
}

TEST(ShardCheckpoint, TheSameSeriesTwiceIsTakenOnce) {
  EngineFixture whole({TestRule("load")});
  whole.ApplyOneOfEach(1);
  EngineFixture restored({TestRule("load")});
  const std::string record = SavedRecords(*whole.engine).front();
  EXPECT_EQ(RestoreOne(*restored.engine, record), RestoreOutcome::kRestored);
  EXPECT_EQ(RestoreOne(*restored.engine, record), RestoreOutcome::kTwice);
  EXPECT_EQ(restored.admission.series.used(), 1);
}

TEST(ShardCheckpoint, OutputThatWasBeingWrittenIsEndedWhenTheSeriesDoesNotComeBack) {
  const Labels labels = {{"__name__", "load"}};
  EngineFixture whole({TestRule("load")});
  whole.Stream(labels, 100, Wave);
  ASSERT_EQ(whole.Count(SeriesStatus::kPredicted), 1);
  EngineFixture restored({TestRule("load")});
  restored.clock.Set(whole.clock.NowMs());
  RestoreAll(*restored.engine, SavedRecords(*whole.engine));
  EXPECT_EQ(restored.admission.output_series.used(), whole.admission.output_series.used());
  restored.clock.Advance(restored.options.series.idle_timeout_ms);
  for (int i = 0; i < 50; i++) {
    restored.clock.Advance(100);
    restored.RunDue();
  }
  ASSERT_FALSE(restored.written.empty());
  for (const auto& [series, samples] : restored.written) EXPECT_TRUE(IsStaleMarker(samples.back().value)) << series;
  EXPECT_EQ(restored.admission.output_series.used(), 0);
}

TEST(ShardCheckpoint, ASeriesHasItsIdleTimeoutToComeBackAfterALongOutage) {
  EngineFixture whole({TestRule("load")});
  whole.Stream({{"__name__", "load"}}, 100, Wave);
  EngineFixture restored({TestRule("load")});
  restored.clock.Set(whole.clock.NowMs() + 86'400'000);
  RestoreAll(*restored.engine, SavedRecords(*whole.engine));
  restored.Stream({{"__name__", "other"}}, 10, Wave);  // a lap and more of the schedule
  EXPECT_EQ(restored.engine->Report().series(), 1);
}

TEST(ShardCheckpoint, WhatWasGivenUpForMemoryStaysGivenUp) {
  RuleOptions rule = TestRule("load");
  rule.seasons_ms = {60'000};
  EngineFixture whole({rule});
  whole.admission.relief = MemoryRelief::kSeasons;
  whole.Stream({{"__name__", "load"}}, 100, Wave);
  EngineFixture restored({rule});
  EXPECT_THAT(RestoreAll(*restored.engine, SavedRecords(*whole.engine)), ::testing::Each(RestoreOutcome::kRestored));
}

/// The clock of the new start is an hour off: what comes is taken up at once, or as soon as a clock that was set back
/// is believed.
class AfterAClockJump : public ::testing::TestWithParam<int64_t> {};

TEST_P(AfterAClockJump, TheSeriesIsPredictedAgain) {
  const Labels labels = {{"__name__", "load"}};
  EngineFixture whole({TestRule("load")});
  whole.Stream(labels, 200, Wave);
  EngineFixture restored({TestRule("load")});
  restored.clock.Set(whole.clock.NowMs() + GetParam());
  ASSERT_THAT(RestoreAll(*restored.engine, SavedRecords(*whole.engine)), ::testing::Each(RestoreOutcome::kRestored));
  restored.RunDue();
  restored.Stream(labels, 120, Wave);
  EXPECT_EQ(restored.Count(SeriesStatus::kPredicted), 1);
  bool newest_known = false;
  for (const std::string& bytes : SavedRecords(*restored.engine)) {
    SeriesRecord record;
    ASSERT_TRUE(ReadSeriesRecord(bytes, record).ok());
    newest_known = record.head.newest_ms == restored.clock.NowMs();
  }
  EXPECT_TRUE(newest_known);
}

INSTANTIATE_TEST_SUITE_P(AnHour, AfterAClockJump, ::testing::Values(-3'600'000, 3'600'000));

TEST(SeriesRecord, CutOffAnywhereIsRefusedOrLosesItsModelsAndNothingElse) {
  EngineFixture whole(Rules());
  StreamAll(whole, 0, 60);
  for (const std::string& record : SavedRecords(*whole.engine)) {
    for (size_t bytes = 0; bytes < record.size(); bytes++) {
      EngineFixture restored(Rules());
      restored.clock.Set(whole.clock.NowMs());
      const RestoreOutcome outcome = RestoreOne(*restored.engine, record.substr(0, bytes));
      EXPECT_NE(outcome, RestoreOutcome::kRestored) << bytes << " of " << record.size();
    }
  }
}

TEST(SeriesRecord, ChangedBytesNeverBringTheEngineDown) {
  EngineFixture whole(Rules());
  StreamAll(whole, 0, 60);
  const std::vector<std::string> records = SavedRecords(*whole.engine);
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; round++) {
    EngineFixture restored(Rules());
    restored.clock.Set(whole.clock.NowMs());
    for (std::string record : records) {
      for (int changes = 0; changes < 3; changes++) record[random() % record.size()] = static_cast<char>(random());
      RestoreOne(*restored.engine, record);
    }
    StreamAll(restored, 60, 64);
    SavedRecords(*restored.engine);
  }
}

}  // namespace
}  // namespace promcast::testing
