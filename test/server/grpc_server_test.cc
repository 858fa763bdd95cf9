#include "server/grpc_server.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "server/web_config.h"
#include "server_fixture.h"
#include "thanos/store/storepb/rpc.grpc.pb.h"

namespace promcast {
namespace {

using grpc::StatusCode;
using testing::HasSubstr;

class GrpcServerTest : public ServerFixture {
 protected:
  void StartGrpc() {
    endpoint = std::make_unique<WriteEndpoint>(ingest, sink, metrics);
    auto started = GrpcServer::Start({"127.0.0.1:0"}, Hooks());
    ASSERT_TRUE(started.ok()) << started.status();
    grpc_server = *std::move(started);
    channel = grpc::CreateChannel(grpc_server->address(), grpc::InsecureChannelCredentials());
  }
  /// Calls a method with raw bytes.
  grpc::Status Call(const std::string& method, const std::string& message, std::string* answer = nullptr) {
    grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer> stub(channel);
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    grpc::Slice slice(message);
    grpc::ByteBuffer request(&slice, 1), response;
    grpc::CompletionQueue queue;
    auto call = stub.PrepareUnaryCall(&context, method, request, &queue);
    call->StartCall();
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    if (answer != nullptr && status.ok()) {
      grpc::Slice whole;
      EXPECT_TRUE(response.DumpToSingleSlice(&whole).ok());
      answer->assign(reinterpret_cast<const char*>(whole.begin()), whole.size());
    }
    return status;
  }

  std::unique_ptr<GrpcServer> grpc_server;
  std::shared_ptr<grpc::Channel> channel;
  const std::string kWrite = "/thanos.WriteableStore/RemoteWrite";
};

TEST_F(GrpcServerTest, TakesSamplesAsThanosSendsThem) {
  StartGrpc();
  thanos::WriteRequest request;
  auto* series = request.add_timeseries();
  auto* label = series->add_labels();
  label->set_name("__name__");
  label->set_value("up");
  auto* sample = series->add_samples();
  sample->set_value(1);
  sample->set_timestamp(1000);
  request.set_tenant("a");
  request.set_replica(3);
  thanos::WriteResponse response;
  grpc::ClientContext context;
  const grpc::Status status = thanos::WriteableStore::NewStub(channel)->RemoteWrite(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(sink.samples, 1u);
  EXPECT_THAT(Metrics(), HasSubstr("promcast_grpc_requests_total{code=\"OK\",method=\"RemoteWrite\"} 1\n"));
}

TEST_F(GrpcServerTest, ABadMessageIsAnInvalidArgument) {
  StartGrpc();
  const grpc::Status status = Call(kWrite, std::string(40, '\xff'));
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_FALSE(status.error_message().empty());
}

TEST_F(GrpcServerTest, ABudgetSpentIsUnavailable) {
  StartGrpc();
  ByteBudget::Reservation all = endpoint->budget().Open();
  ASSERT_TRUE(all.GrowTo(endpoint->budget().limit_bytes()));
  EXPECT_EQ(Call(kWrite, OneSampleMessage()).error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(GrpcServerTest, AMessageAboveTheWholeBudgetIsAnInvalidArgument) {
  ingest.max_in_flight_bytes = 1000;
  StartGrpc();
  EXPECT_EQ(Call(kWrite, std::string(2000, 'x')).error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(Metrics(), HasSubstr("promcast_ingest_requests_total{code=\"413\""));
}

TEST_F(GrpcServerTest, AVersionOfTlsThatItCannotEnforceIsRefused) {
  const std::string folder = testing::TempDir() + "grpc_server_min_version";
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/pem") << "PEM";
  std::ofstream(folder + "/web.yml") << "tls_server_config: {cert_file: pem, key_file: pem, min_version: TLS13}\n";
  endpoint = std::make_unique<WriteEndpoint>(ingest, sink, metrics);
  auto config = WebConfigFile::Open(folder + "/web.yml");
  ASSERT_TRUE(config.ok()) << config.status();
  const auto refused = GrpcServer::Start({"127.0.0.1:0"}, Hooks(), *config);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("cannot enforce a min_version above TLS12"));
  std::filesystem::remove_all(folder);
}

TEST_F(GrpcServerTest, HealthFollowsReadiness) {
  StartGrpc();
  const auto await = [&](const std::string& want) {
    std::string answer;
    while (answer != want) ASSERT_TRUE(Call("/grpc.health.v1.Health/Check", "", &answer).ok());
  };
  await("\x08\x01");  // SERVING
  ready = false;
  await("\x08\x02");  // NOT_SERVING
}

TEST_F(GrpcServerTest, ReflectionListsTheServices) {
  StartGrpc();
  grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer> stub(channel);
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  grpc::CompletionQueue queue;
  void* tag = nullptr;
  bool ok = false;
  auto stream = stub.PrepareCall(&context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  stream->StartCall(nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
  grpc::Slice list_services(std::string("\x3a\x00", 2));
  stream->Write(grpc::ByteBuffer(&list_services, 1), nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
  grpc::ByteBuffer response;
  stream->Read(&response, nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok) && ok);
  grpc::Slice whole;
  ASSERT_TRUE(response.DumpToSingleSlice(&whole).ok());
  const std::string text(reinterpret_cast<const char*>(whole.begin()), whole.size());
  EXPECT_THAT(text, HasSubstr("thanos.WriteableStore"));
  EXPECT_THAT(text, HasSubstr("grpc.health.v1.Health"));
  grpc::Status status;
  context.TryCancel();
  stream->Finish(&status, nullptr);
  queue.Next(&tag, &ok);
}

TEST_F(GrpcServerTest, BeyondLoopbackItNeedsTls) {
  endpoint = std::make_unique<WriteEndpoint>(ingest, sink, metrics);
  for (const char* open : {":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:9096"}) {
    const auto refused = GrpcServer::Start({open}, Hooks());
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(std::string(refused.status().message()), HasSubstr("TLS")) << open;
  }
}

TEST_F(GrpcServerTest, AnAddressInUseIsNamed) {
  StartGrpc();
  const auto second = GrpcServer::Start({grpc_server->address()}, Hooks());
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(grpc_server->address()));
}

TEST_F(GrpcServerTest, StopLetsACallInFlightEnd) {
  StartGrpc();
  sink.Hold();
  std::thread caller([&] { EXPECT_TRUE(Call(kWrite, OneSampleMessage()).ok()); });
  sink.AwaitHeld(1);
  std::thread stopper([&] { grpc_server->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(60)); });
  sink.Release();
  caller.join();
  stopper.join();
}

}  // namespace
}  // namespace promcast
