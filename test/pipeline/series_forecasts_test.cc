#include "pipeline/series_forecasts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "pipeline/engine_fixture.h"

namespace promcast {
namespace {

using ::testing::ElementsAre;
using testing::EngineFixture;
using ::testing::IsEmpty;
using testing::kLoad;
using testing::kStart;
using testing::RuleOfAnyStep;
using ::testing::SizeIs;
using testing::TestRule;
using testing::Wave;

std::vector<Selector> Match(const std::vector<std::string>& texts) {
  std::vector<Selector> match;
  for (const std::string& text : texts) match.push_back(*Selector::Parse(text));
  return match;
}

FoundSeries Search(const EngineFixture& f, const std::vector<std::string>& match, size_t limit = 100) {
  FoundSeries found;
  std::optional<uint32_t> slot = 0;
  while (slot) slot = f.engine->Search(Match(match), limit, *slot, found);
  return found;
}

/// What is known of the one series that there is.
SeriesForecasts Only(const EngineFixture& f) {
  const FoundSeries found = Search(f, {"load"});
  EXPECT_THAT(found.series, SizeIs(1));
  return found.series.at(0);
}

TEST(SeriesForecasts, ShowWhatWasWritten) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 120, Wave);
  const SeriesForecasts load = Only(f);
  EXPECT_EQ(load.labels, kLoad);
  EXPECT_EQ(load.rule, "load");
  EXPECT_EQ(load.status, SeriesStatus::kPredicted);
  EXPECT_EQ(load.step_ms, 1000);
  EXPECT_EQ(load.newest_sample_ms, f.clock.NowMs());
  ASSERT_THAT(load.horizons, SizeIs(2));
  EXPECT_EQ(load.horizons[1].horizon_ms, 30'000);
  ASSERT_THAT(load.horizons[1].bands, SizeIs(1));
  const auto last = [&](const std::string& name) { return f.written.at(name).back().value; };
  EXPECT_EQ(load.horizons[1].predicted, last("predicted_load{forecaster=\"promcast\",horizon=\"30s\",job=\"a\"}"));
  const std::string band = "{coverage=\"0.95\",forecaster=\"promcast\",horizon=\"30s\",job=\"a\"}";
  EXPECT_EQ(load.horizons[1].bands[0].coverage, 0.95);
  EXPECT_EQ(load.horizons[1].bands[0].lower, last("predicted_lower_load" + band));
  EXPECT_EQ(load.horizons[1].bands[0].upper, last("predicted_upper_load" + band));
  EXPECT_EQ(std::abs(load.anomaly_score),
            last("forecast_anomaly_score{forecaster=\"promcast\",job=\"a\",metric=\"load\"}"));
}

TEST(SeriesForecasts, ScoresRestOnResolvedForecasts) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 120, Wave);
  for (const HorizonForecast& horizon : Only(f).horizons) {
    EXPECT_GT(horizon.resolved, 5);
    EXPECT_GT(horizon.mean_absolute_error, 0);
    EXPECT_LT(horizon.mean_absolute_error, 20);
    EXPECT_EQ(horizon.skilful, horizon.skill > 0);
    EXPECT_GE(horizon.bands[0].realised_coverage, 0);
    EXPECT_LE(horizon.bands[0].realised_coverage, 1);
  }
}

TEST(SeriesForecasts, WeightsAddUpToOneHeaviestFirst) {
  EngineFixture f({TestRule("load")});
  f.Stream(kLoad, 120, Wave);
  for (const HorizonForecast& horizon : Only(f).horizons) {
    ASSERT_THAT(horizon.models, SizeIs(::testing::Ge(2)));
    EXPECT_TRUE(std::is_sorted(horizon.models.begin(), horizon.models.end(),
                               [](const ModelShare& a, const ModelShare& b) { return a.weight > b.weight; }));
    const auto add = [](double sum, const ModelShare& model) { return sum + model.weight; };
    EXPECT_NEAR(std::accumulate(horizon.models.begin(), horizon.models.end(), 0.0, add), 1, 1e-6);
    for (const ModelShare& model : horizon.models) EXPECT_NE(model.name, "");
  }
}

