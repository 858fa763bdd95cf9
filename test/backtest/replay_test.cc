#include "backtest/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "series_fixture.h"

namespace promcast {
namespace {

using testing::ElementsAre;

BacktestOptions ShortHorizons() {
  BacktestOptions options;
  options.horizons_ms = {5 * kMinuteMs, kHourMs};
  options.every_ms = 30 * kMinuteMs;
  return options;
}

ReplayedForecasts ReplayOf(const Panel& panel, const BacktestOptions& options = ShortHorizons()) {
  const auto plan = PlanReplay(panel, options);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return Replay(SamplesOf(panel, 0), *plan);
}

std::vector<int64_t> IssueMinutes(const ReplayedForecasts& forecasts) {
  std::vector<int64_t> minutes;
  for (const int64_t issued_ms : forecasts.issued_ms) minutes.push_back(issued_ms / kMinuteMs);
  return minutes;
}

/// The bits of everything that was said at issue `i`.
std::vector<uint64_t> Said(const ReplayedForecasts& forecasts, size_t i) {
  std::vector<uint64_t> bits;
  for (size_t h = 0; h < forecasts.point.shape(0); h++) {
    bits.push_back(std::bit_cast<uint64_t>(forecasts.point(h, i)));
    for (size_t c = 0; c < forecasts.lower.shape(0); c++) {
      bits.push_back(std::bit_cast<uint64_t>(forecasts.lower(c, h, i)));
      bits.push_back(std::bit_cast<uint64_t>(forecasts.upper(c, h, i)));
    }
  }
  return bits;
}

TEST(Replay, SaysWhatABankSaysThatSeesTheSameCells) {
  const Panel panel = OnePanel(DayShape(1000, 5 * kMinuteMs), 5 * kMinuteMs, 123'000);
  const auto plan = PlanReplay(panel, ShortHorizons());
  ASSERT_TRUE(plan.ok());
  const ReplayedForecasts forecasts = Replay(SamplesOf(panel, 0), *plan);
  ModelBank bank(plan->bank);
  std::vector<double> lower(2), upper(2);
  size_t issue = 0, compared = 0, behind = 0;
  for (size_t i = 0; i < panel.values[0].size(); i++) {
    behind = std::isnan(panel.values[0][i]) ? behind + 1 : 0;
    if (behind == 0) bank.Update(panel.values[0][i]);
    if (i % 6 == 0) {
      ASSERT_EQ(forecasts.issued_ms.at(issue), panel.times_ms[i]);
      for (size_t h = 0; h < 2; h++) {
        ForecastOut out{0, lower, upper};
        const int steps = plan->bank->horizons[h] + static_cast<int>(behind);
        if (!bank.Forecast(steps, out)) {
          EXPECT_TRUE(std::isnan(forecasts.point(h, issue)));
          continue;
        }
        EXPECT_EQ(out.point, forecasts.point(h, issue));
        EXPECT_EQ(lower[1], forecasts.lower(1, h, issue));
        EXPECT_EQ(upper[0], forecasts.upper(0, h, issue));
        compared++;
      }
      issue++;
    }
    const bool next_has_value = i + 1 < panel.values[0].size() && !std::isnan(panel.values[0][i + 1]);
    if (behind > 0 && next_has_value) bank.Skip(static_cast<int64_t>(behind));
  }
  EXPECT_EQ(issue, forecasts.issued_ms.size());
  EXPECT_GT(compared, 300U);
}

TEST(Replay, ChangingTheFutureChangesNoForecastIssuedBefore) {
  const size_t count = 900;
  Panel panel = OnePanel(DayShape(count, 5 * kMinuteMs), 5 * kMinuteMs);
  const ReplayedForecasts before = ReplayOf(panel);
  for (const size_t from : {size_t{1}, size_t{100}, size_t{300}, size_t{777}}) {
    Panel changed = panel;
    for (size_t i = from; i < count; i++) changed.values[0][i] = i % 3 == 0 ? kNaN : 1e6 - 7. * static_cast<double>(i);
    const ReplayedForecasts after = ReplayOf(changed);
    size_t same = 0;
    for (size_t i = 0; before.issued_ms[i] < panel.times_ms[from]; i++, same++) {
      ASSERT_EQ(before.issued_ms[i], after.issued_ms[i]);
      EXPECT_EQ(Said(before, i), Said(after, i)) << "issued at " << before.issued_ms[i];
    }
    EXPECT_GE(same, from / 6);
  }
}

TEST(Replay, TheSameSeriesGivesTheSameBits) {
  const Panel panel = OnePanel(DayShape(600, 5 * kMinuteMs), 5 * kMinuteMs);
  const ReplayedForecasts one = ReplayOf(panel), other = ReplayOf(panel);
  for (size_t i = 0; i < one.issued_ms.size(); i++) EXPECT_EQ(Said(one, i), Said(other, i));
}

TEST(Replay, ForecastsAreIssuedAtWholeMultiplesOfTheirDistanceUntilThePanelEnds) {
  EXPECT_THAT(IssueMinutes(ReplayOf(OnePanel(std::vector<double>(20, 1), 5 * kMinuteMs))), ElementsAre(0, 30, 60, 90));
}

TEST(Replay, NothingIsIssuedBeforeTheFirstValue) {
  std::vector<double> values(20, 1);
  std::fill_n(values.begin(), 7, kNaN);  // the first value comes after 35 minutes
  EXPECT_THAT(IssueMinutes(ReplayOf(OnePanel(values, 5 * kMinuteMs))), ElementsAre(60, 90));
}

TEST(Replay, ASilentSeriesIsForecastForAnHourMore) {
  std::vector<double> values(60, 1);
  std::fill(values.begin() + 7, values.begin() + 49, kNaN);  // silent from minute 30 to 245
  EXPECT_THAT(IssueMinutes(ReplayOf(OnePanel(values, 5 * kMinuteMs))), ElementsAre(0, 30, 60, 90, 270));
}

TEST(Replay, RowsThatAreMissingAreAsCellsThatAreMissing) {
  Panel with_cells = OnePanel(DayShape(800, 5 * kMinuteMs), 5 * kMinuteMs);
  Panel without = with_cells;
  without.times_ms.clear();
  without.values[0].clear();
  for (size_t i = 0; i < with_cells.times_ms.size(); i++) {
    const bool ends = i == 0 || i + 1 == with_cells.times_ms.size();
    if (std::isnan(with_cells.values[0][i]) && !ends) continue;
    without.times_ms.push_back(with_cells.times_ms[i]);
    without.values[0].push_back(with_cells.values[0][i]);
  }
  const ReplayedForecasts one = ReplayOf(with_cells), other = ReplayOf(without);
  ASSERT_EQ(one.issued_ms, other.issued_ms);
  for (size_t i = 0; i < one.issued_ms.size(); i++) EXPECT_EQ(Said(one, i), Said(other, i));
}

TEST(Replay, OfACoarserStepTheNewestSampleOfACellCounts) {
  const Panel fine = OnePanel(DayShape(1996, kMinuteMs), kMinuteMs);
  std::vector<double> newest;
  for (size_t end = 0; end < fine.values[0].size(); end += 5) {
    double value = kNaN;
    for (size_t i = end < 4 ? 0 : end - 4; i <= end; i++) {
      if (!std::isnan(fine.values[0][i])) value = fine.values[0][i];
    }
    newest.push_back(value);
  }
  BacktestOptions options = ShortHorizons();
  const ReplayedForecasts coarse = ReplayOf(OnePanel(newest, 5 * kMinuteMs), options);
  options.step_ms = 5 * kMinuteMs;
  const ReplayedForecasts from_fine = ReplayOf(fine, options);
  ASSERT_EQ(coarse.issued_ms, from_fine.issued_ms);
  EXPECT_EQ(coarse.cells, from_fine.cells);
  for (size_t i = 0; i < coarse.issued_ms.size(); i++) EXPECT_EQ(Said(coarse, i), Said(from_fine, i));
}

TEST(Replay, ASeriesWithoutValuesHasNoForecasts) {
  const ReplayedForecasts forecasts = ReplayOf(OnePanel(std::vector<double>(50, kNaN), 5 * kMinuteMs));
  EXPECT_TRUE(forecasts.issued_ms.empty());
  EXPECT_EQ(forecasts.cells, 0);
}

TEST(Replay, BoundsHold) {
  BacktestOptions options = ShortHorizons();
  options.floor = 4;
  options.ceiling = 6;
  const ReplayedForecasts forecasts = ReplayOf(OnePanel(DayShape(600, 5 * kMinuteMs), 5 * kMinuteMs), options);
  size_t said = 0;
  for (size_t i = 0; i < forecasts.issued_ms.size(); i++) {
    if (std::isnan(forecasts.point(1, i))) continue;
    said++;
    EXPECT_GE(forecasts.lower(1, 1, i), 4);
    EXPECT_LE(forecasts.upper(1, 1, i), 6);
  }
  EXPECT_GT(said, 80U);
}

TEST(Replay, TheModelsNamesOutliveTheBank) {
  // Hours with a week as season: a model joins whose name is the plan's own.
  const ReplayedForecasts forecasts = ReplayOf(OnePanel(DayShape(800, 60 * kMinuteMs), 60 * kMinuteMs));
  std::vector<std::string> names;
  for (const ModelWeight& model : forecasts.models.at(0)) names.push_back(model.name);
  EXPECT_THAT(names, testing::Contains("seasonal_naive_week"));
}

TEST(Replay, TellsWhatItCost) {
  const ReplayedForecasts forecasts = ReplayOf(OnePanel(DayShape(600, 5 * kMinuteMs), 5 * kMinuteMs));
  EXPECT_GT(forecasts.cpu_ns, 0);
  EXPECT_GT(forecasts.state_bytes, sizeof(ModelBank));
  EXPECT_EQ(forecasts.models.size(), 2U);
}

}  // namespace
}  // namespace promcast
