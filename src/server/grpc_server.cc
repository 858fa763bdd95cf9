#include "server/grpc_server.h"

#include <fmt/format.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <thread>
#include <utility>

#include "logging/log.h"
#include "server/grpc_write_service.h"
#include "server/listen_address.h"

namespace promcast {
namespace {

constexpr int kMaxMessageBytes = 16 << 20;  ///< not compressed; held twice while it is copied out of its slices
constexpr size_t kQuotaBytes = 64 << 20;
constexpr int kMaxThreads = 8;
constexpr int kMaxStreamsPerConnection = 64;
constexpr std::chrono::milliseconds kReadinessPeriod{200};

/// The library's own lines go where ours go, at level debug: what matters of them comes back as a status.
void ForwardLog(gpr_log_func_args* args) {
  if (args->severity < GPR_LOG_SEVERITY_ERROR) return;
  static LogThrottle throttle(1000);
  throttle.Log(LogLevel::kDebug, "gRPC library", {{"text", args->message}});
}

std::shared_ptr<grpc::ServerCredentials> Credentials(const TlsServerConfig& tls) {
  const auto request_type = [&] {
    switch (tls.client_auth_type) {
      case ClientAuthType::kNone:
        return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
      case ClientAuthType::kRequest:
        return GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_BUT_DONT_VERIFY;
      case ClientAuthType::kRequireAny:
        return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_BUT_DONT_VERIFY;
      case ClientAuthType::kVerifyIfGiven:
        return GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
      case ClientAuthType::kRequireAndVerify:
        return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
    }
    return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  };
  grpc::SslServerCredentialsOptions options(request_type());
  options.pem_key_cert_pairs.push_back({tls.key_pem, tls.cert_pem});
  options.pem_root_certs = tls.client_ca_pem;
  return grpc::SslServerCredentials(options);
}

}  // namespace

struct GrpcServer::Impl {
  Impl(const ServerHooks& server_hooks, std::shared_ptr<WebConfigFile> web_config)
      : hooks(server_hooks), service(hooks, std::move(web_config)) {}

  std::unique_ptr<grpc::Server> Listen(const std::string& host_port,
                                       std::shared_ptr<grpc::ServerCredentials> credentials, int& port);
  /// Keeps grpc.health.v1 in step with hooks.ready().
  void FollowReadiness() PROMCAST_EXCLUDES(mutex);

  const ServerHooks hooks;
  GrpcWriteService service;
  std::string address;
  std::unique_ptr<grpc::Server> server;
  std::thread readiness;

  Mutex mutex;
  CondVar stop_requested;
  bool stopping PROMCAST_GUARDED_BY(mutex) = false;
};

std::unique_ptr<grpc::Server> GrpcServer::Impl::Listen(const std::string& host_port,
                                                       std::shared_ptr<grpc::ServerCredentials> credentials,
                                                       int& port) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(host_port, std::move(credentials), &port);
  builder.RegisterService(&service);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // The size of a message is checked before it is inflated, so a small one could become large.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // else a second process would share the address
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  grpc::ResourceQuota quota("promcast");
  quota.Resize(kQuotaBytes);
  quota.SetMaxThreads(kMaxThreads);
  builder.SetResourceQuota(quota);
  return builder.BuildAndStart();
}

void GrpcServer::Impl::FollowReadiness() {
  MutexLock lock(mutex);
  do {
    server->GetHealthCheckService()->SetServingStatus(hooks.ready());
  } while (!stop_requested.WaitFor(mutex, kReadinessPeriod, [this]() PROMCAST_REQUIRES(mutex) { return stopping; }));
}

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GrpcServer::~GrpcServer() {
  Stop(std::chrono::steady_clock::now());
}

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(const GrpcServerOptions& options,
                                                              const ServerHooks& hooks,
                                                              std::shared_ptr<WebConfigFile> web_config) {
  auto address = ParseListenAddress(options.listen_address);
  if (!address.ok()) return address.status();
  const std::shared_ptr<const WebConfig> config = web_config == nullptr ? nullptr : web_config->Current();
  const bool tls = config != nullptr && config->tls.has_value();
  if (!tls && !IsLoopback(*address)) {
    return absl::FailedPreconditionError(
        fmt::format("gRPC listen address {}: beyond the loopback interface it needs TLS; give tls_server_config in "
                    "--web.config.file",
                    options.listen_address));
  }
  if (tls && config->tls->min_version > 12) {
    return absl::FailedPreconditionError(
        fmt::format("gRPC listen address {}: gRPC cannot enforce a min_version above TLS12; lower it in "
                    "--web.config.file, or do without --grpc.listen-address",
                    options.listen_address));
  }
  gpr_set_log_function(ForwardLog);
  auto impl = std::make_unique<Impl>(hooks, std::move(web_config));
  int port = 0;
  const std::string host = address->host.empty() ? "::" : address->host;
  impl->server = impl->Listen(FormatListenAddress(host, address->port),
                              tls ? Credentials(*config->tls) : grpc::InsecureServerCredentials(), port);
  if (impl->server == nullptr || port == 0) {
    return absl::UnavailableError(fmt::format(
        "gRPC listen address {}: cannot be bound, is it in use? choose another one with --grpc.listen-address{}",
        options.listen_address, tls ? ", or look at the TLS files" : ""));
  }
  impl->address = FormatListenAddress(host, static_cast<uint16_t>(port));
  impl->readiness = std::thread([raw = impl.get()] { raw->FollowReadiness(); });
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

std::string GrpcServer::address() const {
  return impl_->address;
}

void GrpcServer::Stop(std::chrono::steady_clock::time_point deadline) {
  {
    MutexLock lock(impl_->mutex);
    if (std::exchange(impl_->stopping, true)) return;
  }
  impl_->stop_requested.NotifyAll();
  impl_->readiness.join();
  impl_->server->GetHealthCheckService()->SetServingStatus(false);
  const auto patience = deadline - std::chrono::steady_clock::now();
  impl_->server->Shutdown(std::chrono::system_clock::now() + patience);
}

}  // namespace promcast
