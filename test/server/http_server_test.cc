#include <thread>

#include "raw_client.h"
#include "server_fixture.h"

namespace promcast {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using HttpServerTest = ServerFixture;

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInTheirOrder) {
  Start();
  RawClient client(address);
  client.Send(Get("/-/healthy") + Get("/nothing") + WriteRequest(SnappyLiteral(OneSampleMessage())) + Get("/-/ready"));
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_EQ(client.Read().status, 404);
  EXPECT_EQ(client.Read().status, 204);
  EXPECT_EQ(client.Read().body, "promcast is ready.\n");
}

TEST_F(HttpServerTest, HeadRequestsGetTheLengthWithoutTheBody) {
  Start();
  RawClient client(address);
  for (const char* path : {"/", "/metrics", "/-/healthy", "/-/ready"}) {
    client.Send(Get(path, "", "HEAD"));
    const RawResponse response = client.Read(/*head_request=*/true);
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_NE(response.headers.at("content-length"), "0");
  }
  EXPECT_EQ(client.Ask(Get("/-/healthy")).body, "promcast is healthy.\n");
}

TEST_F(HttpServerTest, ConnectionsCloseWhenTheRequestSaysSo) {
  Start();
  RawClient http11(address), http10(address);
  EXPECT_EQ(http11.Ask(Get("/-/healthy", "Connection: close\r\n")).headers.at("connection"), "close");
  EXPECT_TRUE(http11.AtEnd());
  EXPECT_EQ(http10.Ask("GET /-/healthy HTTP/1.0\r\n\r\n").status, 200);
  EXPECT_TRUE(http10.AtEnd());
}

TEST_F(HttpServerTest, ARequestHeadByteByByteIsUnderstood) {
  Start();
  RawClient client(address);
  for (char c : Get("/-/healthy")) client.Send({&c, 1});
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(HttpServerTest, MalformedRequestsGet400AndTheConnectionEnds) {
  Start();
  for (const std::string& bytes :
       {std::string("GARBAGE\r\n\r\n"), std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n"),
        std::string("GET /-/healthy HTTP/1.1\r\n\r\n"),  // no Host
        std::string("POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n")}) {
    RawClient client(address);
    EXPECT_EQ(client.Ask(bytes).status, 400) << bytes;
    client.ShutdownSend();
    EXPECT_TRUE(client.AtEnd());
  }
}

TEST_F(HttpServerTest, AHeadAbove16KiBGets431) {
  Start();
  RawClient client(address);
  EXPECT_EQ(client.Ask(Get("/", "X: " + std::string(20000, 'x') + "\r\n")).status, 431);
  RawClient fits(address);
  EXPECT_EQ(fits.Ask(Get("/-/healthy", "X: " + std::string(15000, 'x') + "\r\n")).status, 200);
}

TEST_F(HttpServerTest, ASlowHeadIsCutOffAndCounted) {
  options.header_timeout = std::chrono::milliseconds(50);
  Start();
  RawClient client(address);
  client.Send("GET / HT");
  EXPECT_TRUE(client.AtEnd());
  AwaitConnections();
  EXPECT_THAT(Metrics(), HasSubstr("promcast_http_requests_total{code=\"408\",handler=\"other\"} 1\n"));
}

TEST_F(HttpServerTest, AnIdleConnectionEndsAfterTheReadTimeout) {
  options.read_timeout = std::chrono::milliseconds(50);
  Start();
  RawClient client(address);
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(HttpServerTest, OneConnectionTooManyGets503) {
  options.max_connections = 2;
  Start();
  RawClient first(address), second(address);
  EXPECT_EQ(first.Ask(Get("/-/healthy")).status, 200);
  EXPECT_EQ(second.Ask(Get("/-/healthy")).status, 200);
  RawClient third(address);
  const RawResponse refused = third.Read();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.count("retry-after"), 1u);
  EXPECT_EQ(first.Ask(Get("/-/healthy")).status, 200);
}

TEST_F(HttpServerTest, RequestsAndConnectionsAreCounted) {
  Start();
  RawClient client(address);
  client.Ask(Get("/-/healthy"));
  client.Ask(Get("/nothing"));
  const RawResponse metrics_page = client.Ask(Get("/metrics"));
  EXPECT_THAT(metrics_page.body, HasSubstr("promcast_http_requests_total{code=\"200\",handler=\"healthy\"} 1\n"));
  EXPECT_THAT(metrics_page.body, HasSubstr("promcast_http_requests_total{code=\"404\",handler=\"other\"} 1\n"));
  EXPECT_THAT(metrics_page.body, HasSubstr("promcast_http_request_duration_seconds_count{handler=\"healthy\"} 1\n"));
  EXPECT_THAT(metrics_page.body, HasSubstr("promcast_http_connections 1\n"));
}

TEST_F(HttpServerTest, APageGetsItsQuery) {
  Start();
  RawClient client(address);
  EXPECT_EQ(client.Ask(Get("/api/v1/series/forecasts?match[]=a&match%5B%5D=%7Bb%3D%22c?d%22%7D&limit=7")).body,
            "7 a {b=\"c?d\"}");
  EXPECT_EQ(client.Ask(Get("/api/v1/series/forecasts")).status, 400);
  EXPECT_EQ(client.Ask(Get("/api/v1/series/forecasts?")).status, 400);
  EXPECT_EQ(client.Ask(Get("/-/healthy?match[]=%zz")).status, 200);
  EXPECT_THAT(client.Ask(Get("/metrics")).body,
              HasSubstr("promcast_http_requests_total{code=\"200\",handler=\"series\"} 1\n"));
}

TEST_F(HttpServerTest, AnAddressInUseIsNamed) {
  Start();
  HttpServerOptions same;
  same.listen_addresses = {address};
  const auto second = HttpServer::Start(same, Hooks());
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("listen address " + address + ": Address already in use"));
}

TEST_F(HttpServerTest, SeveralAddressesAreServedAtOnce) {
  options.listen_addresses = {"127.0.0.1:0", "localhost:0", ":0"};
  Start();
  ASSERT_EQ(server->addresses().size(), 3u);
  for (const std::string& bound : server->addresses()) {
    RawClient client("127.0.0.1" + bound.substr(bound.rfind(':')));
    EXPECT_EQ(client.Ask(Get("/-/healthy")).status, 200);
  }
}

TEST_F(HttpServerTest, StopClosesIdleConnectionsAndLetsRequestsInFlightEnd) {
  Start();
  sink.Hold();
  RawClient idle(address), writing(address);
  EXPECT_EQ(idle.Ask(Get("/-/healthy")).status, 200);
  writing.Send(WriteRequest(SnappyLiteral(OneSampleMessage())));
  sink.AwaitHeld(1);
  std::thread stopper([&] { server->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(60)); });
  EXPECT_TRUE(idle.AtEnd());
  sink.Release();
  const RawResponse answer = writing.Read();
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.headers.at("connection"), "close");
  stopper.join();
}

TEST_F(HttpServerTest, StopCutsOffWhatOutlivesTheDeadlineAndALateAnswerDoesNoHarm) {
  Start();
  sink.Hold();
  RawClient writing(address);
  writing.Send(WriteRequest(SnappyLiteral(OneSampleMessage())));
  sink.AwaitHeld(1);
  server->Stop(std::chrono::steady_clock::now());
  EXPECT_TRUE(writing.AtEnd());
  server.reset();
  sink.Release();
}

}  // namespace
}  // namespace promcast
