#include <fmt/format.h>

#include <thread>

#include "raw_client.h"
#include "server_fixture.h"

namespace promcast {
namespace {

using testing::HasSubstr;
using HttpWriteTest = ServerFixture;

std::string Chunked(std::string_view body, size_t chunk_bytes) {
  std::string out =
      "POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nTransfer-Encoding: "
      "chunked\r\n\r\n";
  for (size_t at = 0; at < body.size(); at += chunk_bytes) {
    const std::string_view piece = body.substr(at, chunk_bytes);
    out += fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
  }
  return out + "0\r\n\r\n";
}

std::string Head(std::string_view length) {
  return "POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n" + std::string(length) +
         "\r\n";
}

TEST_F(HttpWriteTest, TakesSamplesOnEachPath) {
  Start();
  RawClient client(address);
  for (const char* path : {"/api/v1/write", "/api/v1/push", "/api/v1/receive?tenant=a"}) {
    const RawResponse response = client.Ask(WriteRequest(SnappyLiteral(OneSampleMessage()), "", path));
    EXPECT_EQ(response.status, 204) << response.body;
  }
  EXPECT_EQ(sink.samples, 3u);
}

TEST_F(HttpWriteTest, TakesChunkedBodiesOfAnyChunkSize) {
  Start();
  RawClient client(address);
  std::string message;
  for (int i = 0; i < 2500; ++i) message += OneSampleMessage();
  const std::string body = SnappyLiteral(message);
  ASSERT_GT(body.size(), 65536u);
  for (size_t chunk_bytes : {size_t{7}, size_t{16384}, size_t{50000}, body.size()}) {
    EXPECT_EQ(client.Ask(Chunked(body, chunk_bytes)).status, 204) << chunk_bytes;
  }
  EXPECT_EQ(sink.samples, 10000u);
}

TEST_F(HttpWriteTest, TakesBodiesOfKnownLengthInPiecesAndLeavesTheNextRequestAlone) {
  Start();
  RawClient client(address);
  std::string message;
  for (int i = 0; i < 2500; ++i) message += OneSampleMessage();
  const std::string request = WriteRequest(SnappyLiteral(message));
  const std::string requests = request + WriteRequest(SnappyLiteral(OneSampleMessage())) + request;
  for (size_t piece_bytes : {size_t{511}, size_t{16384}, size_t{50000}, requests.size()}) {
    for (size_t at = 0; at < requests.size(); at += piece_bytes) client.Send(requests.substr(at, piece_bytes));
    for (int i = 0; i < 3; i++) EXPECT_EQ(client.Read().status, 204) << piece_bytes;
  }
  EXPECT_EQ(sink.samples, 4 * 5001u);
}

TEST_F(HttpWriteTest, WrittenHeadersAreSentFor20AlsoOnErrors) {
  Start();
  RawClient client(address);
  const std::string head =
      "POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Type: "
      "application/x-protobuf;proto=io.prometheus.write.v2.Request\r\n"
      "Content-Length: 4\r\n\r\n";
  const RawResponse v2 = client.Ask(head + "\xff\xff\xff\xff");
  EXPECT_EQ(v2.status, 400);
  EXPECT_EQ(v2.headers.at("x-prometheus-remote-write-samples-written"), "0");
  EXPECT_EQ(v2.headers.at("x-prometheus-remote-write-histograms-written"), "0");
  EXPECT_EQ(v2.headers.at("x-prometheus-remote-write-exemplars-written"), "0");
  const RawResponse v1 = client.Ask(WriteRequest(SnappyLiteral(OneSampleMessage())));
  EXPECT_EQ(v1.headers.count("x-prometheus-remote-write-samples-written"), 0u);
}

TEST_F(HttpWriteTest, GetIs405AndNamesPost) {
  Start();
  RawClient client(address);
  const RawResponse response = client.Ask(Get("/api/v1/write"));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.at("allow"), "POST");
}

TEST_F(HttpWriteTest, AWrongContentTypeIsRefusedBeforeTheBodyComes) {
  Start();
  RawClient client(address);
  const RawResponse response = client.Ask(
      "POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n");
  EXPECT_EQ(response.status, 415);
  EXPECT_EQ(response.headers.at("connection"), "close");
}

TEST_F(HttpWriteTest, AContentLengthAboveTheLimitIs413WithoutReading) {
  ingest.max_body_bytes = 1000;
  Start();
  RawClient client(address);
  EXPECT_EQ(client
                .Ask("POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n"
                     "Content-Length: 99999999999\r\n\r\n")
                .status,
            413);
}

TEST_F(HttpWriteTest, AChunkedBodyAboveTheLimitIs413AndOneAtTheLimitIsRead) {
  const std::string body = SnappyLiteral(OneSampleMessage());
  ingest.max_body_bytes = body.size();
  Start();
  RawClient fits(address);
  EXPECT_EQ(fits.Ask(Chunked(body, 5)).status, 204);
  RawClient larger(address);
  EXPECT_EQ(larger.Ask(Chunked(body + "x", 5)).status, 413);
  AwaitConnections();
  EXPECT_EQ(endpoint->budget().used_bytes(), 0u);
}

TEST_F(HttpWriteTest, ExpectContinueIsAnsweredOnlyWhenTheBodyIsWanted) {
  Start();
  const std::string body = SnappyLiteral(OneSampleMessage());
  const std::string request = WriteRequest(body, "Expect: 100-continue\r\n");
  RawClient wanted(address);
  wanted.Send(std::string_view(request).substr(0, request.size() - body.size()));
  wanted.Send(body);
  EXPECT_EQ(wanted.Read().status, 204);
  EXPECT_EQ(wanted.continues(), 1);
  RawClient unwanted(address);
  EXPECT_EQ(unwanted
                .Ask("POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 9\r\n"
                     "Expect: 100-continue\r\n\r\n")
                .status,
            415);
  EXPECT_EQ(unwanted.continues(), 0);
}

TEST_F(HttpWriteTest, ABudgetSpentIs503WithRetryAfter) {
  Start();
  ByteBudget::Reservation all = endpoint->budget().Open();
  ASSERT_TRUE(all.GrowTo(endpoint->budget().limit_bytes()));
  const std::string request = WriteRequest(SnappyLiteral(OneSampleMessage()));
  {
    RawClient client(address);
    const RawResponse response = client.Ask(request);
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.headers.count("retry-after"), 1u);
  }
  all.Release();
  RawClient client(address);
  EXPECT_EQ(client.Ask(request).status, 204);
}

