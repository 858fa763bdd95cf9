#include <string>

#include "config_cases.h"

namespace promcast {
namespace {

using testing::HasSubstr;

TEST(ForecastsConfig, ReadsEveryKey) {
  const PipelineOptions options = MustParse(R"(forecasts:
- name: disks
  match: [node_filesystem_avail_bytes, '{__name__=~"node_memory_.*",job="node"}']
  step: 15s
  seasons: [7d, 1d]
  horizons: [4h, 30m, 1d]
  coverage: [0.99, 0.8]
  interval: 30s
  floor: 0
  ceiling: 1.5e12
  anomaly_score: false
  thresholds: [{name: full, below: 0}, {name: hot, above: 8.5}]
)");
  ASSERT_EQ(options.forecasts.size(), 1u);
  const RuleOptions& rule = options.forecasts[0];
  EXPECT_EQ(rule.name, "disks");
  EXPECT_EQ(rule.match_text, "node_filesystem_avail_bytes or {__name__=~\"node_memory_.*\",job=\"node\"}");
  ASSERT_EQ(rule.match.size(), 2u);
  EXPECT_TRUE(rule.match[0].Matches(Labels{{"__name__", "node_filesystem_avail_bytes"}}));
  EXPECT_TRUE(rule.match[1].Matches(Labels{{"__name__", "node_memory_Active_bytes"}, {"job", "node"}}));
  EXPECT_EQ(rule.step_ms, 15'000);
  EXPECT_EQ(rule.seasons_ms, (std::vector<int64_t>{86'400'000, 604'800'000}));
  EXPECT_EQ(rule.horizons_ms, (std::vector<int64_t>{1'800'000, 14'400'000, 86'400'000}));
  EXPECT_EQ(rule.coverages, (std::vector<double>{0.8, 0.99}));
  EXPECT_EQ(rule.interval_ms, 30'000);
  EXPECT_EQ(rule.floor, 0);
  EXPECT_EQ(rule.ceiling, 1.5e12);
  EXPECT_FALSE(rule.anomaly_score);
  EXPECT_EQ(rule.thresholds,
            (std::vector<ThresholdOptions>{{"full", 0, ThresholdSide::kBelow}, {"hot", 8.5, ThresholdSide::kAbove}}));
}

TEST(ForecastsConfig, ARuleNeedsOnlyMatch) {
  const PipelineOptions options =
      MustParse("forecasts: [{match: up}, {match: 'load{job=\"a\"}', step: auto, seasons: []}]");
  ASSERT_EQ(options.forecasts.size(), 2u);
  RuleOptions expected;
  expected.name = expected.match_text = "up";
  const RuleOptions& rule = options.forecasts[0];
  EXPECT_EQ(rule.name, expected.name);
  EXPECT_EQ(rule.match_text, expected.match_text);
  EXPECT_EQ(rule.step_ms, expected.step_ms);
  EXPECT_EQ(rule.seasons_ms, expected.seasons_ms);
  EXPECT_EQ(rule.horizons_ms, expected.horizons_ms);
  EXPECT_EQ(rule.coverages, expected.coverages);
  EXPECT_EQ(rule.interval_ms, expected.interval_ms);
  EXPECT_EQ(rule.floor, expected.floor);
  EXPECT_EQ(rule.ceiling, expected.ceiling);
  EXPECT_EQ(rule.anomaly_score, expected.anomaly_score);
  EXPECT_EQ(options.forecasts[1].name, "load{job=\"a\"}");
  EXPECT_EQ(options.forecasts[1].step_ms, 0);
  EXPECT_TRUE(options.forecasts[1].seasons_ms.empty());
}

TEST(ForecastsConfig, SeasonsAreFoundWhereAuto) {
  const auto options = MustParse("forecasts: [{match: up, step: 30m, seasons: auto}, {match: load}]");
  EXPECT_TRUE(options.forecasts[0].detect_seasons);
  EXPECT_TRUE(options.forecasts[0].seasons_ms.empty());
  EXPECT_FALSE(options.forecasts[1].detect_seasons);
}

TEST(ForecastsConfig, TheDefaultSeasonDoesNotRefuseLongSteps) {
  EXPECT_EQ(MustParse("forecasts: [{match: up, step: 12h, horizons: [1d]}]").forecasts[0].step_ms, 43'200'000);
}

TEST(ForecastsConfig, AHorizonOfZeroAsksForNow) {
  EXPECT_EQ(MustParse("forecasts: [{match: up, step: 15s, horizons: [0s, 1h]}]").forecasts[0].horizons_ms,
            (std::vector<int64_t>{0, 3'600'000}));
}

TEST(ForecastsConfig, NamesWhatIsWrongAndWhere) {
  const std::string rule = "forecasts:\n- match: up\n  ";
  for (const BadConfig& bad : std::vector<BadConfig>{
           {rule + "thresholds: [{name: a}]", "3:16", "either below or above", ""},
           {rule + "thresholds: [{name: a, below: 1, above: 2}]", "3:16", "either below or above", ""},
           {rule + "thresholds: [{below: 1}]", "3:16", "name", ""},
           {rule + "thresholds: [{name: a, below: 1}, {name: a, above: 2}]", "3:37", "stands twice", ""},
           {rule + "thresholds: [{name: a, below: 1, under: 1}]", "3:36", "unknown key", ""},
           {"forecasts: up", "1:12", "expected a list of rules, found text", "[up]"},
           {"forecasts: {match: up}", "1:12", "expected a list of rules, found a map", ""},
           {"forecasts: [up]", "1:13", "forecasts[0]: expected a map", "found text"},
           {"forecasts:\n- step: 5m\n", "2:3", "\"match\" is missing in forecasts[0]", "write a PromQL selector"},
           {"forecasts:\n- match:\n  step: 5m\n", "2:3", "forecasts[0].match: expected a PromQL selector", "nothing"},
           {"forecasts:\n- match: []\n", "2:10", "0 selectors; write 1 to 64", ""},
           {"forecasts:\n- match: [up, [x]]\n", "2:15", "forecasts[0].match[1]: expected text, found a list", ""},
           {"forecasts:\n- match: 'up{'\n", "2:10", "forecasts[0].match: ", "column"},
           {"forecasts:\n- match:\n  - up\n  - '{a=~\"(\"}'\n", "4:5", "forecasts[0].match[1]: ", "regular expression"},
           {"forecasts:\n- match: '{a=~\".*\"}'\n", "2:10", "select every series", ""},
           {"forecasts:\n- match: predicted_up\n", "2:10", "promcast itself writes", ""},
           {"forecasts:\n- match: '{__name__=\"predicted_lower_x\"}'\n", "2:10", "promcast itself writes", ""},
           {"forecasts:\n- match: '{__name__=~\"up|(?:predicted_.*)\"}'\n", "2:10", "promcast itself writes", ""},
           {"forecasts:\n- match: '{__name__=~\"forecast_.*\"}'\n", "2:10", "promcast itself writes", ""},
           {"forecasts:\n- match: forecast_anomaly_score\n", "2:10", "promcast itself writes", ""},
           {"forecasts:\n- match: up\n- match: load\n- match: up\n", "4:3", "the name \"up\" is taken", "in line 2"},
           {"forecasts:\n- {match: a, name: x}\n- {match: b, name: x}\n", "3:3", "the name \"x\" is taken", "line 2"},
           {rule + "name: ''", "3:9", "forecasts[0].name: the name is empty", ""},
           {rule + "step: 5", "3:9", "forecasts[0].step: \"5\" is not a duration", ""},
           {rule + "step: 1ms", "3:9", "expected a duration from 100ms to 1d", "\"1ms\""},
           {rule + "step: [1m]", "3:9", "expected a duration such as 5m, found a list", ""},
           {rule + "seasons: 1d", "3:12", "expected auto or a list of durations, found text", "write [1d]"},
           {rule + "seasons: [1d, auto]", "3:17", "forecasts[0].seasons[1]: auto stands for the whole list", ""},
           {rule + "seasons:", "3:3", "expected auto or a list of durations, found nothing", ""},
           {rule + "seasons: [1d, 24h]", "3:17", "forecasts[0].seasons[1]: stands twice", ""},
           {rule + "horizons: []", "3:13", "0 entries; write 1 to 16", ""},
           {rule + "horizons: [1h,2h,3h,4h,5h,6h,7h,8h,9h,10h,11h,12h,13h,14h,15h,16h,17h]", "3:13", "17 entries", ""},
           {rule + "horizons: [1h, 60m]", "3:18", "forecasts[0].horizons[1]: stands twice", ""},
           {rule + "horizons: [1ms]", "3:14", "expected a duration from 100ms", "\"1ms\""},
           {rule + "horizons: [2y]", "3:14", "expected a duration from 100ms", "\"2y\""},
           {rule + "coverage: [95]", "3:14", "found 95; write 0.95", ""},
           {rule + "coverage: [99.9]", "3:14", "write 0.999", ""},
           {rule + "coverage: [95%]", "3:14", "write 0.95 for 95%", ""},
           {rule + "coverage: [1]", "3:14", "above 0 and below 1, found 1", ""},
           {rule + "coverage: [0]", "3:14", "above 0 and below 1, found 0", ""},
           {rule + "coverage: [.nan]", "3:14", "expected a number", "\".nan\""},
           {rule + "coverage: [nan]", "3:14", "expected a number", "\"nan\""},
           {rule + "coverage: [0.9, 0.90]", "3:19", "stands twice", ""},
           {rule + "coverage: [.1,.2,.3,.4,.5,.6,.7,.8,.9]", "3:13", "9 entries; write 1 to 8", ""},
           {rule + "interval: 999ms", "3:13", "expected a duration from 1s", ""},
           {rule + "floor: low", "3:10", "expected a number", "\"low\""},
           {rule + "floor: \"0\"", "3:10", "expected a number", "\"0\""},
           {rule + "{floor: 0}: 1", "3:3", "no text", ""},
           {rule + "floor: 2\n  ceiling: 1", "2:3", "floor (2) must be below ceiling (1)", ""},
           {rule + "anomaly_score: yes", "3:18", "expected true or false, found \"yes\"", ""},
           {rule + "anomaly_score: \"true\"", "3:18", "expected true or false", ""},
           {rule + "horizon: [1h]", "3:3", "unknown key \"horizon\" in forecasts[0]; did you mean \"horizons\"?", ""},
           {rule + "zzz: []", "3:3", "unknown key \"zzz\" in forecasts[0]; known keys: name, match", ""},
           {rule + "profile: []", "3:12", "expected text, found a list", ""},
           {rule + "profile: big", "3:12", "\"big\" is no profile", "lean, standard or rich"},
           {rule + "extra_models: [theta, guess]", "3:25", "\"guess\" is no model", "croston"},
           {rule + "hold_back: 3", "3:14", "", ""},
           {rule + "inherit_across: pod", "3:19", "a list of label names", ""},
           {rule + "inherit_across: [pod, __name__]", "3:25", "another metric", ""},
           {rule + "inherit_across: [pod, pod]", "3:25", "stands twice", ""},
           {rule + "cohort_start: 1", "3:17", "expected true or false, found \"1\"", ""},
           {rule + "cohort_start: true\n  seasons: auto", "3:17", "a season whose length is told", "leave cohort_start out"},
           {rule + "seasons: []\n  cohort_start: true", "4:17", "a season whose length is told", "leave cohort_start out"},
           {rule + "match: x", "3:3", "key \"match\" stands twice, first in line 2", ""},
           {rule + "step: 2h", "2:3", "horizon 1h is shorter than the step 2h", ""},
           {rule + "step: 30m\n  seasons: [1h]", "2:3", "season 1h is not longer than two steps of 30m", ""},
       }) {
    ExpectOneError(bad);
  }
}

TEST(ForecastsConfig, OthersMayUseTheForecastPrefix) {
  EXPECT_EQ(MustParse("forecasts: [{match: forecast_rainfall_mm}]").forecasts.size(), 1u);
}

TEST(ForecastsConfig, EachErrorOfAFileIsListedInItsOrder) {
  const std::string errors =
      ErrorsOf("shards: x\nforecasts:\n- match: 'up{'\n  horizon: 1h\nremote_write:\n- name: a\n");
  EXPECT_THAT(errors, testing::ContainsRegex("^promcast.yml:1:9: [^\n]+\npromcast.yml:3:10: [^\n]+\n"
                                             "promcast.yml:4:3: [^\n]+\npromcast.yml:6:3: [^\n]+$"));
}

}  // namespace
}  // namespace promcast
