// A series that waits for its history, and what it is after that: as if it had been streamed all the time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "checkpoint/record_block.h"
#include "checkpoint/series_head.h"
#include "pipeline/engine_fixture.h"
#include "pipeline/shard_engine.h"

namespace promcast {
namespace {

using ::promcast::testing::EngineFixture;
using ::promcast::testing::kStart;
using ::promcast::testing::RuleOfAnyStep;
using ::promcast::testing::TestRule;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kHashSeed = 99;  // that of TestBatch
const Labels kLoad{{"__name__", "load"}, {"job", "a"}};
const std::vector<Selector> kAll = {*Selector::Parse("{__name__=~\".+\"}")};

double Wave(int i) {
  return 50 + 20 * std::sin(i / 9.0) + (i * 7919 % 13) * 0.3;
}

std::vector<Sample> Stretch(int first, int end) {
  std::vector<Sample> samples;
  for (int i = first; i < end; i++) {
    if (i % 97 == 13) continue;  // gaps
    samples.push_back({kStart + i * 1000, i % 101 == 50 ? StaleMarker() : Wave(i)});
  }
  return samples;
}

/// An engine that reads history, and one that gets the same samples live.
class ShardHistoryTest : public ::testing::Test {
 protected:
  explicit ShardHistoryTest() { UseRule(TestRule("load")); }

  void UseRule(const RuleOptions& rule) {
    live_ = std::make_unique<EngineFixture>(std::vector<RuleOptions>{rule});
    live_->clock.Set(kStart + 10'000'000);
    UseReader(rule);
  }
  void UseReader(const RuleOptions& rule) {
    read_ = std::make_unique<EngineFixture>(std::vector<RuleOptions>{rule});
    read_->options.remote_read.resize(1);
    read_->Reconfigure({rule});
    read_->clock.Set(kStart + 10'000'000);
  }
  /// What `from` saves, into the engine that reads history.
  void Restore(const ShardEngine& from) {
    RecordBlock block;
    EXPECT_EQ(from.Save(0, block), std::nullopt);
    RecordWalk walk(block.bytes());
    for (std::string_view record; walk.Next(record);) {
      ArchiveReader archive(record);
      SeriesHead head;
      ReadSeriesHead(archive, head);
      Fingerprint fingerprint;
      for (const LabelView& label : head.labels) fingerprint += LabelFingerprint(label.name, label.value, kHashSeed);
      EXPECT_EQ(read_->engine->Restore(fingerprint, record), RestoreOutcome::kRestored);
    }
  }

