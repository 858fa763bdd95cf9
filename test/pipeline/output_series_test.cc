#include "pipeline/output_series.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/engine_fixture.h"
#include "remote_write/label_block.h"

namespace promcast {
namespace {

testing::Written AllOutput(std::vector<LabelView> labels, CellReading reading) {
  std::sort(labels.begin(), labels.end());
  RuleOptions options = testing::TestRule("{__name__=~\".+\"}");
  options.horizons_ms = {3'600'000};
  const RuleSet rules({options});
  OutputSeries output;
  OutputBatch batch;
  output.Open(labels, reading, rules.rules()[0], batch);
  output.AppendPoint(0, {1, 10});
  output.AppendBand(0, 0, {1, 9}, {1, 11});
  output.AppendAnomaly({1, 0.5}, {1, 0});
  testing::Written written;
  testing::Record(batch, written);
  EXPECT_EQ(written.size(), rules.rules()[0].OutputSeries());
  return written;
}

TEST(OutputSeries, GaugesKeepTheirNameBehindThePrefix) {
  const auto written = AllOutput({{"__name__", "node_load1"}, {"instance", "a"}, {"job", "node"}}, CellReading::kLast);
  EXPECT_EQ(
      written.at("predicted_node_load1{forecaster=\"promcast\",horizon=\"1h\",instance=\"a\",job=\"node\"}")[0].value,
      10);
  EXPECT_EQ(written
                .at("predicted_lower_node_load1{coverage=\"0.95\",forecaster=\"promcast\",horizon=\"1h\",instance="
                    "\"a\",job=\"node\"}")[0]
                .value,
            9);
  EXPECT_EQ(written
                .at("predicted_upper_node_load1{coverage=\"0.95\",forecaster=\"promcast\",horizon=\"1h\",instance="
                    "\"a\",job=\"node\"}")[0]
                .value,
            11);
  EXPECT_EQ(
      written.at("forecast_anomaly_score{forecaster=\"promcast\",instance=\"a\",job=\"node\",metric=\"node_load1\"}")[0]
          .value,
      0.5);
  EXPECT_EQ(
      written.count("forecast_anomaly{forecaster=\"promcast\",instance=\"a\",job=\"node\",metric=\"node_load1\"}"), 1u);
}

TEST(OutputSeries, CountersArePredictedAsRates) {
  const auto written = AllOutput({{"__name__", "http_requests_total"}}, CellReading::kRate);
  EXPECT_EQ(written.count("predicted_rate_http_requests{forecaster=\"promcast\",horizon=\"1h\"}"), 1u);
  EXPECT_EQ(
      written.count("predicted_upper_rate_http_requests{coverage=\"0.95\",forecaster=\"promcast\",horizon=\"1h\"}"),
      1u);
  EXPECT_EQ(written.count("forecast_anomaly{forecaster=\"promcast\",metric=\"http_requests_total\"}"), 1u);
  const auto count = AllOutput({{"__name__", "latency_seconds_count"}}, CellReading::kRate);
  EXPECT_EQ(count.count("predicted_rate_latency_seconds_count{forecaster=\"promcast\",horizon=\"1h\"}"), 1u);
}

TEST(OutputSeries, LabelsThatClashAreRenamedAsPrometheusDoes) {
  const auto written =
      AllOutput({{"__name__", "m"}, {"horizon", "far"}, {"coverage", "all"}, {"forecaster", "bob"}, {"metric", "x"}},
                CellReading::kLast);
  EXPECT_EQ(written.count("predicted_m{exported_coverage=\"all\",exported_forecaster=\"bob\",exported_horizon=\"far\","
                          "exported_metric=\"x\",forecaster=\"promcast\",horizon=\"1h\"}"),
            1u);
  EXPECT_EQ(
      written.count("forecast_anomaly{exported_coverage=\"all\",exported_forecaster=\"bob\",exported_horizon=\"far\","
                    "exported_metric=\"x\",forecaster=\"promcast\",metric=\"m\"}"),
      1u);
}

TEST(OutputSeries, TimesToThresholdsHaveTheirLabelsAmongTheSeriesOwn) {
  const std::vector<LabelView> input{
      {"Zone", "Z"}, {"__name__", "m"}, {"coverage", "all"}, {"quantile", "q"}, {"r", "r"}};
  RuleOptions options = testing::TestRule("m");
  options.thresholds = {{.name = "full", .level = 1, .side = ThresholdSide::kAbove}};
  const RuleSet rules({options});
  OutputSeries output;
  OutputBatch batch;
  output.Open(input, CellReading::kLast, rules.rules()[0], batch);
  output.AppendTimeToThreshold(0, true, {1, 2});
  output.AppendPoint(0, {1, 3});
  testing::Written written;
  testing::Record(batch, written);
  EXPECT_EQ(written.count("forecast_time_to_threshold_seconds{Zone=\"Z\",coverage=\"all\",exported_quantile=\"q\","
                          "forecaster=\"promcast\",metric=\"m\",quantile=\"0.975\",r=\"r\",threshold=\"full\"}"),
            1u);
  EXPECT_EQ(written.count("predicted_m{Zone=\"Z\",exported_coverage=\"all\",forecaster=\"promcast\",horizon=\"5s\","
                          "quantile=\"q\",r=\"r\"}"),
            1u);
  for (size_t i = 0; i < batch.size(); i++) {
    std::vector<LabelView> labels;
    const std::string block = batch.LabelBlock(i);
    DecodeLabelBlock(block, labels);
    EXPECT_TRUE(std::is_sorted(labels.begin(), labels.end()));
  }
}

TEST(OutputSeries, EveryOutputSeriesEndsWithAStaleMarker) {
  const std::vector<LabelView> input{{"__name__", "m"}};
  const RuleSet rules({testing::TestRule("m")});
  OutputSeries output;
  OutputBatch batch;
  output.Open(input, CellReading::kLast, rules.rules()[0], batch);
  output.AppendEnd(77, 0);
  testing::Written written;
  testing::Record(batch, written);
  EXPECT_EQ(written.size(), rules.rules()[0].OutputSeries());
  for (const auto& [series, samples] : written) {
    ASSERT_EQ(samples.size(), 1u) << series;
    EXPECT_EQ(samples[0].timestamp_ms, 77);
    EXPECT_TRUE(IsStaleMarker(samples[0].value));
  }
}

}  // namespace
}  // namespace promcast
