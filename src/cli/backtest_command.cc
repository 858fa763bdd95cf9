#include "cli/backtest_command.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <memory>
#include <system_error>
#include <thread>

#include "backtest/backtest.h"
#include "backtest/history_panels.h"
#include "backtest/m4.h"
#include "backtest/score_report.h"
#include "cli/progress_bar.h"
#include "http_client/url.h"
#include "promcast/model_bank.h"
#include "remote_read/history_client.h"
#include "timeseries/clock.h"
#include "timeseries/duration.h"

namespace promcast {
namespace {

constexpr int64_t kSecondMs = 1000;

absl::Status Wrong(std::string_view flag, std::string_view problem) {
  return absl::InvalidArgumentError(fmt::format("{}: {}", flag, problem));
}

std::vector<std::string> Split(const std::string& list) {
  return absl::StrSplit(list, ',', absl::SkipWhitespace());
}

absl::StatusOr<int64_t> ParsePositive(std::string_view flag, const std::string& text) {
  const auto duration_ms = ParseDurationMs(text);
  if (!duration_ms.ok()) return Wrong(flag, std::string(duration_ms.status().message()));
  if (*duration_ms <= 0) return Wrong(flag, "must be longer than 0s");
  return *duration_ms;
}

absl::Status ParseDurations(std::string_view flag, const std::string& list, std::vector<int64_t>& durations_ms) {
  durations_ms.clear();
  for (const std::string& text : Split(list)) {
    const auto duration_ms = ParsePositive(flag, text);
    if (!duration_ms.ok()) return duration_ms.status();
    durations_ms.push_back(*duration_ms);
  }
  return absl::OkStatus();
}

absl::Status ParseAutoOr(std::string_view flag, const std::string& text, std::optional<int64_t>& duration_ms) {
  if (text == "auto") return absl::OkStatus();
  const auto parsed = ParsePositive(flag, text);
  if (!parsed.ok()) return parsed.status();
  duration_ms = *parsed;
  return absl::OkStatus();
}

absl::Status ParseSeasons(const std::string& list, BacktestOptions& options) {
  options.detect_seasons = list == "auto";
  return options.detect_seasons ? absl::OkStatus() : ParseDurations("--seasons", list, options.seasons_ms);
}

absl::Status ParseCoverages(const std::string& list, std::vector<double>& coverages) {
  coverages.clear();
  for (const std::string& text : Split(list)) {
    double coverage = 0;
    if (!absl::SimpleAtod(text, &coverage) || !(coverage > 0) || !(coverage < 1)) {
      return Wrong("--coverage", fmt::format("`{}` is no number between 0 and 1", text));
    }
    coverages.push_back(coverage);
  }
  std::sort(coverages.begin(), coverages.end());
  coverages.erase(std::unique(coverages.begin(), coverages.end()), coverages.end());
  if (coverages.empty() || coverages.size() > BankOptions::kMaxCoverages) {
    return Wrong("--coverage", fmt::format("give 1 to {}", BankOptions::kMaxCoverages));
  }
  return absl::OkStatus();
}

absl::Status CheckNumbers(const BacktestFlags& flags) {
  for (const auto& [name, value] :
       {std::pair{"--from-days", flags.from_days}, {"--floor", flags.floor}, {"--ceiling", flags.ceiling}}) {
    if (value && !std::isfinite(*value)) return Wrong(name, "must be a finite number");
  }
  if (flags.from_days && *flags.from_days < 0) return Wrong("--from-days", "must not be negative");
  if (flags.floor && flags.ceiling && !(*flags.floor < *flags.ceiling)) {
    return Wrong("--floor", "must be below --ceiling");
  }
  return absl::OkStatus();
}

size_t ThreadsOf(int asked) {
  return asked > 0 ? static_cast<size_t>(asked) : std::max(1U, std::thread::hardware_concurrency());
}

absl::StatusOr<BacktestOptions> Parse(const BacktestFlags& flags) {
  BacktestOptions options;
  options.from_days = flags.from_days;
  options.floor = flags.floor;
  options.ceiling = flags.ceiling;
  options.threads = ThreadsOf(flags.threads);
  options.profile = ProfileOf(flags.profile).value_or(Profile::kStandard);
  options.extra_models = Split(flags.extra_models);
  options.without_models = Split(flags.without_models);
  const bool from_store = !flags.from_prometheus.empty();
  if (from_store == !flags.panels.empty()) {
    return from_store ? Wrong("--from-prometheus", "give it or panels, not both")
                      : Wrong("PANEL", "name at least one panel, or --from-prometheus");
  }
  for (const absl::Status& status :
       {CheckNumbers(flags), ParseDurations("--horizons", flags.horizons, options.horizons_ms),
        ParseSeasons(flags.seasons, options), ParseAutoOr("--step", flags.step, options.step_ms),
        ParseAutoOr("--every", flags.every, options.every_ms), ParseCoverages(flags.coverages, options.coverages)}) {
    if (!status.ok()) return status;
  }
  if (options.horizons_ms.empty()) return Wrong("--horizons", "give at least one");
  if (options.step_ms && *options.step_ms % kSecondMs != 0) return Wrong("--step", "must be whole seconds");
  return options;
}

int Fail(const absl::Status& status) {
  fmt::print(stderr, "promcast backtest: {}\n", std::string(status.message()));
  return absl::IsInvalidArgument(status) ? 2 : 1;
}

absl::Status WriteFile(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  const bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = file != nullptr && std::fclose(file) == 0;
  if (written && closed) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("{}: cannot be written: {}", path, std::generic_category().message(errno)));
}

/// Writes what --json names, if anything; the exit code.
int Finish(const std::string& json_file, const std::string& json) {
  if (json_file.empty()) return 0;
  const absl::Status status = WriteFile(json_file, json);
  return status.ok() ? 0 : Fail(status);
}

/// The store that --from-prometheus names, by its URL or, where that has no path, at Prometheus's own.
absl::StatusOr<HistorySourceOptions> SourceOf(const BacktestFlags& flags) {
  HistorySourceOptions source;
  source.url = flags.from_prometheus;
  if (const auto url = ParseUrl(source.url); url.ok() && url->target == "/") {
    source.url += source.url.ends_with('/') ? "api/v1/read" : "/api/v1/read";
  }
  const absl::Status status = ValidateHistorySource(source);
  if (!status.ok()) return Wrong("--from-prometheus", std::string(status.message()));
  return source;
}

absl::StatusOr<std::vector<Panel>> ReadPanels(const BacktestFlags& flags, const BacktestOptions& options) {
  const auto source = SourceOf(flags);
  if (!source.ok()) return source.status();
  if (flags.match.empty()) return Wrong("--match", "say which series, as 'node_load1{job=\"node\"}'");
  const auto selector = Selector::Parse(flags.match);
  if (!selector.ok()) return Wrong("--match", std::string(selector.status().message()));
  if (!(flags.days > 0 && flags.days <= 3660)) return Wrong("--days", "must be above 0 and at most 3660");
  const int64_t now_ms = SystemClock().NowMs();
  const HistoryRange range{now_ms - static_cast<int64_t>(flags.days * 86'400'000), now_ms};
  const auto reader = MakeHistoryReader(*source);
  ProgressBar bar("reading history");
  auto panels = ReadHistoryPanels(*reader, *selector, range, options.step_ms,
                                  [&bar](size_t done, size_t total) { bar.Show(done, total); });
  if (panels.ok() || absl::IsInvalidArgument(panels.status())) return panels;
  return absl::Status(panels.status().code(),
                      fmt::format("{}: {}", WithoutUserInfo(source->url), std::string(panels.status().message())));
}

absl::StatusOr<BacktestReport> RunWithBar(const BacktestFlags& flags, const BacktestOptions& options,
                                          ForecastDump* dump) {
  if (!flags.from_prometheus.empty()) {
    auto panels = ReadPanels(flags, options);
    if (!panels.ok()) return panels.status();
    ProgressBar bar("replaying");
    return RunBacktest(*std::move(panels), options, dump, [&bar](size_t done, size_t total) { bar.Show(done, total); });
  }
  ProgressBar bar("replaying");
  return RunBacktest(flags.panels, options, dump, [&bar](size_t done, size_t total) { bar.Show(done, total); });
}

}  // namespace

