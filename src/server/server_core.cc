#include "server/server_core.h"

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
      connection_count(hooks.metrics.AddGauge("promcast_http_connections", "Connections open to the HTTP listener.")) {}

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

absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> ServerCore::TlsContext(
    std::shared_ptr<const WebConfig> config) {
  MutexLock lock(tls_mutex);
  if (config == tls_config) return tls_context;
  auto made = MakeTlsContext(*config->tls);
  if (!made.ok()) return made.status();
  tls_config = std::move(config);
  tls_context = *std::move(made);
  return tls_context;
}

}  // namespace promcast
