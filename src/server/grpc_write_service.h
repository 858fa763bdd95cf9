#pragma once

// Internal to the gRPC listener.
#include "self_metrics/metrics.h"
#include "server/basic_auth.h"
#include "server/http_server.h"
#include "server/web_config.h"
#include "thanos/store/storepb/rpc.grpc.pb.h"

namespace promcast {

/// thanos.WriteableStore. Requests stay bytes: RequestDecoder walks them, no message object is made.
class GrpcWriteService final
    : public thanos::WriteableStore::WithRawCallbackMethod_RemoteWrite<thanos::WriteableStore::Service> {
 public:
  GrpcWriteService(const ServerHooks& hooks, std::shared_ptr<WebConfigFile> web_config)
      : hooks_(hooks), web_config_(std::move(web_config)) {}

  grpc::ServerUnaryReactor* RemoteWrite(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;

 private:
  /// The refusal of a caller who may not write.
  grpc::Status Authorize(const grpc::CallbackServerContext& context);
  void Finish(grpc::ServerUnaryReactor& reactor, grpc::Status status);

  const ServerHooks& hooks_;
  const std::shared_ptr<WebConfigFile> web_config_;
  PasswordChecker passwords_;
};

}  // namespace promcast
