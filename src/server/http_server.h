#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ingest/write_endpoint.h"
#include "remote_read/read_endpoint.h"
#include "self_metrics/metrics.h"
#include "server/series_query.h"

namespace promcast {

class WebConfigFile;

struct HttpServerOptions {
  /// `host:port`, `[::1]:9095`, or `:9095` for all interfaces. Port 0 takes a free one.
  std::vector<std::string> listen_addresses{"127.0.0.1:9095"};
  bool enable_lifecycle = false;  ///< whether /-/reload and /-/quit are answered
  size_t max_connections = 512;   ///< more are answered with 503 and closed
  /// For a whole request; also how long a connection may be idle between two.
  std::chrono::milliseconds read_timeout = std::chrono::minutes(5);
  /// For a request's head, and for a TLS handshake. A body may lag behind 64 KiB/s by that time.
  std::chrono::milliseconds header_timeout = std::chrono::seconds(15);
  int threads = 2;
};

/// What the listeners serve. All must outlive the server and be safe to call from several threads.
struct ServerHooks {
  WriteEndpoint& write;
  ReadEndpoint& read;
  MetricRegistry& metrics;
  std::string version;
  std::function<bool()> ready;
  std::function<absl::Status()> reload;
  std::function<void()> quit;  ///< asks the process to end; returns at once
  /// A JSON object for /api/v1/status and the page at /: scalars, objects of scalars (`series`: how many in each
  /// state), arrays of objects (`rules` with skill and coverage, `destinations`).
  std::function<std::string()> status_json;
  /// The whole answer of /api/v1/series/forecasts to a good request. May take as long as its series take to be found;
  /// fails when the process is ending.
  std::function<absl::StatusOr<std::string>(const SeriesQuery&)> series_forecasts_json;
};

/// The HTTP/1.1 listener: remote write on /api/v1/write, /api/v1/push and /api/v1/receive; remote read on /api/v1/read;
/// /metrics, /-/healthy, /-/ready, /-/reload, /-/quit, /api/v1/status, /api/v1/status/buildinfo,
/// /api/v1/series/forecasts, and a page at /. A request's body is read only as fast as the write endpoint's budget
/// allows; a connection costs about 20 KiB beside it.
/// Thread-safe.
class HttpServer {
 public:
  /// `web_config` gives TLS and basic authentication and may be null. Fails, naming the address, when one cannot be
  /// bound.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options, const ServerHooks& hooks,
                                                           std::shared_ptr<WebConfigFile> web_config = nullptr);
  /// Ends like Stop without patience.
  ~HttpServer();

  /// The addresses bound, `ip:port` or `[ip]:port`, in the order of the options.
  std::vector<std::string> addresses() const;

  /// Accepts nothing more, lets requests in flight end until the deadline, then cuts them off. Idempotent.
  void Stop(std::chrono::steady_clock::time_point deadline);

 private:
  struct Impl;
  explicit HttpServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace promcast
