// What the season of its siblings is worth to a new series.
//
//   cohort_start lean|standard|rich siblings|unrelated PANEL...
//
// Each column of the panels is a metric, each panel a machine: series of the same column are siblings. A machine is
// taken as new on day 7, 14 and 21, and the others as known until then. Prints the mean absolute error relative to
// repeating the last value, without and with a borrowed season, as geometric means over series and starts, by day of
// life and horizon; then by how much it changed, with its standard error, and the share of series that it changed for
// the better. `unrelated` takes the siblings of another column and turns their day by a random part, which must do no
// harm.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "backtest/panel.h"
#include "promcast/model_bank.h"

namespace promcast {
namespace {

constexpr int64_t kStepMs = 60'000;
constexpr int64_t kDayMs = 86'400'000;
constexpr int kDay = static_cast<int>(kDayMs / kStepMs);
constexpr int kDays = 4;
constexpr std::array kStarts = {7, 14, 21};
constexpr std::array kHorizons = {60, 240, 720, 1440};
constexpr int kScoredEvery = 10;
constexpr double kLeastRatio = 1e-3;

using Series = std::vector<double>;
using Errors = std::array<std::array<double, kDays>, kHorizons.size()>;

std::vector<Panel> ReadPanels(int count, char** paths) {
  std::vector<Panel> panels;
  for (int i = 0; i < count; i++) {
    auto panel = ReadPanelFile(paths[i]);
    if (!panel.ok()) throw std::runtime_error(std::string(panel.status().message()));
    panels.push_back(*std::move(panel));
  }
  return panels;
}

// Means of minutes, from a midnight on.
Series OnGrid(const Panel& panel, size_t column, int64_t midnight_ms) {
  Series sums, counts;
  for (size_t i = 0; i < panel.times_ms.size(); i++) {
    const double value = panel.values[column][i];
    if (panel.times_ms[i] < midnight_ms || std::isnan(value)) continue;
    const auto cell = static_cast<size_t>((panel.times_ms[i] - midnight_ms) / kStepMs);
    sums.resize(std::max(sums.size(), cell + 1));
    counts.resize(sums.size());
    sums[cell] += value;
    counts[cell]++;
  }
  for (size_t i = 0; i < sums.size(); i++) sums[i] /= counts[i];  // NaN where there is none
  return sums;
}

std::shared_ptr<const BankPlan> PlanOf(Profile profile, bool may_borrow) {
  BankOptions options;
  options.horizons.assign(kHorizons.begin(), kHorizons.end());
  options.seasons = {kDay};
  options.profile = profile;
  options.step_ms = kStepMs;
  options.may_borrow_season = may_borrow;
  return MakeBankPlan(options);
}

using Shapes = std::array<std::optional<SeasonShape>, kStarts.size()>;

Shapes ShapesOf(const Series& series, const std::shared_ptr<const BankPlan>& plan) {
  Shapes shapes;
  ModelBank bank(plan);
  size_t cell = 0;
  for (size_t i = 0; i < kStarts.size(); i++) {
    for (const size_t end = kStarts[i] * kDay; cell < std::min(end, series.size()); cell++) bank.Update(series[cell]);
    shapes[i] = bank.Shape((kDay - 1.) / kDay);
  }
  return shapes;
}

double Point(const ModelBank& bank, int steps) {
  std::array<double, 1> lower{}, upper{};
  ForecastOut out{0, lower, upper};
  return bank.Forecast(steps, out) ? out.point : std::numeric_limits<double>::quiet_NaN();
}

struct Start {
  Errors naive{}, without{}, with{};
};

Start Score(const double* values, ModelBank without, ModelBank with) {
  Start start;
  for (int i = 0; i < kDays * kDay; i++) {
    without.Update(values[i]);
    with.Update(values[i]);
    if (i < kHorizons.front() || i % kScoredEvery != 0 || std::isnan(values[i])) continue;
    for (size_t h = 0; h < kHorizons.size(); h++) {
      const double value = values[i + kHorizons[h]];
      const double point = Point(without, kHorizons[h]);
      if (std::isnan(value) || std::isnan(point)) continue;
      start.naive[h][i / kDay] += std::abs(value - values[i]);
      start.without[h][i / kDay] += std::abs(value - point);
      start.with[h][i / kDay] += std::abs(value - Point(with, kHorizons[h]));
    }
  }
  return start;
}

void Print(const std::vector<Start>& starts) {
  constexpr double kConstant = 1e-6;  // an error of the naive forecast that tells nothing
  std::printf("%zu starts\n| day |", starts.size());
  for (const int steps : kHorizons) std::printf(" %dh |", steps / 60);
  for (int day = 0; day < kDays; day++) {
    std::printf("\n| %d |", day + 1);
    for (size_t h = 0; h < kHorizons.size(); h++) {
      double without = 0, with = 0, squares = 0, count = 0, better = 0, changed = 0;
      for (const Start& start : starts) {
        const double naive = start.naive[h][day];
        if (naive < kConstant) continue;
        const double before = std::log(std::max(kLeastRatio, start.without[h][day] / naive));
        const double after = std::log(std::max(kLeastRatio, start.with[h][day] / naive));
        without += before;
        with += after;
        squares += (after - before) * (after - before);
        count++;
        changed += std::abs(after - before) > 1e-4 ? 1 : 0;
        better += after < before - 1e-4 ? 1 : 0;
      }
      const double change = (with - without) / count;
      std::printf(" %.3f -> %.3f (%+.1f +- %.1f %%, better on %.0f %%) |", std::exp(without / count),
                  std::exp(with / count), 100 * std::expm1(change),
                  100 * std::sqrt((squares / count - change * change) / count),
                  changed > 0 ? 100 * better / changed : 0);
    }
  }
  std::printf("\n");
}

int Run(Profile profile, bool unrelated, const std::vector<Panel>& panels) {
  const size_t columns = panels[0].values.size();
  int64_t first_ms = std::numeric_limits<int64_t>::max();
  for (const Panel& panel : panels) first_ms = std::min(first_ms, panel.times_ms.at(0));
  const int64_t midnight_ms = (first_ms + kDayMs - 1) / kDayMs * kDayMs;
  const auto plan = PlanOf(profile, false);
  const auto borrowing_plan = PlanOf(profile, true);
  std::vector<std::vector<Series>> series(panels.size());
  std::vector<std::vector<Shapes>> shapes(panels.size());
  for (size_t machine = 0; machine < panels.size(); machine++) {
    for (size_t column = 0; column < columns; column++) {
      series[machine].push_back(OnGrid(panels[machine], column, midnight_ms));
      shapes[machine].push_back(ShapesOf(series[machine].back(), plan));
    }
  }
  std::mt19937 random(1);
  std::vector<Start> starts;
  for (size_t machine = 0; machine < panels.size(); machine++) {
    for (size_t column = 0; column < columns; column++) {
      const size_t lender = unrelated ? (column + columns / 3 + 1) % columns : column;
      for (size_t i = 0; i < kStarts.size(); i++) {
        const size_t first = kStarts[i] * kDay;
        if (series[machine][column].size() < first + (kDays + 1) * kDay) continue;
        std::vector<SeasonShape> siblings;
        for (size_t other = 0; other < panels.size(); other++) {
          if (other != machine && shapes[other][lender][i]) siblings.push_back(*shapes[other][lender][i]);
        }
        ModelBank with(borrowing_plan);
        const double turned = unrelated ? std::uniform_real_distribution<>(0, 1)(random) : 0;
        if (const auto common = CommonShape(siblings)) with.Borrow(*common, turned);
        starts.push_back(Score(series[machine][column].data() + first, ModelBank(plan), std::move(with)));
      }
    }
  }
  Print(starts);
  return 0;
}

}  // namespace
}  // namespace promcast

int main(int argc, char** argv) {
  const auto profile = argc > 1 ? promcast::ProfileOf(argv[1]) : std::nullopt;
  const std::string lenders = argc > 2 ? argv[2] : "";
  if (!profile || (lenders != "siblings" && lenders != "unrelated") || argc < 5) {
    std::fprintf(stderr, "usage: %s lean|standard|rich siblings|unrelated PANEL PANEL...\n", argv[0]);
    return 2;
  }
  try {
    return promcast::Run(*profile, lenders == "unrelated", promcast::ReadPanels(argc - 3, argv + 3));
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 1;
  }
}
