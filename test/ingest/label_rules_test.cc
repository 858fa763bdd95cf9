#include "ingest/label_rules.h"

#include <gtest/gtest.h>

namespace promcast {
namespace {

SampleVerdict Check(std::vector<LabelView> labels) {
  std::string problem;
  const SampleVerdict verdict = CheckLabels(labels, problem);
  EXPECT_EQ(IsRefused(verdict), !problem.empty());
  return verdict;
}

TEST(LabelRules, SortLabelsAndTakeValidOnes) {
  std::vector<LabelView> labels = {{"job", "a"}, {"__name__", "up"}, {"instance", "b"}};
  std::string problem;
  EXPECT_EQ(CheckLabels(labels, problem), SampleVerdict::kAccepted);
  const std::vector<LabelView> sorted = {{"__name__", "up"}, {"instance", "b"}, {"job", "a"}};
  EXPECT_EQ(labels, sorted);
}

TEST(LabelRules, TakeUtf8NamesThatTheLegacyRuleWouldRefuse) {
  EXPECT_EQ(Check({{"__name__", "with.dot and space\n"}, {"label.x", "y"}}), SampleVerdict::kAccepted);
  EXPECT_EQ(Check({{"__name__", "m\xC3\xA9tric"}}), SampleVerdict::kAccepted);
}

TEST(LabelRules, RefuseWhatCannotNameASeries) {
  EXPECT_EQ(Check({}), SampleVerdict::kMissingName);
  EXPECT_EQ(Check({{"job", "a"}}), SampleVerdict::kMissingName);
  EXPECT_EQ(Check({{"__name__", "up"}, {"", "a"}}), SampleVerdict::kInvalidLabels);
  EXPECT_EQ(Check({{"__name__", "up"}, {"a", "1"}, {"a", "2"}}), SampleVerdict::kInvalidLabels);
  EXPECT_EQ(Check({{"__name__", "up"}, {"a", "1"}, {"a", "1"}}), SampleVerdict::kInvalidLabels);
  EXPECT_EQ(Check({{"__name__", "up"}, {"a", "\xff"}}), SampleVerdict::kInvalidLabels);
  EXPECT_EQ(Check({{"__name__", "up\xc3"}}), SampleVerdict::kInvalidLabels);
}

TEST(LabelRules, KnowPromcastsOwnOutputByLabelAndByName) {
  for (const char* name :
       {"predicted_up", "predicted_lower_up", "predicted_rate_x", "forecast_anomaly", "forecast_anomaly_score",
        "forecast_time_to_threshold_seconds", "forecast_skill_ratio", "forecast_skill_against_ratio", "forecast_coverage_ratio"}) {
    EXPECT_EQ(Check({{"__name__", name}}), SampleVerdict::kOwnSeries) << name;
  }
  EXPECT_EQ(Check({{"__name__", "renamed"}, {"forecaster", "promcast"}}), SampleVerdict::kOwnSeries);
  EXPECT_EQ(Check({{"__name__", "weather"}, {"forecaster", "other"}}), SampleVerdict::kAccepted);
  EXPECT_EQ(Check({{"__name__", "forecast_temperature_celsius"}}), SampleVerdict::kAccepted);
}

}  // namespace
}  // namespace promcast
