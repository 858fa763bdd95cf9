#include "backtest/replay.h"

#include <algorithm>
#include <limits>

#include "backtest/thread_cpu.h"

namespace promcast {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kSilenceMs = 3'600'000;

struct Cell {
  int64_t index;
  int64_t newest_ms;
  double value;
};

std::vector<Cell> CellsOf(const Samples& samples, const ReplayPlan& plan) {
  std::vector<Cell> cells;
  for (size_t i = 0; i < samples.values.size(); i++) {
    const Cell cell{plan.CellOf(samples.times_ms[i]), samples.times_ms[i], samples.values[i]};
    if (!cells.empty() && cells.back().index == cell.index) {
      cells.back() = cell;
    } else {
      cells.push_back(cell);
    }
  }
  return cells;
}

/// Calls issue(cell) for each cell at whose end a forecast is due, from the i-th cell with a value until the next one.
template <class Issue>
void ForEachIssue(const std::vector<Cell>& cells, size_t i, const ReplayPlan& plan, Issue&& issue) {
  const int64_t last_time_ms = std::min(plan.end_ms, cells[i].newest_ms + std::max(kSilenceMs, plan.step_ms));
  const int64_t next = i + 1 < cells.size() ? cells[i + 1].index : std::numeric_limits<int64_t>::max();
  const int64_t every = plan.every_cells;
  int64_t cell = (cells[i].index + every - 1) / every * every;
  for (; cell < next && plan.TimeOf(cell) <= last_time_ms; cell += every) issue(cell);
}

std::vector<int64_t> IssueTimes(const std::vector<Cell>& cells, const ReplayPlan& plan) {
  std::vector<int64_t> times_ms;
  for (size_t i = 0; i < cells.size(); i++) {
    ForEachIssue(cells, i, plan, [&](int64_t cell) { times_ms.push_back(plan.TimeOf(cell)); });
  }
  return times_ms;
}

/// Asks the bank for every horizon and lays the answers into column `issue` of the tensors.
class Asker {
 public:
  Asker(const BankOptions& options, ReplayedForecasts& out)
      : options_(options), out_(out), lower_(options.coverages.size()), upper_(options.coverages.size()) {}

  /// `behind`: empty cells since the bank's newest one.
  void Ask(const ModelBank& bank, int64_t behind, size_t issue) {
    ForecastOut forecast;
    forecast.lower = lower_;
    forecast.upper = upper_;
    for (size_t h = 0; h < options_.horizons.size(); h++) {
      if (!bank.Forecast(options_.horizons[h] + static_cast<int>(behind), forecast)) continue;
      out_.point(h, issue) = forecast.point;
      for (size_t c = 0; c < lower_.size(); c++) {
        out_.lower(c, h, issue) = lower_[c];
        out_.upper(c, h, issue) = upper_[c];
      }
    }
  }

 private:
  const BankOptions& options_;
  ReplayedForecasts& out_;
  std::vector<double> lower_, upper_;
};

}  // namespace

ReplayedForecasts Replay(const Samples& samples, const ReplayPlan& plan) {
  ReplayedForecasts out;
  const std::vector<Cell> cells = CellsOf(samples, plan);
  out.issued_ms = IssueTimes(cells, plan);
  out.cells = static_cast<int64_t>(cells.size());
  const BankOptions& options = *plan.bank;
  const size_t horizons = options.horizons.size(), coverages = options.coverages.size(), issues = out.issued_ms.size();
  out.point = xt::xtensor<double, 2>({horizons, issues}, kNaN);
  out.lower = xt::xtensor<double, 3>({coverages, horizons, issues}, kNaN);
  out.upper = out.lower;
  Asker asker(options, out);

  const int64_t began_ns = ThreadCpuNs();
  ModelBank bank(plan.bank);
  size_t issue = 0;
  int64_t newest = cells.empty() ? 0 : cells[0].index - 1;  // cell that the bank stands at
  for (size_t i = 0; i < cells.size(); i++) {
    if (cells[i].index > newest + 1) bank.Skip(cells[i].index - newest - 1);
    bank.Update(cells[i].value);
    newest = cells[i].index;
    ForEachIssue(cells, i, plan, [&](int64_t cell) { asker.Ask(bank, cell - newest, issue++); });
  }
  out.cpu_ns = ThreadCpuNs() - began_ns;
  for (size_t h = 0; h < horizons; h++) out.models.push_back(bank.Models(h));
  out.seasons = bank.seasons();
  out.state_bytes = bank.StateBytes();
  return out;
}

}  // namespace promcast
