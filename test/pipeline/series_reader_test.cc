#include "pipeline/series_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

#include "pipeline/engine_fixture.h"
#include "remote_write/label_block.h"

namespace promcast {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::EngineFixture;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using testing::kLoad;
using testing::kStart;
using testing::RuleOfAnyStep;
using testing::SentSample;
using ::testing::SizeIs;
using testing::TestRule;
using testing::Wave;

constexpr int64_t kLastHorizonMs = 30'000;  // of TestRule
const std::string kCurve = "predicted_load{forecaster=\"promcast\",job=\"a\"}";

using SamplesBySeries = std::map<std::string, std::vector<Sample>>;

ReadQuery Query(const std::string& selector, int64_t start_ms, int64_t end_ms, ReadHints hints = {}) {
  return {start_ms, end_ms, Selector::Parse(selector)->matchers(), hints};
}

SamplesBySeries Unpack(std::vector<ReadSeries> found) {
  SamplesBySeries unpacked;
  for (const ReadSeries& series : found) {
    std::vector<LabelView> views;
    DecodeLabelBlock(series.label_block, views);
    EXPECT_TRUE(std::is_sorted(views.begin(), views.end()));
    std::vector<Label> labels;
    for (const LabelView& view : views) labels.push_back({std::string(view.name), std::string(view.value)});
    std::vector<Sample>& samples = unpacked[Labels(std::move(labels)).ToString()];
    EXPECT_THAT(samples, IsEmpty()) << "a series stands in an answer once";
    for (const XorChunk& chunk : series.chunks) {
      XorChunkReader reader(chunk.bytes);
      for (Sample sample; reader.Next(sample);) samples.push_back(sample);
    }
  }
  return unpacked;
}

SamplesBySeries Read(const EngineFixture& f, const ReadQuery& query) {
  const auto selector = Selector::FromMatchers(query.matchers);
  SeriesReader reader(query, *selector, f.clock.NowMs());
  ReadResult result({});
  std::optional<uint32_t> slot = 0;
  while (slot) slot = f.engine->Read(*slot, reader, result);
  EXPECT_EQ(result.problem(), "");
  return Unpack(result.TakeSorted());
}

TEST(SeriesReader, GivesTheSamplesOfARangeAsTheyCame) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 400, Wave);
  for (const auto& [first, last] : {std::pair{0, 399}, {-1000, 5000}, {17, 17}, {119, 121}, {50, 333}}) {
    const SamplesBySeries found = Read(f, Query("load", kStart + 1000 * (first + 1), kStart + 1000 * (last + 1)));
    ASSERT_THAT(found, ElementsAre(Key("load{job=\"a\"}")));
    const std::vector<Sample>& samples = found.begin()->second;
    const int from = std::max(first, 0), to = std::min(last, 399);
    ASSERT_THAT(samples, SizeIs(static_cast<size_t>(to - from + 1)));
    for (int i = from; i <= to; i++) {
      EXPECT_EQ(samples[static_cast<size_t>(i - from)].timestamp_ms, kStart + 1000 * (i + 1));
      EXPECT_EQ(samples[static_cast<size_t>(i - from)].value, Wave(i));
    }
  }
  EXPECT_THAT(Read(f, Query("load", kStart - 5000, kStart)), IsEmpty());
}

