#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <memory>
#include <string>

#include "server/http_server.h"

namespace promcast {

struct GrpcServerOptions {
  /// As HttpServerOptions::listen_addresses. Refused beyond the loopback interface unless the web configuration has
  /// TLS.
  std::string listen_address = "127.0.0.1:9096";
};

/// The gRPC listener: thanos.WriteableStore/RemoteWrite, which ends in the same WriteEndpoint as HTTP, grpc.health.v1
/// (serving while hooks.ready()) and reflection. Errors are InvalidArgument for a request that must not be sent again
/// and Unavailable for one that should. Messages are bounded by 16 MiB, those in flight by a resource quota and the
/// endpoint's budget; compressed ones are not taken. TLS files are read once, at start; a min_version
/// above TLS12 is refused, as gRPC offers no way to enforce it. With basic_auth_users the calls
/// to RemoteWrite need an `authorization` entry in their metadata. Thread-safe.
class GrpcServer {
 public:
  /// `web_config` may be null. Fails, naming the address, when it cannot be bound.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(const GrpcServerOptions& options, const ServerHooks& hooks,
                                                           std::shared_ptr<WebConfigFile> web_config = nullptr);
  /// Ends like Stop without patience.
  ~GrpcServer();

  /// The address bound, with its real port.
  std::string address() const;

  /// Takes no more calls, lets those in flight end until the deadline, then cancels them. Idempotent.
  void Stop(std::chrono::steady_clock::time_point deadline);

 private:
  struct Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace promcast
