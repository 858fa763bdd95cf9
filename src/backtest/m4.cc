#include "backtest/m4.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "backtest/csv_records.h"
#include "backtest/panel.h"
#include "backtest/parallel_for.h"
#include "backtest/progress_count.h"
#include "backtest/thread_cpu.h"
#include "promcast/model_bank.h"

namespace promcast {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr size_t kDayHours = 24;
constexpr int kWeekHours = 168;
constexpr size_t kMostSteps = 48;  // that M4 Hourly asks for
constexpr size_t kFewestValues = 2 * kDayHours;
// Naive2 on M4 Hourly, as the competition published it: Mcompetitions/M4-methods, Evaluation and Ranks.xlsx.
constexpr double kNaive2Smape = 18.383;
constexpr double kNaive2Mase = 2.395;

struct Pair {
  const M4Series* train;
  const M4Series* test;
};

struct SeriesScore {
  double smape = 0, mase = 0;
  int64_t cpu_ns = 0;
};

std::shared_ptr<const BankOptions> HourlyBank() {
  auto options = std::make_shared<BankOptions>();
  options->horizons = {1, 2, 3};
  for (int steps = 4; steps <= static_cast<int>(kMostSteps); steps += 2) options->horizons.push_back(steps);
  options->coverages = {.95};
  options->seasons = {static_cast<int>(kDayHours), kWeekHours};
  options->step_ms = kHourMs;
  options->profile = Profile::kRich;
  options->without_models = {"direct_slow"};  // remembers 5000 cells: more than a series has
  options->extra_models = {"autoregression", "autoregression_log", "damped_profile", "damped_profile_week",
                           "damped_profile_week_log"};
  return options;
}

/// The newest value for as long as the bank has none to offer.
std::vector<double> Ahead(const ModelBank& bank, double newest, size_t steps) {
  double lower = 0, upper = 0;
  ForecastOut out{newest, {&lower, 1}, {&upper, 1}};
  std::vector<double> points;
  for (size_t i = 1; i <= steps; i++) {
    points.push_back(bank.Forecast(static_cast<int>(i), out) ? out.point : newest);
  }
  return points;
}

SeriesScore Score(const Pair& pair, const std::shared_ptr<const BankOptions>& options) {
  SeriesScore score;
  const int64_t began_ns = ThreadCpuNs();
  ModelBank bank(options);
  for (const double value : pair.train->values) bank.Update(value);
  const std::vector<double> points = Ahead(bank, pair.train->values.back(), pair.test->values.size());
  score.cpu_ns = ThreadCpuNs() - began_ns;
  score.smape = SymmetricMape(pair.test->values, points);
  score.mase = MeanAbsoluteScaledError(pair.train->values, pair.test->values, points, kDayHours);
  return score;
}

absl::StatusOr<std::vector<M4Series>> ReadFile(const std::string& path) {
  auto source = OpenBytes(path);
  if (!source.ok()) return source.status();
  return ReadM4(*std::move(source), path);
}

absl::Status Bad(const std::string& path, const std::string& problem) {
  return absl::DataLossError(fmt::format("{}: {}", path, problem));
}

absl::StatusOr<std::vector<Pair>> Match(const std::vector<M4Series>& train, const std::string& train_path,
                                        const std::vector<M4Series>& test, const std::string& test_path) {
  std::unordered_map<std::string, const M4Series*> by_id;
  for (const M4Series& series : test) by_id[series.id] = &series;
  std::vector<Pair> pairs;
  for (const M4Series& series : train) {
    const auto found = by_id.find(series.id);
    if (found == by_id.end()) return Bad(test_path, fmt::format("has no series `{}`", series.id));
    const size_t steps = found->second->values.size();
    if (steps < 1 || steps > kMostSteps) {
      return Bad(test_path, fmt::format("series `{}` has {} values; expected 1 to {}", series.id, steps, kMostSteps));
    }
    if (series.values.size() < kFewestValues) {
      return Bad(train_path, fmt::format("series `{}` has {} values; expected {} at least", series.id,
                                         series.values.size(), kFewestValues));
    }
    pairs.push_back({&series, found->second});
  }
  if (pairs.empty()) return Bad(train_path, "has no series");
  return pairs;
}

M4Report Pool(const std::vector<SeriesScore>& scores) {
  M4Report report;
  report.series = scores.size();
  double smape = 0, mase = 0, cpu_ns = 0;
  for (const SeriesScore& score : scores) {
    smape += score.smape;
    report.unscaled += std::isnan(score.mase) ? 1 : 0;
    mase += std::isnan(score.mase) ? 0 : score.mase;
    cpu_ns += static_cast<double>(score.cpu_ns);
  }
  report.smape = smape / static_cast<double>(report.series);
  report.mase = mase / static_cast<double>(report.series - report.unscaled);
  report.owa = (report.smape / kNaive2Smape + report.mase / kNaive2Mase) / 2;
  report.seconds = cpu_ns / 1e9;
  return report;
}

bool IsMissing(std::string_view cell) {
  return cell.empty() || cell == "NA";
}

}  // namespace