  static void Send(EngineFixture& to, const std::vector<Sample>& samples) {
    for (const Sample& sample : samples) to.Apply(kLoad, sample.timestamp_ms, sample.value);
  }
  HistoryAsk Ask() {
    std::vector<HistoryAsk> asks;
    read_->engine->TakeHistoryAsks(0, 10, asks);
    EXPECT_THAT(asks, SizeIs(1));
    return asks.empty() ? HistoryAsk() : asks[0];
  }
  void Feed(const HistoryAsk& ask, const std::vector<Sample>& samples) {
    read_->engine->ApplyHistory({{{ask.slot, ask.number, static_cast<uint32_t>(samples.size())}}, samples});
  }
  /// Everything that is told of the series, less its times.
  static std::string Known(EngineFixture& fixture) {
    FoundSeries found;
    fixture.engine->Search(kAll, 10, 0, found);
    std::string text;
    for (const SeriesForecasts& series : found.series) {
      text += series.labels.ToString() + std::to_string(static_cast<int>(series.status)) + " " +
              std::to_string(series.step_ms.value_or(-1)) + " " + std::to_string(series.newest_sample_ms.value_or(-1));
      for (const HorizonForecast& horizon : series.horizons) {
        for (const double value : {horizon.predicted, horizon.resolved, horizon.mean_absolute_error, horizon.skill,
                                   horizon.bands[0].lower, horizon.bands[0].upper, horizon.bands[0].realised_coverage})
          text += " " + std::to_string(std::bit_cast<uint64_t>(value));
        for (const ModelShare& model : horizon.models)
          text += " " + model.name + std::to_string(std::bit_cast<uint64_t>(model.weight));
      }
    }
    return text;
  }
  void ExpectTheSame() {
    for (auto& engine : {live_.get(), read_.get()}) {
      engine->clock.Advance(2000);
      engine->RunDue();
    }
    EXPECT_EQ(Known(*read_), Known(*live_));
    EXPECT_THAT(Known(*live_), ::testing::HasSubstr("naive"));
    Send(*live_, Stretch(9995, 10'030));
    Send(*read_, Stretch(9995, 10'030));
    for (auto& engine : {live_.get(), read_.get()}) {
      engine->written.clear();
      engine->clock.Advance(5000);
      engine->RunDue();
    }
    EXPECT_EQ(Known(*read_), Known(*live_));
    ASSERT_EQ(read_->written.size(), live_->written.size());
    EXPECT_GT(live_->written.size(), 4u);
    for (const auto& [series, samples] : live_->written) EXPECT_EQ(read_->written[series], samples) << series;
  }

  std::unique_ptr<EngineFixture> live_, read_;
};

TEST_F(ShardHistoryTest, ForecastsAreBitForBitThoseOfASeriesThatWasStreamed) {
  RuleOptions lean = TestRule("load");
  lean.profile = Profile::kLean;
  RuleOptions seasonal = TestRule("load");
  seasonal.seasons_ms = {600'000};
  for (const RuleOptions& rule : {TestRule("load"), RuleOfAnyStep("load"), lean, seasonal}) {
    UseRule(rule);
    Send(*live_, Stretch(0, 9990));
    Send(*read_, Stretch(9900, 9950));
    const HistoryAsk ask = Ask();
    Feed(ask, Stretch(0, 3000));
    Send(*read_, Stretch(9950, 9970));
    Feed(ask, Stretch(3000, 9960));  // the end overlaps with what came live
    Send(*read_, Stretch(9970, 9990));
    EXPECT_FALSE(read_->engine->FinishHistory(ask.slot, ask.number, true).has_value());
    ExpectTheSame();
  }
}

TEST_F(ShardHistoryTest, NoSampleCountsTwiceWhenAWindowIsReadAgain) {
  Send(*live_, Stretch(0, 9990));
  Send(*read_, Stretch(9950, 9990));
  const HistoryAsk ask = Ask();
  Feed(ask, Stretch(0, 3000));
  for (int i = 0; i < 70; i++) {  // so long that a source's clock would pass for set back
    read_->clock.Advance(1000);
    Feed(ask, Stretch(1000, 3000));
  }
  live_->clock.Set(read_->clock.NowMs());
  Feed(ask, Stretch(2000, 9990));
  Feed(ask, Stretch(0, 9990));
  read_->engine->FinishHistory(ask.slot, ask.number, true);
  ExpectTheSame();
}

TEST_F(ShardHistoryTest, WhileItWaitsItKeepsItsSamplesAndPredictsNothing) {
  Send(*read_, Stretch(9000, 9990));
  read_->clock.Advance(2000);
  read_->RunDue();
  EXPECT_THAT(read_->written, IsEmpty());
  EXPECT_EQ(read_->Count(SeriesStatus::kWarmingUp), 1u);
  EXPECT_EQ(read_->engine->Report().await_history, 1u);
  EXPECT_EQ(read_->Apply(kLoad, kStart + 9'989'000, 7), SampleVerdict::kDuplicate);
  EXPECT_EQ(read_->Apply(kLoad, kStart + 9'000'000, 7), SampleVerdict::kOutOfOrder);
  EXPECT_EQ(read_->Apply(kLoad, kStart + 9'999'000, std::nan("")), SampleVerdict::kNotANumber);
}

TEST_F(ShardHistoryTest, GivenUpItIsAsIfThereWereNoHistory) {
  Send(*live_, Stretch(9900, 9990));
  Send(*read_, Stretch(9900, 9990));
  const HistoryAsk ask = Ask();
  read_->engine->FinishHistory(ask.slot, ask.number, false);
  EXPECT_EQ(read_->engine->Report().await_history, 0u);
  EXPECT_EQ(read_->metrics.history_given_up.value(), 1);
  ExpectTheSame();
}

TEST_F(ShardHistoryTest, AsksForAsMuchAsTheRulesModelsCanUse) {
  const auto days = [](double count) { return static_cast<int64_t>(count * 86'400'000); };
  RuleOptions week = TestRule("load");
  week.seasons_ms = {days(1), days(7)};
  RuleOptions unknown = TestRule("load");
  unknown.detect_seasons = true;
  RuleOptions far = TestRule("load");
  far.horizons_ms = {days(3)};
  for (const auto& [rule, length_ms] :
       {std::pair{TestRule("load"), days(1)}, {week, days(14)}, {unknown, days(21)}, {far, days(6)}}) {
    UseRule(rule);
    Send(*read_, Stretch(100, 110));
    const HistoryAsk ask = Ask();
    EXPECT_EQ(ask.to_ms, kStart + 100'000);
    EXPECT_EQ(ask.to_ms - ask.from_ms, length_ms);
  }
  UseRule(week);
  read_->options.backfill.max_range_ms = days(2);
  read_->Reconfigure({week});
  Send(*read_, Stretch(100, 110));
  const HistoryAsk ask = Ask();
  EXPECT_EQ(ask.to_ms - ask.from_ms, days(2));
}

TEST_F(ShardHistoryTest, IsAskedForOnceAndAgainOnlyWhenReturned) {
  std::vector<HistoryAsk> asks;
  Send(*read_, Stretch(0, 5));
  read_->engine->TakeHistoryAsks(10'000, 10, asks);
  EXPECT_THAT(asks, IsEmpty()) << "others may come along";
  read_->clock.Advance(10'000);
  read_->engine->TakeHistoryAsks(10'000, 10, asks);
  EXPECT_THAT(asks, SizeIs(1));
  read_->engine->TakeHistoryAsks(10'000, 10, asks);
  EXPECT_THAT(asks, SizeIs(1));
  read_->engine->ReturnHistoryAsks();
  read_->clock.Advance(10'000);
  read_->engine->TakeHistoryAsks(10'000, 10, asks);
  EXPECT_THAT(asks, SizeIs(2));
}

TEST_F(ShardHistoryTest, OnesWhoseRuleChangesAskAnewAndTheOldAnswersCountNoMore) {
  Send(*read_, Stretch(9950, 9990));
  const HistoryAsk old = Ask();
  Feed(old, Stretch(5000, 6000));
  RuleOptions rule = TestRule("load");
  rule.horizons_ms = {7000};
  read_->Reconfigure({rule});
  live_->Reconfigure({rule});
  Feed(old, Stretch(6000, 9990));
  EXPECT_FALSE(read_->engine->FinishHistory(old.slot, old.number, true).has_value());
  EXPECT_EQ(read_->engine->Report().await_history, 1u);
  const HistoryAsk ask = Ask();
  Feed(ask, Stretch(0, 9990));
  read_->engine->FinishHistory(ask.slot, ask.number, true);
  Send(*live_, Stretch(0, 9990));
  ExpectTheSame();
}

TEST_F(ShardHistoryTest, AKnownSeriesThatANewRuleSelectsIsReadFromItsRingBackwards) {
  read_->Reconfigure({TestRule("other"), TestRule("load")});
  Send(*read_, Stretch(9900, 9990));
  const HistoryAsk first = Ask();
  read_->engine->FinishHistory(first.slot, first.number, true);
  RuleOptions rule = TestRule("load");
  rule.seasons_ms = {300'000};
  read_->Reconfigure({rule});
  live_->Reconfigure({rule});
  const HistoryAsk ask = Ask();
  EXPECT_EQ(ask.to_ms, kStart + 9'900'000);
  Feed(ask, Stretch(0, 9990));
  read_->engine->FinishHistory(ask.slot, ask.number, true);
  Send(*live_, Stretch(0, 9990));
  ExpectTheSame();
}

TEST_F(ShardHistoryTest, AModelThatIsThereGetsTheGapAfterItsNewestSample) {
  Send(*live_, Stretch(0, 9990));
  Send(*read_, Stretch(0, 10));
  const HistoryAsk first = Ask();
  read_->engine->FinishHistory(first.slot, first.number, true);
  Send(*read_, Stretch(10, 5000));  // live, then away
  read_->engine->AwaitHistory(first.slot);
  Send(*read_, Stretch(9980, 9990));
  const HistoryAsk ask = Ask();
  EXPECT_EQ(ask.from_ms, kStart + 4'999'001);
  EXPECT_EQ(ask.to_ms, kStart + 9'980'000);
  Feed(ask, Stretch(4000, 9990));
  read_->engine->FinishHistory(ask.slot, ask.number, true);
  ExpectTheSame();
}

TEST_F(ShardHistoryTest, ARestoredSeriesGetsWhatCameAfterItsSnapshotAlsoWhenItIsStoredAgainWhileItWaits) {
  for (const int stored : {5, 250}) {  // without models yet, and with
    for (const bool again : {false, true}) {
      SCOPED_TRACE(std::to_string(stored) + (again ? " again" : ""));
      UseRule(TestRule("load"));
      Send(*live_, Stretch(0, 400));
      EngineFixture before({TestRule("load")});
      before.clock.Set(read_->clock.NowMs());
      Send(before, Stretch(0, stored));
      Restore(*before.engine);
      if (again) {
        Send(*read_, Stretch(300, 320));
        const std::unique_ptr<EngineFixture> waiting = std::move(read_);
        UseReader(TestRule("load"));
        Restore(*waiting->engine);
      }
      Send(*read_, Stretch(350, 400));
      const HistoryAsk ask = Ask();
      EXPECT_EQ(ask.from_ms, Stretch(0, stored).back().timestamp_ms + 1);
      EXPECT_EQ(ask.to_ms, Stretch(350, 400).front().timestamp_ms);
      Feed(ask, Stretch(0, 360));
      read_->engine->FinishHistory(ask.slot, ask.number, true);
      EXPECT_EQ(Known(*read_), Known(*live_));
    }
  }
}

TEST_F(ShardHistoryTest, ARestoredSeriesIsAskedForOnlyOnceItsBacklogTellsWhereHistoryEnds) {
  Send(*live_, Stretch(0, 400));
  EngineFixture before({TestRule("load")});
  before.clock.Set(read_->clock.NowMs());
  Send(before, Stretch(0, 250));
  Restore(*before.engine);
  std::vector<HistoryAsk> asks;
  read_->engine->TakeHistoryAsks(0, 10, asks);
  EXPECT_THAT(asks, IsEmpty());
  for (const Sample& sample : Stretch(300, 400)) {  // what the sender had kept, over more than a minute
    read_->clock.Advance(1000);
    EXPECT_NE(read_->Apply(kLoad, sample.timestamp_ms, sample.value), SampleVerdict::kOutOfOrder);
  }
  const HistoryAsk ask = Ask();
  EXPECT_EQ(ask.to_ms, Stretch(300, 400).front().timestamp_ms);
  Feed(ask, Stretch(0, 400));
  read_->engine->FinishHistory(ask.slot, ask.number, true);
  EXPECT_EQ(Known(*read_), Known(*live_));
}

TEST_F(ShardHistoryTest, ARestoredSeriesSpeaksWhileItWaitsAndEndsWithAMarkerInItsHistory) {
  const auto written = [&] { return read_->written.size(); };
  const int64_t end_ms = kStart + 250'000;
  EngineFixture before({TestRule("load")});
  before.clock.Set(end_ms);
  for (int i = 0; i < 250; i++) before.Apply(kLoad, kStart + i * 1000, Wave(i));
  read_->clock.Set(end_ms);
  Restore(*before.engine);
  read_->RunDue();
  read_->clock.Advance(1000);
  read_->RunDue();
  EXPECT_GT(written(), 0u);
  EXPECT_EQ(read_->Count(SeriesStatus::kPredicted), 1u);

  Send(*read_, {{end_ms + 500'000, StaleMarker()}});
  const HistoryAsk ask = Ask();
  Feed(ask, {{end_ms, 1}, {end_ms + 1000, StaleMarker()}});
  read_->written.clear();
  read_->clock.Advance(1000);
  read_->RunDue();
  EXPECT_GT(written(), 0u);
  for (const auto& [series, samples] : read_->written) {
    EXPECT_THAT(samples, SizeIs(1));
    EXPECT_TRUE(IsStaleMarker(samples[0].value)) << series;
  }
  EXPECT_EQ(read_->Count(SeriesStatus::kStale), 1u);
}

TEST_F(ShardHistoryTest, WhatTheRingLosesMeanwhileIsReadAsWell) {
  read_->options.series.ring.max_bytes = 1024;
  read_->Reconfigure({TestRule("load")});
  Send(*live_, Stretch(0, 9990));
  Send(*read_, Stretch(8000, 8010));
  const HistoryAsk ask = Ask();
  Send(*read_, Stretch(8010, 9990));
  Feed(ask, Stretch(0, 8000));
  const auto gap = read_->engine->FinishHistory(ask.slot, ask.number, true);
  ASSERT_TRUE(gap.has_value());
  EXPECT_EQ(gap->from_ms, kStart + 8'000'000);
  EXPECT_GT(gap->to_ms, kStart + 8'100'000);
  Feed(ask, Stretch(8000, 9990));
  EXPECT_FALSE(read_->engine->FinishHistory(ask.slot, ask.number, true).has_value());
  ExpectTheSame();
}

TEST_F(ShardHistoryTest, HistogramsAndSeriesThatEndedDoNotWait) {
  read_->Apply({{kLoad, {kStart, 1}, SampleKind::kHistogramCount}});
  EXPECT_EQ(read_->engine->Report().await_history, 0u);
  Send(*read_, Stretch(0, 5));
  const HistoryAsk ask = Ask();
  read_->RunDue();
  read_->clock.Advance(read_->options.series.idle_timeout_ms + 5000);
  read_->RunDue();
  EXPECT_EQ(read_->engine->Report().await_history, 0u);
  Feed(ask, Stretch(0, 100));
  EXPECT_FALSE(read_->engine->FinishHistory(ask.slot, ask.number, true).has_value());
}

TEST_F(ShardHistoryTest, WithoutRemoteReadThoseThatWaitGoLive) {
  Send(*read_, Stretch(9900, 9990));
  read_->options.remote_read.clear();
  read_->Reconfigure({TestRule("load")});
  EXPECT_EQ(read_->engine->Report().await_history, 0u);
  Send(*live_, Stretch(9900, 9990));
  ExpectTheSame();
}

}  // namespace
}  // namespace promcast
