// promcast: forecasts for Prometheus, written back as series.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/backtest_command.h"
#include "cli/check.h"
#include "cli/demo_command.h"
#include "cli/serve.h"
#include "cli/snapshot_command.h"
#include "timeseries/duration.h"

namespace promcast {
namespace {

constexpr int kWrongUse = 2;

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
  serve->add_option("--storage.path", flags.storage_path,
                    "Folder for snapshots of what is learned, restored at start; without it a restart forgets all");
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

CLI::Option* AddMatch(CLI::App& command, std::vector<std::string>& match, const std::string& help) {
  return command.add_option("--match", match, help)->type_name("SELECTOR");
}

void AddSnapshot(CLI::App& app, InspectFlags& inspect_flags, std::string& verify_path, int& exit_code) {
  CLI::App* snapshot = app.add_subcommand("snapshot", "Look into what serve stores")->require_subcommand(1);
  CLI::App* inspect = snapshot->add_subcommand("inspect", "Say what a snapshot holds");
  inspect->add_option("PATH", inspect_flags.path, "A snapshot, or a storage path, whose newest is taken")->required();
  AddMatch(*inspect, inspect_flags.match, "List the series selected, as 'node_load1{job=\"node\"}'");
  inspect->add_option("--limit", inspect_flags.limit, "Longest list")
      ->capture_default_str()
      ->check(CLI::Range(0, 1'000'000'000));
  inspect->callback([&] { exit_code = InspectSnapshot(inspect_flags); });
  CLI::App* verify = snapshot->add_subcommand("verify", "Read snapshots to the last byte; exit code 1 for damage");
  verify->add_option("PATH", verify_path, "A snapshot, or a storage path, whose snapshots are all read")->required();
  verify->callback([&] { exit_code = VerifySnapshots(verify_path); });
}

void AddTransfer(CLI::App& app, ExportFlags& export_flags, ImportFlags& import_flags, int& exit_code) {
  CLI::App* out = app.add_subcommand("export", "Write what is known of series to standard output, for another machine");
  out->add_option("--storage.path", export_flags.storage_path,
                  "Where serve stores; its newest snapshot is taken, also while it runs. Or one snapshot")
      ->required();
  AddMatch(*out, export_flags.match, "Series to take; may be given several times. Default: all");
  out->footer("Example:\n  promcast export --storage.path /var/lib/promcast --match '{job=\"node\"}' > node.promcast");
  out->callback([&] { exit_code = ExportState(export_flags); });
  CLI::App* in = app.add_subcommand("import", "Add exported series to a storage path, while serve does not run on it");
  in->add_option("--storage.path", import_flags.storage_path, "Where serve stores; made if need be")->required();
  in->add_option("FILE", import_flags.file, "What export wrote, or a snapshot")->required();
  in->footer("Series that are there already are replaced. The next start of serve goes on from there.");
  in->callback([&] { exit_code = ImportState(import_flags); });
}

constexpr std::string_view kBacktestExamples =
    "Examples:\n"
    "  promcast backtest node.csv.gz\n"
    "  promcast backtest --from-prometheus http://127.0.0.1:9090 --match 'node_load1{job=\"node\"}' --days 21\n"
    "  promcast backtest a.csv b.csv.gz --horizons 15m,4h --coverage 0.9 --seasons 1d,1w --from-days 21\n"
    "  promcast backtest disk.csv --step 5m --every 1h --floor 0 --ceiling 1 --threads 2 --models\n"
    "  promcast backtest node.csv --profile rich --extra-models theta,croston --without-models direct_fast\n"
    "  promcast backtest node.csv.gz --json scores.json --forecasts forecasts.csv\n"
    "  promcast backtest m4 Hourly-train.csv Hourly-test.csv --json m4.json";

CLI::Option* AddThreads(CLI::App& command, int& threads) {
  return command.add_option("--threads", threads, "0: as many as there are cores; the scores do not depend on it")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
}

void AddM4(CLI::App& backtest, M4Flags& flags, int& exit_code) {
  CLI::App* m4 = backtest.add_subcommand("m4", "Score the hourly series of the M4 competition: sMAPE, MASE and OWA");
  m4->add_option("TRAIN", flags.train, "The training series, in the competition's layout; may be gzip")->required();
  m4->add_option("TEST", flags.test, "What follows each of them; seen by the scores alone")->required();
  AddThreads(*m4, flags.threads);
  m4->add_option("--json", flags.json_file, "Write the scores to this file")->type_name("FILE");
  m4->footer("Example:\n  promcast backtest m4 Hourly-train.csv Hourly-test.csv --threads 2 --json m4.json");
  m4->callback([&] { exit_code = RunM4Command(flags); });
}

void AddBacktest(CLI::App& app, BacktestFlags& flags, M4Flags& m4_flags, int& exit_code) {
  CLI::App* backtest = app.add_subcommand("backtest", "Replay recorded series and score the forecasts");
  backtest
      ->add_option("PANEL", flags.panels,
                   "Panels to replay, .csv or .csv.gz: a header `timestamp_ms,<series>...` and a row a timestamp, "
                   "in order of time; an empty or NaN cell is a missing sample")
      ->type_name("FILE");
  backtest
      ->add_option("--from-prometheus", flags.from_prometheus,
                   "Read the series from this Prometheus instead, over remote read; from VictoriaMetrics where the URL "
                   "ends in /api/v1/export")
      ->type_name("URL");
  backtest->add_option("--match", flags.match, "Which series --from-prometheus reads")->type_name("SELECTOR");
  backtest->add_option("--days", flags.days, "How many days back --from-prometheus reads")->capture_default_str();
  backtest->add_option("--horizons", flags.horizons, "How far ahead; rounded to whole steps")
      ->type_name("LIST")
      ->capture_default_str();
  backtest->add_option("--coverage", flags.coverages, "Of the bands, between 0 and 1")
      ->type_name("LIST")
      ->capture_default_str();
  backtest->add_option("--profile", flags.profile, "How much a bank remembers")
      ->capture_default_str()
      ->check(CLI::IsMember({"lean", "standard", "rich"}));
  backtest->add_option("--extra-models", flags.extra_models,
                       "Models beside the profile's, as theta,croston; a wrong name lists them all");
  backtest->add_option("--without-models", flags.without_models, "Leaves models of the profile out: an ablation");
  backtest
      ->add_option("--seasons", flags.seasons,
                   "Season lengths the models are told of; '' for none, auto: found by the models")
      ->type_name("LIST")
      ->capture_default_str();
  backtest->add_option("--step", flags.step, "Width of a cell; auto: the most common distance of timestamps")
      ->type_name("DURATION")
      ->capture_default_str();
  backtest
      ->add_option("--every", flags.every,
                   "Distance of two forecasts; auto: about 30m, for all times of the day in turn")
      ->type_name("DURATION")
      ->capture_default_str();
  backtest->add_option("--from-days", flags.from_days,
                       "Score what is issued this many days after a panel's first sample or later; by default a third "
                       "of the panel");
  backtest->add_option("--floor", flags.floor, "No forecast or band goes below");
  backtest->add_option("--ceiling", flags.ceiling, "No forecast or band goes above");
  AddThreads(*backtest, flags.threads);
  backtest->add_option("--json", flags.json_file, "Write scores and cost to this file")->type_name("FILE");
  backtest
      ->add_option("--forecasts", flags.forecasts_file,
                   "Write each forecast to this file, as CSV: series,issued_ms,target_ms,horizon_s,predicted,lower,"
                   "upper,coverage; with several panels the series are called PANEL:series")
      ->type_name("FILE");
  backtest->add_flag("--models", flags.models,
                     "Also print how each model does at each horizon: how often it leads, its weight, its loss");
  backtest->footer(std::string(kBacktestExamples));
  AddM4(*backtest, m4_flags, exit_code);
  backtest->callback([&flags, &exit_code, backtest] {
    if (backtest->get_subcommands().empty()) exit_code = RunBacktestCommand(flags);
  });
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
  M4Flags m4_flags;
  InspectFlags inspect_flags;
  std::string verify_path;
  ExportFlags export_flags;
  ImportFlags import_flags;
  AddServe(app, serve_flags, exit_code);
  AddCheck(app, config_path, exit_code);
  AddBacktest(app, backtest_flags, m4_flags, exit_code);
  AddSnapshot(app, inspect_flags, verify_path, exit_code);
  AddTransfer(app, export_flags, import_flags, exit_code);
  AddDemo(app, demo_options, day, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    fmt::print(stderr, "promcast: {}; see --help\n", error.what());
    return kWrongUse;
  }
  return exit_code;
}

}  // namespace
}  // namespace promcast

int main(int argc, char** argv) {
  return promcast::Main(argc, argv);
}