absl::StatusOr<std::vector<M4Series>> ReadM4(ByteSource source, const std::string& path) {
  CsvRecords records(std::move(source), path);
  std::vector<M4Series> all;
  size_t cells_read = 0;
  if (const auto header = records.Next(); !header.ok()) return header.status();
  while (true) {
    const auto found = records.Next();
    if (!found.ok()) return found.status();
    if (!*found) return all;
    auto cells = records.cells();
    while (cells.size() > 1 && IsMissing(cells.back())) cells = cells.first(cells.size() - 1);
    if ((cells_read += cells.size()) > kMaxPanelCells) return records.Error("too many values");
    M4Series& series = all.emplace_back();
    series.id = cells[0];
    for (const std::string_view cell : cells.subspan(1)) {
      double value = 0;
      if (!ParseCell(cell, value) || std::isnan(value)) {
        return records.Error(fmt::format("value {} of series `{}` is no number", series.values.size() + 1, series.id));
      }
      series.values.push_back(value);
    }
  }
}

double SymmetricMape(std::span<const double> actual, std::span<const double> forecast) {
  double sum = 0;
  for (size_t i = 0; i < actual.size(); i++) {
    const double size = std::abs(actual[i]) + std::abs(forecast[i]);
    if (size > 0) sum += 200 * std::abs(actual[i] - forecast[i]) / size;
  }
  return sum / static_cast<double>(actual.size());
}

double MeanAbsoluteScaledError(std::span<const double> train, std::span<const double> actual,
                               std::span<const double> forecast, size_t season) {
  double scale = 0, error = 0;
  for (size_t i = season; i < train.size(); i++) scale += std::abs(train[i] - train[i - season]);
  if (!(scale > 0)) return std::numeric_limits<double>::quiet_NaN();
  scale /= static_cast<double>(train.size() - season);
  for (size_t i = 0; i < actual.size(); i++) error += std::abs(actual[i] - forecast[i]);
  return error / static_cast<double>(actual.size()) / scale;
}

absl::StatusOr<M4Report> RunM4(const std::string& train_path, const std::string& test_path, size_t threads,
                               const BacktestProgress& progress) {
  const auto train = ReadFile(train_path);
  if (!train.ok()) return train.status();
  const auto test = ReadFile(test_path);
  if (!test.ok()) return test.status();
  const auto pairs = Match(*train, train_path, *test, test_path);
  if (!pairs.ok()) return pairs.status();
  ProgressCount count(progress);
  count.Expect(pairs->size());
  const auto options = HourlyBank();
  std::vector<SeriesScore> scores(pairs->size());
  ParallelFor(scores.size(), threads, [&](size_t i) {
    scores[i] = Score((*pairs)[i], options);
    count.Done();
  });
  M4Report report = Pool(scores);
  if (report.unscaled == report.series) return Bad(train_path, "every series repeats its days exactly: no MASE");
  return report;
}

std::string M4Json(const M4Report& report) {
  const nlohmann::ordered_json json = {{"series", report.series},
                                       {"sMAPE", report.smape},
                                       {"MASE", report.mase},
                                       {"OWA", report.owa},
                                       {"seconds", report.seconds}};
  return json.dump() + "\n";
}

std::string M4Table(const M4Report& report) {
  std::string text =
      fmt::format("{:>8}{:>9}{:>9}{:>9}{:>10}\n{:>8}{:>9.3f}{:>9.3f}{:>9.3f}{:>10.2f}\n", "series", "sMAPE", "MASE",
                  "OWA", "seconds", report.series, report.smape, report.mase, report.owa, report.seconds);
  if (report.unscaled > 0) text += fmt::format("{} series have no MASE: they repeat their days\n", report.unscaled);
  return text;
}

}  // namespace promcast