int RunBacktestCommand(const BacktestFlags& flags) {
  const auto options = Parse(flags);
  if (!options.ok()) return Fail(options.status());
  std::unique_ptr<ForecastDump> dump;
  if (!flags.forecasts_file.empty()) {
    auto created = ForecastDump::Create(flags.forecasts_file);
    if (!created.ok()) return Fail(created.status());
    dump = *std::move(created);
  }
  const auto report = RunWithBar(flags, *options, dump.get());
  if (!report.ok()) return Fail(report.status());
  for (const std::string& notice : report->notices) fmt::print(stderr, "note: {}\n", notice);
  fmt::print("{}", ScoresTable(*report));
  if (flags.models) fmt::print("\n{}", report->models.Text());
  if (dump != nullptr) {
    if (const absl::Status status = dump->Close(); !status.ok()) return Fail(status);
  }
  return Finish(flags.json_file, ScoresJson(*report));
}

int RunM4Command(const M4Flags& flags) {
  const auto report = [&flags] {
    ProgressBar bar("replaying");
    return RunM4(flags.train, flags.test, ThreadsOf(flags.threads),
                 [&bar](size_t done, size_t total) { bar.Show(done, total); });
  }();
  if (!report.ok()) return Fail(report.status());
  fmt::print("{}", M4Table(*report));
  return Finish(flags.json_file, M4Json(*report));
}

}  // namespace promcast
