#pragma once

// Internal to the HTTP listener: the only header with Boost types.
#include <absl/status/status.h>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <unordered_map>

#include "concurrency/mutex.h"
#include "server/basic_auth.h"
#include "server/http_server.h"
#include "server/io_lanes.h"
#include "server/pages.h"
#include "server/web_config.h"

namespace promcast {

/// A connection as the server sees it. Both calls come from any thread.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void CloseIfIdle() = 0;  ///< ends it now, or with the request that it is serving
  virtual void Abort() = 0;
};

/// What connections share. An answer that comes late from the write endpoint keeps it alive, so that it always finds
/// the lane to resume on.
struct ServerCore : std::enable_shared_from_this<ServerCore> {
  ServerCore(const HttpServerOptions& server_options, const ServerHooks& server_hooks,
             std::shared_ptr<WebConfigFile> web_config_file);

  const HttpServerOptions options;
  const ServerHooks hooks;
  const std::shared_ptr<WebConfigFile> web_config;  ///< may be null
  const Pages pages;
  PasswordChecker passwords;
  Gauge& connection_count;
  std::atomic<bool> stopping{false};
  std::atomic<size_t> turned_away{0};  ///< connections that are hearing a 503 for being one too many

  void CountRequest(std::string_view path, int status, std::chrono::steady_clock::duration took);

  /// A context and the configuration that it was made of.
  struct Tls {
    std::shared_ptr<const WebConfig> config;
    std::shared_ptr<boost::asio::ssl::context> context;
  };
  /// The context for a configuration, made anew when that changed. When OpenSSL does not take its certificate or key
  /// the last good context stays in force; an error if there is none. `config` has TLS.
  absl::StatusOr<Tls> TlsFor(std::shared_ptr<const WebConfig> config) PROMCAST_EXCLUDES(tls_mutex);

  Mutex mutex;
  CondVar connections_changed;
  std::unordered_map<Connection*, std::weak_ptr<Connection>> connections PROMCAST_GUARDED_BY(mutex);

  Mutex tls_mutex;
  Tls tls PROMCAST_GUARDED_BY(tls_mutex);
  std::shared_ptr<const WebConfig> tls_tried PROMCAST_GUARDED_BY(tls_mutex);  ///< newer than that in `tls` if it is bad

  boost::asio::thread_pool blocking{1};   ///< bcrypt, reload
  boost::asio::thread_pool searching{1};  ///< what waits for the shards
  IoLanes lanes;                          ///< last: they destroy what they still hold while the rest is there
};

/// A connection that was accepted, and the lane that its socket belongs to.
struct Accepted {
  IoLanes::Seat seat;
  boost::asio::ip::tcp::socket socket;
};

/// Serves a connection until it ends.
void ServePlain(std::shared_ptr<ServerCore> core, Accepted accepted);
/// `config` has TLS.
void ServeTls(std::shared_ptr<ServerCore> core, Accepted accepted, std::shared_ptr<const WebConfig> config);
/// Answers 503 without reading a request.
void TurnAway(std::shared_ptr<ServerCore> core, Accepted accepted);

}  // namespace promcast