TEST(SeriesForecasts, WithoutModelsThereAreNoHorizonsButAStatus) {
  RuleOptions rule = TestRule("load");
  rule.step_ms = 0;  // not known before several samples came
  EngineFixture f({rule});
  f.Apply(kLoad, kStart, 1);
  const SeriesForecasts load = Only(f);
  EXPECT_EQ(load.status, SeriesStatus::kWarmingUp);
  EXPECT_EQ(load.step_ms, std::nullopt);
  EXPECT_EQ(load.newest_sample_ms, kStart);
  EXPECT_TRUE(std::isnan(load.anomaly_score));
  EXPECT_THAT(load.horizons, IsEmpty());
}

TEST(SeriesForecasts, ASeriesWithoutPredictionsShowsNone) {
  const auto expect_none = [](const EngineFixture& f, SeriesStatus status) {
    const SeriesForecasts load = Only(f);
    EXPECT_EQ(load.status, status);
    for (const HorizonForecast& horizon : load.horizons) {
      EXPECT_TRUE(std::isnan(horizon.predicted));
      EXPECT_TRUE(std::isnan(horizon.bands.at(0).lower));
      EXPECT_TRUE(std::isnan(horizon.bands.at(0).upper));
    }
  };
  EngineFixture young({TestRule("load")});
  young.Stream(kLoad, 3, Wave);
  expect_none(young, SeriesStatus::kWarmingUp);

  EngineFixture warming_up({TestRule("load")});
  warming_up.Stream(kLoad, ModelBank::kWarmCells, Wave);
  expect_none(warming_up, SeriesStatus::kWarmingUp);
  EXPECT_TRUE(std::isnan(Only(warming_up).horizons.at(1).mean_absolute_error));
  EXPECT_TRUE(std::isnan(Only(warming_up).horizons.at(1).skill));

  EngineFixture constant({TestRule("load")});
  constant.Stream(kLoad, 60, [](int) { return 5; });
  expect_none(constant, SeriesStatus::kConstant);
  EXPECT_TRUE(std::isnan(Only(constant).horizons.at(0).skill));  // naive makes no error either

  EngineFixture stale({TestRule("load")});
  stale.Stream(kLoad, 60, Wave);
  stale.clock.Advance(1000);
  stale.Apply(kLoad, stale.clock.NowMs(), StaleMarker());
  expect_none(stale, SeriesStatus::kStale);
}

TEST(SeriesForecasts, HeldBackIsWhatHasNoSkillWhereTheRuleAsksForSkill) {
  RuleOptions rule = TestRule("load");
  rule.horizons_ms = {1000};
  EngineFixture f({rule});
  std::mt19937 random(7);
  double walk = 1000;  // nothing beats the naive forecast of a random walk for long
  std::normal_distribution<double> step;
  bool was_unskilful = false;
  rule.hold_back = true;
  EngineFixture holding({rule});
  for (int i = 0; i < 300; i++) {
    walk += step(random);
    f.Stream(kLoad, 1, [&](int) { return walk; });
    holding.Stream(kLoad, 1, [&](int) { return walk; });
    for (const HorizonForecast& horizon : Only(f).horizons) EXPECT_FALSE(horizon.held_back);
    for (const HorizonForecast& horizon : Only(holding).horizons) {
      EXPECT_EQ(horizon.held_back, !horizon.skilful);
      was_unskilful |= i > 100 && !horizon.skilful;
    }
  }
  EXPECT_TRUE(was_unskilful);
}

TEST(SeriesForecasts, SkillIsAgainstTheBetterNaiveBaseline) {
  const auto skill = [](double error, double naive, double seasonal_naive) {
    return SkillOf({.count = 30,
                    .absolute_error = error,
                    .naive_absolute_error = naive,
                    .seasonal_naive_absolute_error = seasonal_naive,
                    .inside = {}});
  };
  EXPECT_EQ(skill(2, 8, 4), 0.5);
  EXPECT_EQ(skill(2, 4, 8), 0.5);
  EXPECT_EQ(skill(2, 8, 0), 0.75);  // without a season there is no seasonal baseline
  EXPECT_EQ(skill(8, 4, 0), -1);
  EXPECT_EQ(skill(1, 0, 4), std::nullopt);
  EXPECT_EQ(SkillOf(HorizonScore()), std::nullopt);
}

TEST(SeriesForecasts, SkillIsToldAgainstEachBaselineThatIsThere) {
  const HorizonScore score{.count = 30,
                           .absolute_error = 2,
                           .naive_absolute_error = 4,
                           .seasonal_naive_absolute_error = 8,
                           .predict_linear_absolute_error = 0,
                           .inside = {}};
  EXPECT_EQ(SkillAgainst(SkillBaseline::kNaive, score), .5);
  EXPECT_EQ(SkillAgainst(SkillBaseline::kSeasonalNaive, score), .75);
  EXPECT_EQ(SkillAgainst(SkillBaseline::kPredictLinear, score), std::nullopt);
}