TEST_F(HttpWriteTest, ARequestCutAtAnyByteTakesNothingAndGivesItsMemoryBack) {
  Start();
  const std::string request = WriteRequest(SnappyLiteral(OneSampleMessage()));
  for (size_t bytes = 0; bytes < request.size(); ++bytes) {
    RawClient client(address);
    client.Send(std::string_view(request).substr(0, bytes));
    client.ShutdownSend();
    const int status = client.Read().status;
    EXPECT_TRUE(status == 0 || status == 400) << status << " after " << bytes;
  }
  EXPECT_EQ(sink.samples, 0u);
  AwaitConnections();
  EXPECT_EQ(endpoint->budget().used_bytes(), 0u);
}

TEST_F(HttpWriteTest, AMalformedChunkIs400) {
  Start();
  RawClient client(address);
  EXPECT_EQ(client
                .Ask("POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n"
                     "Transfer-Encoding: chunked\r\n\r\nzz\r\n")
                .status,
            400);
}

TEST_F(HttpWriteTest, ABodyThatComesTooSlowlyIsCutOff) {
  options.header_timeout = std::chrono::milliseconds(50);
  Start();
  RawClient client(address);
  client.Send(
      "POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 9\r\n\r\nx");
  EXPECT_TRUE(client.AtEnd());
  AwaitConnections();
  EXPECT_THAT(Metrics(), HasSubstr("promcast_http_requests_total{code=\"408\",handler=\"write\"} 1\n"));
}

