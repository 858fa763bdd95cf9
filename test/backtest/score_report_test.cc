#include "backtest/score_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace promcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

BacktestReport OneRow() {
  BacktestReport report;
  ScoreRow& row = report.scores.emplace_back();
  row.horizon_ms = 300'000;
  row.series = 3;
  row.relative_mae = 1. / 3;
  row.coverage = .95;
  row.cover = .9376;
  report.panels = 1;
  report.series = 4;
  report.cells = 1000;
  report.bank_cpu_ns = 2'000'000;
  report.state_bytes = 6000;
  return report;
}

TEST(ScoresJson, HasTheScriptsKeysInItsOrderAndNullForWhatIsUnknown) {
  const auto json = nlohmann::ordered_json::parse(ScoresJson(OneRow()));
  const auto& row = json.at("scores").at(0);
  std::vector<std::string> keys;
  for (const auto& [key, value] : row.items()) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("class", "horizon_s", "series", "relMAE", "naive", "ewma", "skill", "coverage", "cover",
                                "within", "winkler"));
  EXPECT_EQ(row["class"], "active");
  EXPECT_EQ(row["horizon_s"], 300);
  EXPECT_EQ(row["relMAE"].get<double>(), 1. / 3);
  EXPECT_EQ(row["cover"], .9376);
  EXPECT_TRUE(row["within"].is_null());
  EXPECT_TRUE(row["winkler"].is_null());
}

TEST(ScoresJson, CostIsThatOfAStepAndOfASeries) {
  const auto json = nlohmann::json::parse(ScoresJson(OneRow()));
  EXPECT_EQ(json.at("cost"), nlohmann::json({{"ns_per_step_and_series", 2000.}, {"bytes_per_series", 1500.}}));
}

TEST(ScoresJson, NoCellsHaveNoCost) {
  const auto json = nlohmann::json::parse(ScoresJson({}));
  EXPECT_TRUE(json.at("scores").empty());
  EXPECT_TRUE(json.at("cost").at("ns_per_step_and_series").is_null());
}

TEST(ScoresTable, ColumnsAreAligned) {
  const std::string text = ScoresTable(OneRow());
  const std::string header = text.substr(0, text.find('\n'));
  const std::string row = text.substr(header.size() + 1, text.find('\n', header.size() + 1) - header.size() - 1);
  EXPECT_EQ(header.size(), row.size());
  EXPECT_THAT(row, HasSubstr("5m"));
  EXPECT_THAT(row, HasSubstr("0.333"));
  EXPECT_THAT(text, HasSubstr("1 panel, 4 series, 1000 values; 2000 ns a step and series, 1500 bytes a series"));
}

TEST(ScoresTable, SaysSoWhenThereIsNothingToScore) {
  EXPECT_THAT(ScoresTable({}), HasSubstr("nothing to score"));
}

}  // namespace
}  // namespace promcast
