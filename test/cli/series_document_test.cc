#include "cli/series_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace promcast {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

SeriesForecasts Predicted() {
  SeriesForecasts series;
  series.labels = {{"__name__", "load"}, {"job", "a"}};
  series.rule = "all";
  series.status = SeriesStatus::kPredicted;
  series.step_ms = 60'000;
  series.seasons_ms = {86'400'000, 2'220'000};
  series.newest_sample_ms = 1'700'000'000'250;
  series.anomaly_score = -0.5;
  HorizonForecast horizon;
  horizon.horizon_ms = 300'000;
  horizon.predicted = 12.5;
  horizon.bands = {{.coverage = 0.95, .lower = 10, .upper = 15, .realised_coverage = 0.9375}};
  horizon.resolved = 40;
  horizon.mean_absolute_error = 0.25;
  horizon.skill = 0.5;
  horizon.skilful = true;
  horizon.models = {{"direct_slow", 0.75, 1}, {"naive", 0.25, 1.5}};
  series.horizons = {horizon};
  return series;
}

TEST(SeriesDocument, HasTheFieldsOfTheDocumentation) {
  const json expected = json::parse(R"({
    "status": "success",
    "data": [{
      "labels": {"__name__": "load", "job": "a"}, "rule": "all", "status": "predicted", "step_seconds": 60,
      "seasons_seconds": [86400, 2220], "newest_sample_timestamp": 1700000000.25, "anomaly_score": -0.5,
      "horizons": [{
        "horizon_seconds": 300, "predicted": 12.5,
        "bands": [{"coverage": 0.95, "lower": 10, "upper": 15, "realised_coverage": 0.9375}],
        "resolved": 40, "mean_absolute_error": 0.25, "skill": 0.5, "skilful": true, "held_back": false,
        "models": [{"name": "direct_slow", "weight": 0.75, "relative_loss": 1},
                   {"name": "naive", "weight": 0.25, "relative_loss": 1.5}]
      }]
    }]
  })");
  EXPECT_EQ(json::parse(SeriesDocument({{Predicted()}, false})), expected);
}

TEST(SeriesDocument, NothingFoundIsAnEmptyListAndSuccess) {
  EXPECT_EQ(SeriesDocument({}), R"({"status":"success","data":[]})");
}

TEST(SeriesDocument, WarnsOnlyOfATruncatedAnswer) {
  const json whole = json::parse(SeriesDocument({{Predicted(), Predicted()}, false}));
  EXPECT_EQ(whole["data"].size(), 2u);
  EXPECT_FALSE(whole.contains("warnings"));
  const json truncated = json::parse(SeriesDocument({{Predicted(), Predicted()}, true}));
  EXPECT_EQ(truncated["data"].size(), 2u);
  EXPECT_EQ(truncated["warnings"], json({"results truncated due to limit"}));
}

TEST(SeriesDocument, WhatIsUnknownIsNullNeverNan) {
  SeriesForecasts series;  // nothing known
  HorizonForecast horizon;
  horizon.bands = {{.coverage = 0.5}};
  horizon.models = {{"naive", 0}};
  series.horizons = {horizon, horizon};
  series.horizons[1].predicted = kInfinity;
  series.horizons[1].skill = -kInfinity;
  const std::string document = SeriesDocument({{series}, false});
  EXPECT_THAT(document, Not(HasSubstr("nan")));
  EXPECT_THAT(document, Not(HasSubstr("inf")));
  const json shown = json::parse(document)["data"][0];
  for (const char* name : {"step_seconds", "newest_sample_timestamp", "anomaly_score"})
    EXPECT_TRUE(shown[name].is_null()) << name;
  for (const json& each : shown["horizons"]) {
    for (const char* name : {"predicted", "mean_absolute_error", "skill"}) EXPECT_TRUE(each[name].is_null()) << name;
    for (const char* name : {"lower", "upper", "realised_coverage"})
      EXPECT_TRUE(each["bands"][0][name].is_null()) << name;
    EXPECT_TRUE(each["models"][0]["relative_loss"].is_null());
  }
}

TEST(SeriesDocument, AnyLabelValueIsValidJson) {
  SeriesForecasts series = Predicted();
  series.labels = {{"__name__", "load"}, {"a", "\"\\\n\x01"}, {"b", "\xff"}};
  const json shown = json::parse(SeriesDocument({{series}, false}))["data"][0]["labels"];
  EXPECT_EQ(shown["a"], "\"\\\n\x01");
  EXPECT_EQ(shown["b"], "\uFFFD");
}

}  // namespace
}  // namespace promcast