TEST_F(HttpWriteTest, ABodyThatStallsAfterAFastStartIsCutOff) {
  options.header_timeout = std::chrono::milliseconds(200);
  Start();
  RawClient client(address);
  client.Send(Head("Content-Length: 2000000\r\n") + std::string(1 << 20, 'x'));
  EXPECT_TRUE(client.AtEnd());
  AwaitConnections();
  EXPECT_THAT(Metrics(), HasSubstr("promcast_http_requests_total{code=\"408\",handler=\"write\"} 1\n"));
}

TEST_F(HttpWriteTest, ALargeBodyPassesBesideSmallOnesButDoesNotTakeTheWholeBudget) {
  ingest.max_in_flight_bytes = 3 << 20;
  Start();
  const std::string garbage(5 << 19, '\xff');  // 2.5 MiB: 256 KiB are left to the others
  ByteBudget::Reservation others = endpoint->budget().Open();
  ASSERT_TRUE(others.GrowTo(200 << 10));
  {
    RawClient client(address);
    EXPECT_EQ(client.Ask(WriteRequest(garbage)).status, 400);
  }
  ASSERT_TRUE(others.GrowTo(400 << 10));
  RawClient client(address);
  EXPECT_EQ(client.Ask(WriteRequest(garbage)).status, 503);
}

TEST_F(HttpWriteTest, ABodyAboveTheWholeBudgetIs413) {
  ingest.max_in_flight_bytes = 100000;
  Start();
  const std::string body(200000, 'x');
  EXPECT_EQ(RawClient(address).Ask(WriteRequest(body)).status, 413);
  EXPECT_EQ(RawClient(address).Ask(Chunked(body, 5000)).status, 413);
}

TEST_F(HttpWriteTest, RefusalsWhileTheBodyIsReadCarryTheWrittenHeadersAndAreCounted) {
  ingest.max_body_bytes = 1000;
  Start();
  const std::string chunked =
      "POST /api/v1/write HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: "
      "application/x-protobuf;proto=io.prometheus.write.v2.Request\r\n\r\n";
  const auto expect = [&](int status, const std::string& body) {
    const RawResponse response = RawClient(address).Ask(chunked + body);
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.headers.count("x-prometheus-remote-write-samples-written"), 1u) << status;
    EXPECT_THAT(Metrics(), testing::ContainsRegex("promcast_ingest_requests_total\\{code=\"" + std::to_string(status) +
                                                  "\"[^}]*\\} 1\n"));
  };
  expect(400, "zz\r\n");
  expect(413, "7d0\r\n" + std::string(2000, 'x') + "\r\n0\r\n\r\n");
  ByteBudget::Reservation all = endpoint->budget().Open();
  ASSERT_TRUE(all.GrowTo(endpoint->budget().limit_bytes()));
  expect(503, "1\r\nx\r\n0\r\n\r\n");
}

TEST_F(HttpWriteTest, SlowSendersReserveLittleAndHoldNobodyUp) {
  Start();
  std::deque<RawClient> slow;
  for (int i = 0; i < 64; ++i) {
    slow.emplace_back(address).Send(
        "POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: "
        "30000000\r\n\r\nx");
  }
  RawClient healthy(address);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(healthy.Ask(WriteRequest(SnappyLiteral(OneSampleMessage()))).status, 204);
  }
  EXPECT_LE(endpoint->budget().used_bytes(), 64u * 16384u);
}

TEST_F(HttpWriteTest, ManyClientsWriteAtOnce) {
  Start();
  std::vector<std::thread> clients;
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&] {
      RawClient client(address);
      for (int i = 0; i < 50; ++i) EXPECT_EQ(client.Ask(WriteRequest(SnappyLiteral(OneSampleMessage()))).status, 204);
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(sink.samples, 400u);
}

}  // namespace
}  // namespace promcast