TEST(SeriesReader, ACurveSaysWhatIsWrittenForItsTimes) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 120, Wave);
  const int64_t now_ms = f.clock.NowMs();
  const SamplesBySeries found = Read(f, Query("{forecaster=\"promcast\"}", now_ms - 600'000, now_ms + 86'400'000));
  const std::string band = "coverage=\"0.95\",forecaster=\"promcast\",job=\"a\"}";
  ASSERT_THAT(found, ElementsAre(Key("predicted_load{" + band.substr(16)), Key("predicted_lower_load{" + band),
                                 Key("predicted_upper_load{" + band)));
  for (const auto& [series, samples] : found) {
    ASSERT_THAT(samples, SizeIs(30)) << series;
    for (size_t i = 0; i < samples.size(); i++)
      EXPECT_EQ(samples[i].timestamp_ms, now_ms + 1000 * static_cast<int64_t>(i + 1));
    const auto written = [&, name = series](const std::string& horizon) {
      std::string with_horizon = name;
      with_horizon.insert(with_horizon.find(",job"), ",horizon=\"" + horizon + "\"");
      return f.written.at(with_horizon).back();
    };
    ASSERT_EQ(written("30s").timestamp_ms, now_ms);
    EXPECT_EQ(samples[29].value, written("30s").value) << series;
    EXPECT_EQ(samples[4].value, written("5s").value) << series;
  }
}

TEST(SeriesReader, ThePastIsNotForecast) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 120, Wave);
  const int64_t now_ms = f.clock.NowMs();
  EXPECT_THAT(Read(f, Query("predicted_load", now_ms - 600'000, now_ms)), IsEmpty());
  EXPECT_THAT(Read(f, Query("predicted_load", now_ms + kLastHorizonMs + 1, now_ms + 86'400'000)), IsEmpty());
  // Without samples the curve still begins now and not where they ended.
  f.clock.Advance(12'300);
  f.RunDue();
  const std::vector<Sample> late = Read(f, Query("predicted_load", 0, now_ms + 86'400'000)).at(kCurve);
  EXPECT_EQ(late.front().timestamp_ms, now_ms + 13'000);
  EXPECT_EQ(late.back().timestamp_ms, now_ms + 42'000);
}

TEST(SeriesReader, WhereNothingCanBeFoundNoSeriesIsLookedAt) {
  const auto wants_any = [](const std::string& selector, int64_t start_ms, int64_t end_ms) {
    const ReadQuery query = Query(selector, start_ms, end_ms);
    return SeriesReader(query, *Selector::FromMatchers(query.matchers), kStart).wants_any();
  };
  EXPECT_FALSE(wants_any("predicted_load{forecaster=\"promcast\"}", kStart - 5000, kStart));
  EXPECT_TRUE(wants_any("predicted_load{forecaster=\"promcast\"}", kStart - 5000, kStart + 1));
  EXPECT_FALSE(wants_any("load{forecaster=\"promcast\"}", kStart - 5000, kStart + 5000));
  EXPECT_TRUE(wants_any("{forecaster=~\"promcast\"}", kStart - 5000, kStart));
  EXPECT_TRUE(wants_any("load", kStart - 5000, kStart));
  EXPECT_FALSE(wants_any("load", kStart, kStart - 1));
}

TEST(SeriesReader, AnyTimesAreTaken) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 120, Wave);
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min(), kMax = std::numeric_limits<int64_t>::max();
  for (const ReadHints& hints : {ReadHints{}, ReadHints{kMax, kMin}, ReadHints{kMin, kMax}, ReadHints{kMax, 0}}) {
    const SamplesBySeries all = Read(f, Query("{job=\"a\"}", kMin, kMax, hints));
    EXPECT_THAT(all.at("load{job=\"a\"}"), SizeIs(120));
    EXPECT_THAT(all, Contains(Key(kCurve)));
  }
  EXPECT_THAT(Read(f, Query("{job=\"a\"}", kMax, kMin)), IsEmpty());
  EXPECT_THAT(Read(f, Query("{job=\"a\"}", kMax, kMax)), IsEmpty());
}

TEST(SeriesReader, MatchersSelectAmongRawSeriesAndCurves) {
  EngineFixture f({TestRule("{__name__=~\"load|jobs_total\"}")});
  double total = 0;
  for (int i = 0; i < 120; i++) {
    f.clock.Advance(1000);
    f.Apply({{"__name__", "load"}, {"horizon", "far"}}, f.clock.NowMs(), Wave(i));
    f.Apply({{"__name__", "jobs_total"}}, f.clock.NowMs(), total += 5 + i % 2);
    f.RunDue();
  }
  const auto names = [&](const std::string& selector) {
    std::vector<std::string> found;
    for (const auto& [series, samples] : Read(f, Query(selector, kStart, kStart + 1'000'000))) found.push_back(series);
    return found;
  };
  const std::string load = "predicted_load{exported_horizon=\"far\",forecaster=\"promcast\"}";
  EXPECT_THAT(names("load"), ElementsAre("load{horizon=\"far\"}"));
  EXPECT_THAT(names("predicted_load{horizon=\"\"}"), ElementsAre(load));
  EXPECT_THAT(names("predicted_rate_jobs"), ElementsAre("predicted_rate_jobs{forecaster=\"promcast\"}"));
  EXPECT_THAT(names("{__name__=~\".+\",forecaster=\"\"}"), ElementsAre("jobs_total{}", "load{horizon=\"far\"}"));
  EXPECT_THAT(names("{__name__=~\"predicted_.*\",coverage=\"\"}"),
              ElementsAre(load, "predicted_rate_jobs{forecaster=\"promcast\"}"));
  EXPECT_THAT(names("{forecaster=\"promcast\",__name__!~\".*jobs\",coverage!=\"\"}"),
              ElementsAre(HasSubstr("predicted_lower_load"), HasSubstr("predicted_upper_load")));
  EXPECT_THAT(names("predicted_jobs_total"), IsEmpty());
  EXPECT_THAT(names("{__name__=~\"predicted_.*\",horizon!=\"\"}"), IsEmpty());
}

TEST(SeriesReader, SeriesThatAreNotPredictedHaveNoCurve) {
  EngineFixture f({TestRule("load")});
  f.Stream({{"__name__", "load"}, {"job", "constant"}}, 60, [](int) { return 4.0; });
  f.Stream({{"__name__", "load"}, {"job", "new"}}, 3, Wave);
  EXPECT_THAT(Read(f, Query("{job=~\".+\"}", kStart, kStart + 1'000'000)),
              ElementsAre(Key("load{job=\"constant\"}"), Key("load{job=\"new\"}")));
}

TEST(SeriesReader, WhatIsHeldBackIsNotInTheCurve) {
  RuleOptions rule = TestRule("load");
  rule.hold_back = true;
  EngineFixture f({rule});
  std::mt19937_64 random(5);
  double value = 1e6;
  f.Stream(kLoad, 300, [&](int) { return value += static_cast<double>(random() % 201) - 100; });
  const FoundSeries known = [&] {
    FoundSeries found;
    f.engine->Search({*Selector::Parse("load")}, 1, 0, found);
    return found;
  }();
  const std::vector<HorizonForecast>& horizons = known.series.at(0).horizons;
  ASSERT_TRUE(horizons[0].held_back || horizons[1].held_back) << "a random walk is not to be foretold";
  const int64_t now_ms = f.clock.NowMs();
  SamplesBySeries found = Read(f, Query("predicted_load", now_ms, now_ms + kLastHorizonMs));
  size_t expected = 0;
  if (!horizons[0].held_back) expected += 5;
  if (!horizons[1].held_back) expected += 25;
  EXPECT_THAT(found[kCurve], SizeIs(expected));
}

TEST(SeriesReader, PointsThatAQueryHardlyLooksAtAreLeftOut) {
  RuleOptions rule = TestRule("load");
  rule.horizons_ms = {5000, 3'600'000};
  EngineFixture f({rule});
  f.Stream(kLoad, 120, Wave);
  const int64_t now_ms = f.clock.NowMs();
  const auto spacing_ms = [&](ReadHints hints, int64_t window_ms = 3'600'000) {
    const std::vector<Sample> curve = Read(f, Query("predicted_load", now_ms, now_ms + window_ms, hints)).at(kCurve);
    for (size_t i = 1; i < curve.size(); i++) {
      EXPECT_EQ(curve[i].timestamp_ms - curve[i - 1].timestamp_ms, curve[1].timestamp_ms - curve[0].timestamp_ms);
      EXPECT_EQ(curve[i].timestamp_ms % (curve[1].timestamp_ms - curve[0].timestamp_ms), 0)
          << "the same points each time";
    }
    return curve[1].timestamp_ms - curve[0].timestamp_ms;
  };
  EXPECT_EQ(spacing_ms({.step_ms = 0, .range_ms = 0}), 1000);
  EXPECT_EQ(spacing_ms({.step_ms = 3000, .range_ms = 0}), 1000);
  EXPECT_EQ(spacing_ms({.step_ms = 30'000, .range_ms = 0}), 7000);
  EXPECT_EQ(spacing_ms({.step_ms = 30'000, .range_ms = 60'000}), 1000) << "a range looks at every point";
  EXPECT_EQ(spacing_ms({.step_ms = 7'200'000, .range_ms = 0}), 35'000) << "a hundred points remain";
  EXPECT_EQ(spacing_ms({.step_ms = 7'200'000, .range_ms = 0}, 100'000), 1000);
}

TEST(SeriesReader, ALongCurveHasBoundedPointsUpToItsEnd) {
  RuleOptions rule = TestRule("load");
  rule.horizons_ms = {86'400'000};
  EngineFixture f({rule});
  f.Stream(kLoad, 60, Wave);
  const int64_t now_ms = f.clock.NowMs();
  const std::vector<Sample> curve =
      Read(f, Query("predicted_load", now_ms, now_ms + 200'000'000, {.step_ms = 0, .range_ms = 3'600'000})).at(kCurve);
  EXPECT_LE(curve.size(), static_cast<size_t>(SeriesReader::kMaxCurvePoints));
  EXPECT_GT(curve.size(), static_cast<size_t>(SeriesReader::kMaxCurvePoints / 2));
  EXPECT_GT(curve.back().timestamp_ms, now_ms + 86'400'000 - 10'000);
  EXPECT_LE(curve.back().timestamp_ms, now_ms + 86'400'000);
}

TEST(SeriesReader, LongCellsHavePointsInBetween) {
  RuleOptions rule = TestRule("load");
  rule.step_ms = 600'000;
  rule.horizons_ms = {600'000, 7'200'000};
  rule.interval_ms = 60'000;
  EngineFixture f({rule});
  for (int i = 0; i < 1200; i++) {
    f.clock.Advance(60'000);
    f.Apply(kLoad, f.clock.NowMs(), Wave(i));
    f.RunDue();
  }
  const int64_t now_ms = f.clock.NowMs();
  SamplesBySeries found = Read(f, Query("{forecaster=\"promcast\"}", now_ms, now_ms + 86'400'000));
  ASSERT_THAT(found, SizeIs(3));
  const std::vector<Sample> curve = found[kCurve];
  ASSERT_THAT(curve, SizeIs(::testing::AllOf(::testing::Ge(47u), ::testing::Le(48u))));
  for (size_t i = 1; i < curve.size(); i++) EXPECT_EQ(curve[i].timestamp_ms - curve[i - 1].timestamp_ms, 150'000);
  size_t end = 0;  // of a cell
  while (curve[end].timestamp_ms % 600'000 != 0) end++;
  for (; end + 4 < curve.size(); end += 4) {
    const double from = curve[end].value, to = curve[end + 4].value;
    EXPECT_DOUBLE_EQ(curve[end + 1].value, from + (to - from) / 4);
    EXPECT_DOUBLE_EQ(curve[end + 3].value, from + (to - from) * 3 / 4);
    EXPECT_NE(from, to);
  }
  for (auto& [series, samples] : found) EXPECT_THAT(samples, SizeIs(curve.size())) << series;
}

TEST(SeriesReader, GoesOnInPiecesUntilAllSeriesWereSeen) {
  EngineFixture f({RuleOfAnyStep("load")});
  constexpr int kSeries = 20'000;
  f.ApplyOneOfEach(kSeries);
  const ReadQuery query = Query("load", kStart, kStart);
  const auto selector = Selector::FromMatchers(query.matchers);
  SeriesReader reader(query, *selector, f.clock.NowMs());
  ReadResult result({});
  int pieces = 0;
  for (std::optional<uint32_t> slot = 0; slot; pieces++) slot = f.engine->Read(*slot, reader, result);
  EXPECT_GT(pieces, 1);
  EXPECT_THAT(Unpack(result.TakeSorted()), SizeIs(kSeries));

  ReadResult small({.max_samples = 100});
  EXPECT_EQ(f.engine->Read(0, reader, small), std::nullopt) << "nothing more is looked at";
  EXPECT_EQ(small.samples(), 101u);
}

TEST(SeriesReader, APieceComputesABoundedNumberOfPoints) {
  RuleOptions rule = TestRule("load");
  rule.horizons_ms = {7'200'000};
  EngineFixture f({rule});
  for (int i = 0; i < 60; i++) {
    f.clock.Advance(1000);
    std::vector<SentSample> samples;
    for (int s = 0; s < 5; s++)
      samples.push_back({{{"__name__", "load"}, {"i", std::to_string(s)}}, {f.clock.NowMs(), Wave(i + s)}});
    f.Apply(samples);
    f.RunDue();
  }
  const ReadQuery query = Query("predicted_load", 0, f.clock.NowMs() + 10'000'000);
  const auto selector = Selector::FromMatchers(query.matchers);
  SeriesReader reader(query, *selector, f.clock.NowMs());
  ReadResult result({});
  int pieces = 0;
  for (std::optional<uint32_t> slot = 0; slot; pieces++) {
    const size_t before = reader.points();
    slot = f.engine->Read(*slot, reader, result);
    EXPECT_LE(reader.points() - before, 2u * 7200);
  }
  EXPECT_GE(pieces, 3);
  EXPECT_EQ(result.samples(), 5u * 7200);
}

}  // namespace
}  // namespace promcast
