#include "server/server_core.h"

#include "logging/log.h"
#include "server/tls_context.h"

namespace promcast {
namespace {

const std::vector<double> kDurationBounds = {0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

}  // namespace

ServerCore::ServerCore(const HttpServerOptions& server_options, const ServerHooks& server_hooks,
                       std::shared_ptr<WebConfigFile> web_config_file)
    : options(server_options),
      hooks(server_hooks),
      web_config(std::move(web_config_file)),
      pages(hooks, options.enable_lifecycle),
      connection_count(hooks.metrics.AddGauge("promcast_http_connections", "Connections open to the HTTP listener.")),
      lanes(static_cast<size_t>(std::max(options.threads, 1))) {}

void ServerCore::CountRequest(std::string_view path, int status, std::chrono::steady_clock::duration took) {
  const std::string handler(Pages::HandlerName(path));
  hooks.metrics
      .AddCounter("promcast_http_requests_total", "HTTP requests answered.",
                  {{"handler", handler}, {"code", std::to_string(status)}})
      .Increment();
  hooks.metrics
      .AddHistogram("promcast_http_request_duration_seconds",
                    "Time from a request's head to its answer, its body's way included.", kDurationBounds,
                    {{"handler", handler}})
      .Observe(std::chrono::duration<double>(took).count());
}

absl::StatusOr<ServerCore::Tls> ServerCore::TlsFor(std::shared_ptr<const WebConfig> config) {
  static LogThrottle throttle(60 * 1000);
  MutexLock lock(tls_mutex);
  if (config == tls_tried) return tls;
  auto made = MakeTlsContext(*config->tls);
  if (!made.ok()) {
    if (tls.context == nullptr) return made.status();
    throttle.Log(LogLevel::kError, "changed TLS files not taken", {{"err", std::string(made.status().message())}});
  } else {
    tls = {config, *std::move(made)};
  }
  tls_tried = std::move(config);
  return tls;
}

}  // namespace promcast
