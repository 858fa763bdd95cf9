#include "server/grpc_write_service.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace promcast {
namespace {

std::string_view CodeName(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::OK:
      return "OK";
    case grpc::StatusCode::INVALID_ARGUMENT:
      return "INVALID_ARGUMENT";
    case grpc::StatusCode::UNAVAILABLE:
      return "UNAVAILABLE";
    case grpc::StatusCode::UNAUTHENTICATED:
      return "UNAUTHENTICATED";
    case grpc::StatusCode::PERMISSION_DENIED:
      return "PERMISSION_DENIED";
    default:
      return "INTERNAL";
  }
}

grpc::Status ToGrpc(const WriteReply& reply) {
  if (reply.status < 300) return grpc::Status::OK;
  if (reply.status == 503) return {grpc::StatusCode::UNAVAILABLE, reply.text};
  if (reply.status >= 400 && reply.status < 500) return {grpc::StatusCode::INVALID_ARGUMENT, reply.text};
  return {grpc::StatusCode::INTERNAL, reply.text};
}

bool CopyMessage(const grpc::ByteBuffer& buffer, std::string& message) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return false;
  message.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) message.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return true;
}

}  // namespace

grpc::ServerUnaryReactor* GrpcWriteService::RemoteWrite(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const grpc::Slice empty;
  *response = grpc::ByteBuffer(&empty, 1);
  if (grpc::Status refusal = Authorize(*context); !refusal.ok()) {
    Finish(*reactor, std::move(refusal));
    return reactor;
  }
  const auto check = hooks_.write.CheckHead({.method = "POST",
                                             .content_type = "application/x-protobuf",
                                             .content_encoding = "",
                                             .content_length = request->Length()});
  if (check.refusal) {
    Finish(*reactor, ToGrpc(*check.refusal));
    return reactor;
  }
  ByteBudget::Reservation reservation = hooks_.write.budget().Open();
  if (!reservation.GrowTo(request->Length())) {
    const bool hopeless = request->Length() > hooks_.write.budget().limit_bytes();
    Finish(*reactor, ToGrpc(hooks_.write.Refuse(WriteProtocol::kV1, hopeless ? 413 : 503,
                                                hopeless ? "message larger than limits.max_in_flight"
                                                         : "too many bytes in flight; send the request again")));
    return reactor;
  }
  std::string message;
  if (!CopyMessage(*request, message)) {
    Finish(*reactor, {grpc::StatusCode::INTERNAL, "the message could not be read"});
    return reactor;
  }
  hooks_.write.WriteMessage(WriteProtocol::kV1, std::move(message), std::move(reservation),
                            [this, reactor](const WriteReply& reply) { Finish(*reactor, ToGrpc(reply)); });
  return reactor;
}

grpc::Status GrpcWriteService::Authorize(const grpc::CallbackServerContext& context) {
  if (web_config_ == nullptr) return grpc::Status::OK;
  const auto config = web_config_->Current();
  if (config->tls && !config->tls->client_allowed_sans.empty()) {
    const auto names = context.auth_context()->FindPropertyValues(GRPC_X509_SAN_PROPERTY_NAME);
    const auto& allowed = config->tls->client_allowed_sans;
    const bool found = std::any_of(names.begin(), names.end(), [&](const grpc::string_ref& name) {
      return std::find(allowed.begin(), allowed.end(), std::string(name.data(), name.size())) != allowed.end();
    });
    if (!found) return {grpc::StatusCode::PERMISSION_DENIED, "the client's certificate names nobody allowed"};
  }
  if (config->basic_auth_users.empty()) return grpc::Status::OK;
  const auto header = context.client_metadata().find("authorization");
  if (header != context.client_metadata().end()) {
    const auto login = ParseBasicAuthorization({header->second.data(), header->second.size()});
    if (login && passwords_.Remembered(config->basic_auth_users, login->first, login->second)) return grpc::Status::OK;
    if (login) {
      const auto slot = passwords_.TakeSlot();
      if (!slot) return {grpc::StatusCode::UNAVAILABLE, "too many passwords to check; send the request again"};
      if (passwords_.Check(config->basic_auth_users, login->first, login->second)) return grpc::Status::OK;
    }
  }
  return {grpc::StatusCode::UNAUTHENTICATED, "basic authentication is needed"};
}

void GrpcWriteService::Finish(grpc::ServerUnaryReactor& reactor, grpc::Status status) {
  hooks_.metrics
      .AddCounter("promcast_grpc_requests_total", "gRPC calls answered.",
                  {{"method", "RemoteWrite"}, {"code", std::string(CodeName(status.error_code()))}})
      .Increment();
  reactor.Finish(std::move(status));
}

}  // namespace promcast
