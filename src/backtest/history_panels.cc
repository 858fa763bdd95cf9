#include "backtest/history_panels.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <thread>

#include "http_client/retry.h"
#include "ingest/label_rules.h"
#include "pipeline/metric_catalog.h"
#include "remote_read/history_walk.h"
#include "series/cell_grid.h"
#include "series/step_detector.h"
#include "timeseries/duration.h"

namespace promcast {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr std::chrono::milliseconds kPatience = std::chrono::minutes(3);

Labels LabelsOf(std::span<const LabelView> views) {
  std::vector<Label> labels;
  for (const LabelView& view : views) labels.push_back({std::string(view.name), std::string(view.value)});
  return Labels(std::move(labels));
}

}  // namespace

/// A series on its grid, or its first samples while the step is not known.
struct PanelBuilder::Series {
  CellReading reading = CellReading::kLast;
  int64_t newest_ms = std::numeric_limits<int64_t>::min();
  StepDetector detector;
  std::vector<Sample> early;
  std::optional<CellGrid> grid;
  int64_t first_end_ms = 0;    // of the cell of the first value
  std::vector<double> values;  // cell by cell
};

PanelBuilder::PanelBuilder(std::optional<int64_t> step_ms, size_t max_cells)
    : step_ms_(step_ms), max_cells_(max_cells) {}

PanelBuilder::~PanelBuilder() = default;

absl::Status PanelBuilder::Add(const HistoryPiece& piece) {
  const Labels labels = LabelsOf(piece.labels);
  auto& series = series_[labels.ToString()];
  if (series == nullptr) {
    series = std::make_unique<Series>();
    series->reading = MetricCatalog().ReadingOf(labels.metric_name(), SampleKind::kFloat);
    if (step_ms_) series->grid.emplace(*step_ms_, series->reading);
  }
  for (const Sample& sample : piece.samples) {
    if (sample.timestamp_ms <= series->newest_ms) continue;
    series->newest_ms = sample.timestamp_ms;
    if (auto status = AddSample(*series, sample); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status PanelBuilder::AddSample(Series& series, Sample sample) {
  if (!series.grid) {
    series.early.push_back(sample);
    const auto step_ms = series.detector.Add(sample.timestamp_ms);
    if (!step_ms) return absl::OkStatus();
    series.grid.emplace(*step_ms, series.reading);
    for (const Sample& early : std::exchange(series.early, {})) {
      if (auto status = AddSample(series, early); !status.ok()) return status;
    }
    return absl::OkStatus();
  }
  const int64_t step_ms = series.grid->step_ms();
  int64_t end_ms = series.grid->empty() ? 0 : series.grid->closed_cell_end_ms() + step_ms;
  GridEvents events;
  const GridLimits limits{.max_gap_cells = 0};
  series.grid->Add(sample, sample.timestamp_ms, limits, events, [&](double value, int64_t skipped_cells) {
    const int64_t cell_end_ms = end_ms;
    end_ms += std::max<int64_t>(skipped_cells, 1) * step_ms;
    if (!std::isfinite(value)) return;
    if (series.values.empty()) series.first_end_ms = cell_end_ms;
    const auto cell = static_cast<size_t>((cell_end_ms - series.first_end_ms) / step_ms);
    cells_ += cell + 1 - series.values.size();
    if (cells_ > max_cells_) return;
    series.values.resize(cell, kMissing);
    series.values.push_back(value);
  });
  if (cells_ <= max_cells_) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("more than {} cells; select fewer series, fewer days or a longer --step", max_cells_));
}

std::vector<Panel> PanelBuilder::Take() {
  std::map<int64_t, std::vector<std::pair<std::string, Series*>>> by_step;
  for (const auto& [name, series] : series_) {
    if (series->grid && !series->values.empty()) by_step[series->grid->step_ms()].emplace_back(name, series.get());
  }
  std::vector<Panel> panels;
  for (const auto& [step_ms, members] : by_step) {
    int64_t first_ms = std::numeric_limits<int64_t>::max();
    int64_t last_ms = std::numeric_limits<int64_t>::min();
    for (const auto& [name, series] : members) {
      first_ms = std::min(first_ms, series->first_end_ms);
      last_ms = std::max(last_ms, series->first_end_ms + (static_cast<int64_t>(series->values.size()) - 1) * step_ms);
    }
    Panel& panel = panels.emplace_back();
    panel.path = fmt::format("history at {} steps", FormatDuration(step_ms));
    for (int64_t t = first_ms; t <= last_ms; t += step_ms) panel.times_ms.push_back(t);
    for (const auto& [name, series] : members) {
      panel.names.push_back(name);
      std::vector<double>& column = panel.values.emplace_back(std::exchange(series->values, {}));
      column.insert(column.begin(), static_cast<size_t>((series->first_end_ms - first_ms) / step_ms), kMissing);
      column.resize(panel.times_ms.size(), kMissing);
    }
  }
  series_.clear();
  return panels;
}

absl::StatusOr<std::vector<Panel>> ReadHistoryPanels(HistoryReader& reader, const Selector& selector,
                                                     const HistoryRange& range, std::optional<int64_t> step_ms,
                                                     const std::function<void(size_t, size_t)>& progress) {
  using std::chrono::steady_clock;
  PanelBuilder builder(step_ms);
  std::vector<Matcher> matchers = selector.matchers();
  matchers.push_back({MatchType::kEqual, std::string(kForecasterLabel), ""});
  HistoryWalk walk({matchers}, range.from_ms, range.to_ms);
  const auto seconds = [&](int64_t until_ms) { return static_cast<size_t>((until_ms - range.from_ms) / 1000); };
  Backoff backoff(std::chrono::milliseconds(500), std::chrono::seconds(10));
  auto last_success = steady_clock::now();
  while (!walk.done()) {
    progress(seconds(walk.at_ms()), seconds(range.to_ms));
    const absl::Status status = walk.ReadWindow(reader, [&](const HistoryPiece& piece) { return builder.Add(piece); });
    if (status.ok()) {
      last_success = steady_clock::now();
      backoff.Reset();
    } else if (!absl::IsUnavailable(status) || steady_clock::now() - last_success > kPatience) {
      return status;
    } else {
      std::this_thread::sleep_for(backoff.Next());
    }
  }
  std::vector<Panel> panels = builder.Take();
  if (!panels.empty()) return panels;
  return absl::NotFoundError(
      fmt::format("{} selects no series with history there; check --match and --days", selector.text()));
}

}  // namespace promcast
