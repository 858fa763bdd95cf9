#include "backtest/replay_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>

#include "timeseries/duration.h"

namespace promcast {
namespace {

constexpr int64_t kSecondMs = 1000;
constexpr int64_t kDefaultEveryMs = 1'800'000;

int64_t Nearest(int64_t duration_ms, int64_t step_ms) {
  return (duration_ms + step_ms / 2) / step_ms;
}

int Saturated(int64_t cells) {
  return static_cast<int>(std::min<int64_t>(cells, std::numeric_limits<int>::max()));
}

void NoteRounding(std::string_view what, int64_t asked_ms, int64_t taken_ms, ReplayPlan& plan) {
  if (asked_ms == taken_ms) return;
  plan.notices.push_back(fmt::format("at a step of {} {} of {} becomes {}", FormatDuration(plan.step_ms), what,
                                     FormatDuration(asked_ms), FormatDuration(taken_ms)));
}

std::vector<int> HorizonCells(const BacktestOptions& options, ReplayPlan& plan) {
  std::set<int> cells;
  for (const int64_t horizon_ms : options.horizons_ms) {
    const int64_t rounded = std::max<int64_t>(1, Nearest(horizon_ms, plan.step_ms));
    cells.insert(Saturated(rounded));
    NoteRounding("a horizon", horizon_ms, rounded * plan.step_ms, plan);
  }
  return {cells.begin(), cells.end()};
}

std::vector<int> SeasonCells(const BacktestOptions& options, ReplayPlan& plan) {
  std::set<int> cells;
  for (const int64_t season_ms : options.seasons_ms) {
    const int64_t rounded = Nearest(season_ms, plan.step_ms);
    if (rounded < 2) {
      plan.notices.push_back(fmt::format("at a step of {} a season of {} is too short and left out",
                                         FormatDuration(plan.step_ms), FormatDuration(season_ms)));
      continue;
    }
    cells.insert(Saturated(rounded));
    NoteRounding("a season", season_ms, rounded * plan.step_ms, plan);
  }
  return {cells.begin(), cells.end()};
}

int64_t EveryCells(const BacktestOptions& options, ReplayPlan& plan) {
  if (!options.every_ms) return DefaultEveryCells(plan.step_ms);
  const int64_t asked_ms = *options.every_ms;
  const int64_t cells = (asked_ms + plan.step_ms - 1) / plan.step_ms;
  NoteRounding("the distance of forecasts", asked_ms, cells * plan.step_ms, plan);
  return cells;
}

void NoteOddRows(const Panel& panel, ReplayPlan& plan) {
  if (panel.first_odd_line == 0) return;
  plan.notices.push_back(fmt::format(
      "{}:{}: rows out of order from here on: {} repeat a timestamp (the last counts), {} go back in time (left out)",
      panel.path, panel.first_odd_line, panel.repeating_rows, panel.backward_rows));
}

}  // namespace

int64_t DefaultEveryCells(int64_t step_ms) {
  const int64_t day_cells = std::max<int64_t>(1, 86'400'000 / step_ms);
  int64_t cells = std::max<int64_t>(1, (kDefaultEveryMs + step_ms - 1) / step_ms);
  while (cells > 1 && std::gcd(cells, day_cells) > 1) cells++;
  return cells;
}

int64_t CommonStepMs(const std::vector<int64_t>& times_ms) {
  std::vector<int64_t> distances;
  for (size_t i = 1; i < times_ms.size(); i++) {
    if (times_ms[i] > times_ms[i - 1]) distances.push_back(times_ms[i] - times_ms[i - 1]);
  }
  std::sort(distances.begin(), distances.end());
  int64_t common = 0;
  std::ptrdiff_t most = 0;
  for (auto first = distances.begin(); first != distances.end();) {
    const auto last = std::upper_bound(first, distances.end(), *first);
    if (last - first > most) {
      most = last - first;
      common = *first;
    }
    first = last;
  }
  if (common == 0) return 0;
  return std::max<int64_t>(1, Nearest(common, kSecondMs)) * kSecondMs;
}

absl::StatusOr<ReplayPlan> PlanReplay(const Panel& panel, const BacktestOptions& options) {
  ReplayPlan plan;
  plan.step_ms = options.step_ms.value_or(CommonStepMs(panel.times_ms));
  if (plan.step_ms == 0 || panel.times_ms.empty()) {
    return absl::DataLossError(
        fmt::format("{}: has {} rows, which is too few to take a step from", panel.path, panel.times_ms.size()));
  }
  NoteOddRows(panel, plan);
  plan.start_ms = panel.times_ms.front();
  plan.end_ms = panel.times_ms.back();
  auto bank = std::make_shared<BankOptions>();
  bank->horizons = HorizonCells(options, plan);
  bank->detect_seasons = options.detect_seasons;
  if (!options.detect_seasons) bank->seasons = SeasonCells(options, plan);
  bank->coverages = options.coverages;
  bank->anomaly_score = false;
  std::sort(bank->coverages.begin(), bank->coverages.end());
  bank->step_ms = plan.step_ms;
  bank->profile = options.profile;
  bank->extra_models = options.extra_models;
  bank->without_models = options.without_models;
  bank->floor = options.floor;
  bank->ceiling = options.ceiling;
  if (const auto problem = bank->Problem()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: at a step of {}: {}", panel.path, FormatDuration(plan.step_ms), *problem));
  }
  plan.bank = std::move(bank);
  plan.every_cells = EveryCells(options, plan);
  return plan;
}

}  // namespace promcast
