// promcast: forecasts for Prometheus, written back as series.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "cli/backtest_command.h"
#include "cli/check.h"
#include "cli/demo_command.h"
#include "cli/serve.h"
#include "timeseries/duration.h"

namespace promcast {
namespace {

const CLI::Validator kDuration(
    [](std::string& text) {
      const auto duration_ms = ParseDurationMs(text);
      return duration_ms.ok() ? std::string() : std::string(duration_ms.status().message());
    },
    "DURATION");

void AddServe(CLI::App& app, ServeFlags& flags, int& exit_code) {
  CLI::App* serve = app.add_subcommand("serve", "Receive remote write, forecast, write predictions back");
  serve->add_option("--config.file", flags.config_file, "The configuration; SIGHUP reads it again")
      ->capture_default_str();
  serve->add_option("--web.listen-address", flags.listen_addresses, "Address for HTTP; may be given several times")
      ->capture_default_str();
  serve->add_option(
      "--grpc.listen-address", flags.grpc_listen_address,
      "Address for remote write over gRPC (Thanos's WriteableStore); loopback only, unless TLS is configured");
  serve->add_option("--web.config.file", flags.web_config_file,
                    "TLS and basic authentication, in the exporter toolkit's format");
  serve->add_flag("--web.enable-lifecycle", flags.enable_lifecycle, "Allow POST /-/reload and /-/quit");
  serve->add_option("--web.max-connections", flags.max_connections, "Connections served at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  serve->add_option("--web.read-timeout", flags.read_timeout, "Longest time to read a request")
      ->capture_default_str()
      ->check(kDuration);
  serve->add_option("--log.level", flags.log_level, "debug, info, warn or error")
      ->capture_default_str()
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  serve->add_option("--log.format", flags.log_format, "logfmt or json")
      ->capture_default_str()
      ->check(CLI::IsMember({"logfmt", "json"}));
  serve->callback([&] { exit_code = Serve(flags); });
}

void AddCheck(CLI::App& app, std::string& path, int& exit_code) {
  CLI::App* check = app.add_subcommand("check", "Check files before promcast reads them")->require_subcommand(1);
  CLI::App* config = check->add_subcommand("config", "Say what a configuration does, or what is wrong with it");
  config->add_option("FILE", path, "The configuration file")->required();
  config->callback([&] { exit_code = CheckConfig(path); });
}

void AddDemo(CLI::App& app, DemoOptions& options, std::string& day, int& exit_code) {
  CLI::App* demo =
      app.add_subcommand("demo", "A small exporter of realistic series whose days are short, to try promcast with");
  demo->add_option("--web.listen-address", options.listen_address, "Address of /metrics")->capture_default_str();
  demo->add_option("--day", day, "How long a day of the demo lasts")->capture_default_str()->check(kDuration);
  demo->add_option("--seed", options.seed, "Another seed makes another service")->capture_default_str();
  demo->callback([&] {
    options.day_ms = *ParseDurationMs(day);
    exit_code = RunDemoCommand(options);
  });
}

void AddBacktest(CLI::App& app, BacktestFlags& flags, int& exit_code) {
  CLI::App* backtest = app.add_subcommand("backtest", "Replay recorded series and score the forecasts");
  backtest->add_option("PANEL", flags.panels,
                       "Panels to replay, .csv or .csv.gz: a header `timestamp_ms,<series>...` and a row a timestamp, "
                       "ascending; an empty or NaN cell is a missing sample");
  backtest->add_option("--horizons", flags.horizons, "How far ahead; rounded to whole steps")->capture_default_str();
  backtest->add_option("--coverage", flags.coverages, "Of the bands, between 0 and 1")->capture_default_str();
  backtest->add_option("--seasons", flags.seasons, "Season lengths the models are told of; '' for none")
      ->capture_default_str();
  backtest->add_option("--step", flags.step, "Width of a cell; auto: the most common distance of timestamps")
      ->capture_default_str();
  backtest->add_option("--every", flags.every, "Distance of two forecasts; auto: 30m, or the step where that is longer")
      ->capture_default_str();
  backtest->add_option("--from-days", flags.from_days,
                       "Score what is issued this many days after a panel's first sample or later; by default a third "
                       "of the panel");
  backtest->add_option("--floor", flags.floor, "No forecast or band goes below");
  backtest->add_option("--ceiling", flags.ceiling, "No forecast or band goes above");
  backtest->add_option("--threads", flags.threads, "0: as many as there are cores; the scores do not depend on it")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  backtest->add_option("--json", flags.json_file, "Write scores and cost to this file");
  backtest->add_option("--forecasts", flags.forecasts_file,
                       "Write each forecast to this file, as CSV: series,issued_ms,target_ms,horizon_s,predicted,lower,"
                       "upper,coverage; with several panels the series are called PANEL:series");
  backtest->add_flag("--models", flags.models, "Also print which models lead at each horizon");
  backtest->callback([&] { exit_code = RunBacktestCommand(flags); });
}

int Main(int argc, char** argv) {
  CLI::App app(
      "promcast gives Prometheus the future: it learns every selected series from the remote-write stream\n"
      "and writes predictions back as series.");
  app.name("promcast");
  app.set_version_flag("--version", fmt::format("promcast {}", PROMCAST_VERSION));
  app.require_subcommand(1);
  int exit_code = 0;
  ServeFlags serve_flags;
  std::string config_path, day = "2m";
  DemoOptions demo_options;
  BacktestFlags backtest_flags;
  AddServe(app, serve_flags, exit_code);
  AddCheck(app, config_path, exit_code);
  AddBacktest(app, backtest_flags, exit_code);
  AddDemo(app, demo_options, day, exit_code);
  CLI11_PARSE(app, argc, argv);
  return exit_code;
}

}  // namespace
}  // namespace promcast

int main(int argc, char** argv) {
  return promcast::Main(argc, argv);
}
