// promcast: forecasts for Prometheus, written back as series.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

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
  AddServe(app, serve_flags, exit_code);
  AddCheck(app, config_path, exit_code);
  AddDemo(app, demo_options, day, exit_code);
  CLI11_PARSE(app, argc, argv);
  return exit_code;
}

}  // namespace
}  // namespace promcast

int main(int argc, char** argv) {
  return promcast::Main(argc, argv);
}
