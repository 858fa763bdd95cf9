#include "backtest/backtest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "backtest/score_report.h"
#include "series_fixture.h"

namespace promcast {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Backtest : public testing::Test {
 protected:
  Backtest() : folder_(testing::TempDir() + "backtest_test_" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
    options_.horizons_ms = {5 * kMinuteMs, kHourMs};
    options_.every_ms = 30 * kMinuteMs;
  }
  ~Backtest() override { std::filesystem::remove_all(folder_); }

  /// A panel of `series` days-long series called s0, s1...
  std::string WritePanel(const std::string& name, size_t series, uint32_t seed) const {
    std::vector<std::vector<double>> columns;
    for (size_t i = 0; i < series; i++) columns.push_back(DayShape(1500, 5 * kMinuteMs, seed + i));
    std::ofstream file(folder_ + "/" + name);
    file << "timestamp_ms";
    for (size_t i = 0; i < series; i++) file << ",\"s" << i << "\"";
    file << "\n";
    for (size_t row = 0; row < columns[0].size(); row++) {
      file << static_cast<int64_t>(row) * 5 * kMinuteMs;
      for (const auto& column : columns) file << "," << column[row];
      file << "\n";
    }
    return folder_ + "/" + name;
  }
  std::string Dumped(const std::vector<std::string>& panels, BacktestReport& report) const {
    const std::string path = folder_ + "/dump.csv";
    auto dump = ForecastDump::Create(path);
    auto run = RunBacktest(panels, options_, dump->get(), nullptr);
    EXPECT_TRUE(run.ok()) << run.status();
    report = *std::move(run);
    EXPECT_TRUE((*dump)->Close().ok());
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::string folder_;
  BacktestOptions options_;
};

TEST_F(Backtest, ScoresAndForecastsAreTheSameBitsWithAnyNumberOfThreads) {
  const std::vector<std::string> panels{WritePanel("a.csv", 5, 1), WritePanel("b.csv", 3, 100)};
  BacktestReport one, four;
  options_.threads = 1;
  const std::string dump_of_one = Dumped(panels, one);
  options_.threads = 4;
  const std::string dump_of_four = Dumped(panels, four);
  EXPECT_EQ(dump_of_one, dump_of_four);
  one.bank_cpu_ns = four.bank_cpu_ns = 1;
  EXPECT_EQ(ScoresJson(one), ScoresJson(four));
  EXPECT_EQ(ScoresTable(one), ScoresTable(four));
  ASSERT_EQ(one.scores.size(), 4U);
  EXPECT_EQ(one.scores[0].series, 8);
}

TEST_F(Backtest, SeriesAreNamedWithTheirPanelOnlyWhenThereAreSeveral) {
  const std::string a = WritePanel("a.csv", 1, 1), b = WritePanel("b.csv", 1, 2);
  BacktestReport report;
  const std::string header = "series,issued_ms,target_ms,horizon_s,predicted,lower,upper,coverage\n";
  EXPECT_THAT(Dumped({a}, report), StartsWith(header + "s0,"));
  const std::string both = Dumped({a, b}, report);
  EXPECT_THAT(both, StartsWith(header + a + ":s0,"));
  EXPECT_THAT(both, HasSubstr("\n" + b + ":s0,"));
}

TEST_F(Backtest, ProgressEndsWhereItSaidItWould) {
  const std::vector<std::string> panels{WritePanel("a.csv", 3, 1), WritePanel("b.csv", 2, 9)};
  options_.threads = 3;
  size_t calls = 0, last_done = 0, last_total = 0;
  ASSERT_TRUE(RunBacktest(panels, options_, nullptr, [&](size_t done, size_t total) {
                calls++;
                EXPECT_EQ(done, last_done + 1);
                EXPECT_GE(total, last_total);
                last_done = done;
                last_total = total;
              }).ok());
  EXPECT_EQ(calls, 2U + 5U);
  EXPECT_EQ(last_done, last_total);
}

TEST_F(Backtest, EachModelIsTalliedOverAllSeries) {
  const auto report = RunBacktest({WritePanel("a.csv", 4, 1)}, options_, nullptr, nullptr);
  ASSERT_TRUE(report.ok());
  const auto& tallies = report->models.tallies();
  ASSERT_EQ(tallies.size(), 2U);
  for (const auto& [horizon_ms, by_name] : tallies) {
    int64_t led = 0;
    double weights = 0;
    for (const auto& [name, tally] : by_name) {
      EXPECT_EQ(tally.series, 4) << name;
      EXPECT_GE(tally.log_losses, 0) << name;
      led += tally.led;
      weights += tally.weights;
    }
    EXPECT_EQ(led, 4);
    EXPECT_NEAR(weights, 4, 1e-6);
  }
  EXPECT_THAT(report->models.Text(), HasSubstr("direct_slow"));
}

TEST_F(Backtest, ScoringBeginsAfterAThirdOfThePanelOrWhereAsked) {
  const std::string panel = WritePanel("a.csv", 1, 1);  // 5.2 days
  auto relative_mae = [&](std::optional<double> from_days) {
    options_.from_days = from_days;
    return RunBacktest({panel}, options_, nullptr, nullptr)->scores.at(0).relative_mae;
  };
  const double third_days = 1499. * 5 / (24 * 60) / 3;
  EXPECT_EQ(relative_mae(std::nullopt), relative_mae(third_days));
  EXPECT_NE(relative_mae(std::nullopt), relative_mae(3));
}

TEST_F(Backtest, WhatWasRoundedIsToldOnce) {
  options_.horizons_ms = {7 * kMinuteMs};
  const auto report = RunBacktest({WritePanel("a.csv", 1, 1), WritePanel("b.csv", 1, 2)}, options_, nullptr, nullptr);
  EXPECT_THAT(report->notices, testing::ElementsAre("at a step of 5m a horizon of 7m becomes 5m"));
}

TEST_F(Backtest, ABadPanelEndsTheRunAndIsNamed) {
  std::ofstream(folder_ + "/bad.csv") << "timestamp_ms,a\n1,x\n";
  const auto report = RunBacktest({WritePanel("a.csv", 1, 1), folder_ + "/bad.csv"}, options_, nullptr, nullptr);
  EXPECT_FALSE(absl::IsInvalidArgument(report.status()));
  EXPECT_THAT(report.status().message(), HasSubstr("bad.csv:2: `x` is no number"));
}

TEST_F(Backtest, ADumpThatCannotBeCreatedSaysWhy) {
  EXPECT_THAT(ForecastDump::Create(folder_ + "/no/such/folder.csv").status().message(), HasSubstr("cannot be written"));
}

}  // namespace
}  // namespace promcast