TEST(SeriesSearch, FindsWhatAnySelectorSelectsOnce) {
  EngineFixture f({TestRule("{__name__=~\"load|temperature\"}")});
  for (const char* name : {"load", "temperature", "unselected"}) {
    for (const char* job : {"a", "b"}) f.Apply({{"__name__", name}, {"job", job}}, kStart, 1);
  }
  const auto names = [&](const std::vector<std::string>& match) {
    std::vector<std::string> found;
    for (const SeriesForecasts& series : Search(f, match).series) found.push_back(series.labels.ToString());
    std::sort(found.begin(), found.end());
    return found;
  };
  EXPECT_THAT(names({"load"}), ElementsAre("load{job=\"a\"}", "load{job=\"b\"}"));
  EXPECT_THAT(names({"load{job=\"a\"}", "{job=\"a\"}"}), ElementsAre("load{job=\"a\"}", "temperature{job=\"a\"}"));
  EXPECT_THAT(names({"unselected"}), IsEmpty());  // no rule wants it
  EXPECT_THAT(names({}), IsEmpty());
}

TEST(SeriesSearch, SaysWhetherMoreThanTheLimitMatched) {
  EngineFixture f({TestRule("load")});
  for (int i = 0; i < 5; i++) f.Apply({{"__name__", "load"}, {"i", std::to_string(i)}}, kStart, 1);
  for (const size_t limit : {1, 4, 5, 6}) {
    const FoundSeries found = Search(f, {"load"}, limit);
    EXPECT_THAT(found.series, SizeIs(std::min<size_t>(limit, 5)));
    EXPECT_EQ(found.truncated, limit < 5) << limit;
  }
}

TEST(SeriesSearch, GoesOnInPiecesUntilAllSeriesWereSeen) {
  EngineFixture f({RuleOfAnyStep("load")});
  constexpr int kSeries = 40'000;
  f.ApplyOneOfEach(kSeries);
  FoundSeries found;
  int pieces = 0;
  for (std::optional<uint32_t> slot = 0; slot; pieces++)
    slot = f.engine->Search(Match({"load{i=~\"0|39999\"}"}), 100, *slot, found);
  EXPECT_THAT(found.series, SizeIs(2));
  EXPECT_FALSE(found.truncated);
  EXPECT_GT(pieces, 1);
}

// An unusual period: 37 minutes, in a rule that was told of none.
TEST(SeriesForecasts, ASeasonThatNobodyToldIsFoundAndBeatsTheNaiveForecast) {
  constexpr int kMinutes = 1500, kHorizon = 15;
  RuleOptions rule = TestRule("load");
  rule.step_ms = 60'000;
  rule.interval_ms = 60'000;
  rule.horizons_ms = {kHorizon * 60'000};
  rule.detect_seasons = true;
  EngineFixture f({rule});
  std::mt19937 random(5);
  std::normal_distribution<double> noise;
  std::vector<double> values;
  for (int minute = 0; minute < kMinutes; minute++)
    values.push_back(50 + 10 * std::sin(2 * M_PI * minute / 37) + noise(random));
  double error = 0, naive_error = 0;
  int scored = 0;
  f.Apply(kLoad, f.clock.NowMs(), values[0]);
  EXPECT_THAT(Only(f).seasons_ms, IsEmpty());
  for (int minute = 1; minute < kMinutes; minute++) {
    f.clock.Advance(60'000);
    f.Apply(kLoad, f.clock.NowMs(), values[minute]);
    f.RunDue();
    if (minute < 1000 || minute + kHorizon >= kMinutes) continue;
    const double predicted = Only(f).horizons.at(0).predicted;
    error += std::abs(predicted - values[minute + kHorizon]);
    naive_error += std::abs(values[minute] - values[minute + kHorizon]);
    scored++;
  }
  EXPECT_THAT(Only(f).seasons_ms, ElementsAre(37 * 60'000));
  EXPECT_GT(scored, 400);
  EXPECT_LT(error, .4 * naive_error);
  EXPECT_EQ(f.engine->Report().seasons[1], 1u);
  EXPECT_EQ(f.engine->Report().seasons[0], 0u);
}

}  // namespace
}  // namespace promcast
