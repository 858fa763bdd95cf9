#include "backtest/backtest.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "backtest/panel.h"
#include "backtest/parallel_for.h"
#include "backtest/replay.h"
#include "backtest/replay_plan.h"
#include "backtest/series_errors.h"

namespace promcast {
namespace {

constexpr double kDayMs = 86'400'000;

struct LoadedPanel {
  absl::Status status;
  Panel panel;
  ReplayPlan plan;
  double scored_from_ms = 0;
};

struct SeriesJob {
  const LoadedPanel* panel;
  size_t series;
};

struct SeriesResult {
  SeriesErrors errors;
  std::vector<std::vector<ModelWeight>> models;  // by horizon
  std::vector<int64_t> seasons_ms;
  int64_t cells = 0, cpu_ns = 0;
  size_t state_bytes = 0;
};

/// Scores count from `from_days` after the first sample that is not missing; by default from a third of the way to the
/// last one.
double ScoredFrom(const Panel& panel, const std::optional<double>& from_days) {
  auto has_value = [&](size_t row) {
    return std::any_of(panel.values.begin(), panel.values.end(),
                       [row](const auto& column) { return !std::isnan(column[row]); });
  };
  size_t first = 0, last = panel.times_ms.size();
  while (first < last && !has_value(first)) first++;
  while (last > first + 1 && !has_value(last - 1)) last--;
  if (first == last) return 0;
  const auto first_ms = static_cast<double>(panel.times_ms[first]);
  const auto span_ms = static_cast<double>(panel.times_ms[last - 1]) - first_ms;
  return first_ms + (from_days ? *from_days * kDayMs : span_ms / 3);
}

LoadedPanel Load(absl::StatusOr<Panel> panel, const BacktestOptions& options) {
  LoadedPanel loaded;
  if (!panel.ok()) {
    loaded.status = panel.status();
    return loaded;
  }
  loaded.panel = *std::move(panel);
  auto plan = PlanReplay(loaded.panel, options);
  if (!plan.ok()) {
    loaded.status = plan.status();
    return loaded;
  }
  loaded.plan = *std::move(plan);
  loaded.scored_from_ms = ScoredFrom(loaded.panel, options.from_days);
  return loaded;
}

SeriesResult RunSeries(const SeriesJob& job, size_t number, bool name_panel, ForecastDump* dump) {
  const auto& [status, panel, plan, scored_from_ms] = *job.panel;
  const Samples samples = SamplesOf(panel, job.series);
  ReplayedForecasts forecasts = Replay(samples, plan);
  SeriesResult result;
  result.errors = ScoreSeries(samples, forecasts, plan, scored_from_ms);
  result.cells = forecasts.cells;
  result.cpu_ns = forecasts.cpu_ns;
  for (const int season : forecasts.seasons) result.seasons_ms.push_back(season * plan.step_ms);
  result.state_bytes = forecasts.state_bytes;
  if (dump != nullptr) {
    const std::string& name = panel.names[job.series];
    dump->Add(number, DumpRows(name_panel ? panel.path + ":" + name : name, forecasts, plan));
  }
  result.models = std::move(forecasts.models);
  return result;
}

void AddNotices(const ReplayPlan& plan, std::vector<std::string>& notices) {
  for (const std::string& notice : plan.notices) {
    if (std::find(notices.begin(), notices.end(), notice) == notices.end()) notices.push_back(notice);
  }
}

BacktestReport Pool(const std::vector<LoadedPanel>& panels, const std::vector<SeriesJob>& jobs,
                    std::vector<SeriesResult> results) {
  BacktestReport report;
  report.panels = panels.size();
  report.series = jobs.size();
  for (const LoadedPanel& panel : panels) AddNotices(panel.plan, report.notices);
  std::vector<SeriesErrors> errors;
  for (size_t i = 0; i < jobs.size(); i++) {
    SeriesResult& result = results[i];
    report.cells += result.cells;
    report.bank_cpu_ns += result.cpu_ns;
    report.state_bytes += result.state_bytes;
    if (jobs[i].panel->plan.bank->detect_seasons) report.seasons[result.seasons_ms]++;
    for (size_t h = 0; h < result.models.size(); h++) {
      report.models.Add(jobs[i].panel->plan.horizon_ms(h), result.models[h]);
    }
    errors.push_back(std::move(result.errors));
  }
  report.scores = PoolScores(errors);
  return report;
}

}  // namespace

double BacktestReport::ns_per_cell() const {
  return cells == 0 ? 0 : static_cast<double>(bank_cpu_ns) / static_cast<double>(cells);
}

double BacktestReport::bytes_per_series() const {
  return series == 0 ? 0 : static_cast<double>(state_bytes) / static_cast<double>(series);
}

namespace {

absl::StatusOr<BacktestReport> Run(std::vector<LoadedPanel> panels, const BacktestOptions& options, ForecastDump* dump,
                                   ProgressCount& count) {
  std::vector<SeriesJob> jobs;
  for (const LoadedPanel& panel : panels) {
    if (!panel.status.ok()) return panel.status;
    for (size_t i = 0; i < panel.panel.names.size(); i++) jobs.push_back({&panel, i});
  }
  std::vector<SeriesResult> results(jobs.size());
  ParallelFor(jobs.size(), options.threads, [&](size_t i) {
    results[i] = RunSeries(jobs[i], i, panels.size() > 1, dump);
    count.Done();
  });
  return Pool(panels, jobs, std::move(results));
}

}  // namespace

absl::StatusOr<BacktestReport> RunBacktest(std::vector<Panel> panels, const BacktestOptions& options,
                                           ForecastDump* dump, const BacktestProgress& progress) {
  ProgressCount count(progress);
  std::vector<LoadedPanel> loaded;
  for (Panel& panel : panels) {
    count.Expect(panel.names.size());
    loaded.push_back(Load(std::move(panel), options));
  }
  return Run(std::move(loaded), options, dump, count);
}

absl::StatusOr<BacktestReport> RunBacktest(const std::vector<std::string>& panel_paths, const BacktestOptions& options,
                                           ForecastDump* dump, const BacktestProgress& progress) {
  ProgressCount count(progress);
  count.Expect(panel_paths.size());
  std::vector<LoadedPanel> panels(panel_paths.size());
  ParallelFor(panels.size(), options.threads, [&](size_t i) {
    panels[i] = Load(ReadPanelFile(panel_paths[i]), options);
    count.Expect(panels[i].panel.names.size());
    count.Done();
  });
  return Run(std::move(panels), options, dump, count);
}

}  // namespace promcast
