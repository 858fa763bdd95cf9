#include "cli/serve.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "cli/service.h"
#include "cli/signals.h"
#include "config/config.h"
#include "logging/log.h"

namespace promcast {
namespace {

LogLevel LevelOf(const std::string& name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warn") return LogLevel::kWarn;
  return name == "error" ? LogLevel::kError : LogLevel::kInfo;
}

void RunUntilAskedToEnd(Service& service, const SignalWaiter& signals) {
  while (!service.quit_requested()) {
    const auto signal = signals.Wait(std::chrono::milliseconds(200));
    if (!signal) continue;
    if (*signal != SIGHUP) {
      Log(LogLevel::kInfo, "stopping", {{"signal", *signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
      return;
    }
    service.Reload().IgnoreError();  // has been logged
  }
}

}  // namespace

int Serve(const ServeFlags& flags) {
  const SignalWaiter signals({SIGHUP, SIGINT, SIGTERM});
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its limit is an error of the write
  const auto options = LoadConfigFile(flags.config_file);
  if (!options.ok()) {
    fmt::print(stderr, "{}\n", std::string(options.status().message()));
    return 1;
  }
  SetUpLogging(LevelOf(flags.log_level), flags.log_format == "json" ? LogFormat::kJson : LogFormat::kLogfmt);
  Log(LogLevel::kInfo, "starting promcast",
      {{"version", PROMCAST_VERSION},
       {"config", flags.config_file},
       {"rules", options->forecasts.size()},
       {"destinations", options->remote_write.size()}});
  for (const std::string& warning : ConfigWarnings(*options))
    Log(LogLevel::kWarn, "configuration", {{"warning", warning}});
  int exit_code = 0;
  {
    Service service(flags, *options);
    if (const absl::Status status = service.Start(); status.ok()) {
      RunUntilAskedToEnd(service, signals);
    } else {
      Log(LogLevel::kError, "cannot start", {{"problem", std::string(status.message())}});
      exit_code = 1;
    }
    service.Stop();
  }
  Log(LogLevel::kInfo, "stopped");
  FlushLogs();
  return exit_code;
}

}  // namespace promcast
