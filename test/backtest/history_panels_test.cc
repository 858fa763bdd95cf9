#include "backtest/history_panels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace promcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr int64_t kStart = 1'700'000'040'000;  // begins a minute

void Add(PanelBuilder& builder, const std::string& metric, const std::vector<Sample>& samples) {
  const std::vector<LabelView> labels = {{"__name__", metric}, {"job", "a"}};
  ASSERT_TRUE(builder.Add({labels, samples}).ok());
}

std::vector<Sample> Regular(int count, int64_t step_ms, int64_t phase_ms = 0, double slope = 1) {
  std::vector<Sample> samples;
  for (int i = 0; i < count; i++) samples.push_back({kStart + phase_ms + i * step_ms, slope * i});
  return samples;
}

TEST(PanelBuilder, SeriesOfOneStepShareAPanelWhateverTheirPhase) {
  PanelBuilder builder(std::nullopt);
  Add(builder, "a", Regular(20, 15'000, 3'000));
  Add(builder, "b", Regular(20, 60'000, 1'000));
  Add(builder, "c", Regular(10, 15'000, 14'000));
  const auto panels = builder.Take();
  ASSERT_THAT(panels, SizeIs(2));
  EXPECT_THAT(panels[0].names, ElementsAre("a{job=\"a\"}", "c{job=\"a\"}"));
  EXPECT_EQ(panels[0].times_ms[0], kStart + 15'000) << "where the first cell ends";
  EXPECT_EQ(panels[0].times_ms[1] - panels[0].times_ms[0], 15'000);
  ASSERT_THAT(panels[0].values[0], SizeIs(19)) << "the last cell is still open";
  for (size_t i = 0; i < 19; i++) EXPECT_EQ(panels[0].values[0][i], static_cast<double>(i));
  EXPECT_EQ(panels[0].values[1][8], 8);
  EXPECT_TRUE(std::isnan(panels[0].values[1][9]));
  EXPECT_THAT(panels[1].names, ElementsAre("b{job=\"a\"}"));
}

TEST(PanelBuilder, ACounterIsItsRateAndGapsStayEmpty) {
  PanelBuilder builder(60'000);
  auto samples = Regular(40, 15'000, 0, 30);
  samples.erase(samples.begin() + 16, samples.begin() + 28);  // three minutes
  Add(builder, "requests_total", samples);
  const auto panels = builder.Take();
  ASSERT_THAT(panels, SizeIs(1));
  const auto& rates = panels[0].values[0];
  EXPECT_EQ(panels[0].times_ms[0], kStart + 120'000) << "the first cell has no rate";
  ASSERT_THAT(rates, SizeIs(8));
  for (const size_t i : {0, 1, 2, 6, 7}) EXPECT_DOUBLE_EQ(rates[i], 2) << i;
  for (const size_t i : {3, 4, 5}) EXPECT_TRUE(std::isnan(rates[i])) << i;
}

TEST(PanelBuilder, WhatComesAgainIsLeftOut) {
  PanelBuilder once(60'000), twice(60'000);
  const auto samples = Regular(40, 15'000);
  Add(once, "a", samples);
  Add(twice, "a", samples);
  Add(twice, "a", samples);
  EXPECT_EQ(once.Take()[0].values, twice.Take()[0].values);
}

TEST(PanelBuilder, TooManyCellsAreRefusedWithWhatToDo) {
  PanelBuilder builder(15'000, 100);
  const std::vector<LabelView> labels = {{"__name__", "a"}};
  const std::vector<Sample> far = {
      {kStart, 1}, {kStart + 1'000'000, 1}, {kStart + 100'000'000'000, 1}, {kStart + 100'001'000'000, 1}};
  const absl::Status status = builder.Add({labels, far});
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("--step"));
}

/// Two series, and one of promcast's own unless it is excluded.
class Store final : public HistoryReader {
 public:
  absl::Status Read(const HistoryQuery& query, const HistorySink& sink) override {
    if (failures-- > 0) return absl::UnavailableError("503");
    const auto selector = Selector::FromMatchers(query.selectors.at(0));
    for (const std::vector<LabelView>& labels : {std::vector<LabelView>{{"__name__", "a"}, {"job", "x"}},
                                                 {{"__name__", "a"}, {"job", "y"}},
                                                 {{"__name__", "a"}, {"forecaster", "promcast"}}}) {
      if (!selector->Matches(labels)) continue;
      std::vector<Sample> samples;
      for (int64_t t = (query.start_ms + 59'999) / 60'000 * 60'000; t <= query.end_ms; t += 60'000)
        samples.push_back({t, static_cast<double>(t / 60'000 % 50)});
      if (auto status = sink({labels, samples}); !status.ok()) return status;
    }
    return absl::OkStatus();
  }
  void Cancel() override {}
  int failures = 0;
};

TEST(HistoryPanels, AreReadWithoutOwnSeriesAndWithPatience) {
  Store store;
  store.failures = 1;
  const HistoryRange range{kStart, kStart + 2 * int64_t{86'400'000}};
  size_t shown = 0;
  const auto panels =
      ReadHistoryPanels(store, *Selector::Parse("a"), range, std::nullopt, [&](size_t done, size_t total) {
        EXPECT_LE(shown, done);
        EXPECT_EQ(total, 2 * 86'400u);
        shown = done;
      });
  ASSERT_TRUE(panels.ok()) << panels.status();
  ASSERT_THAT(*panels, SizeIs(1));
  EXPECT_THAT(panels->at(0).names, ElementsAre("a{job=\"x\"}", "a{job=\"y\"}"));
  EXPECT_THAT(panels->at(0).times_ms, SizeIs(2 * 1440 - 1));
  EXPECT_GT(shown, 0u);
}

TEST(HistoryPanels, NothingSelectedIsAnError) {
  Store store;
  const auto panels =
      ReadHistoryPanels(store, *Selector::Parse("b"), {kStart, kStart + 1}, std::nullopt, [](size_t, size_t) {});
  EXPECT_TRUE(absl::IsNotFound(panels.status()));
}

}  // namespace
}  // namespace promcast
