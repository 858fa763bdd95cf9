#include "http_client/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "test_certificates.h"
#include "test_server.h"

namespace promcast {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::SizeIs;

constexpr milliseconds kLong = std::chrono::minutes(1);

Url UrlOf(const TestServer& server, const std::string& host = "127.0.0.1") {
  Url url;
  url.host = host;
  url.port = server.port();
  url.target = "/w?x=1";
  return url;
}

Url Tls(Url url) {
  url.tls = true;
  return url;
}

TestResponse Ok(const TestRequest&, size_t) {
  return {.status = 200, .headers = {{"X-A", "b"}}, .body = "body"};
}

TEST(HttpClient, SendsTheRequestAndReadsTheAnswer) {
  TestServer server(Ok);
  HttpClient client(UrlOf(server), {}, kLong);
  const auto response = client.Post({{"X-Custom", "1"}}, std::string("\0\r\n\xff", 4));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->Header("x-a"), "b");
  EXPECT_EQ(response->body, "body");
  const TestRequest request = server.requests().at(0);
  EXPECT_EQ(request.target, "/w?x=1");
  EXPECT_EQ(request.body, std::string("\0\r\n\xff", 4));
  EXPECT_EQ(request.headers.at("x-custom"), "1");
}

TEST(HttpClient, ReachesAnIpv6Address) {
  TestServer server(Ok, nullptr, true);
  HttpClient client(UrlOf(server, "::1"), {}, kLong);
  EXPECT_TRUE(client.Post({}, "").ok());
  EXPECT_THAT(server.requests().at(0).headers.at("host"), HasSubstr("[::1]:"));
}

TEST(HttpClient, LooksUpAName) {
  TestServer server(Ok);
  HttpClient client(UrlOf(server, "localhost"), {}, kLong);
  const auto response = client.Post({}, "");
  EXPECT_TRUE(response.ok()) << response.status();
}

TEST(HttpClient, ReusesItsConnection) {
  TestServer server(Ok);
  HttpClient client(UrlOf(server), {}, kLong);
  for (int i = 0; i < 5; i++) ASSERT_TRUE(client.Post({}, "x").ok());
  EXPECT_EQ(server.connections(), 1u);
}

TEST(HttpClient, AKeptConnectionThatTheServerClosedIsReplacedAtOnce) {
  TestServer server([](const TestRequest&, size_t) { return TestResponse{.status = 200, .close_silently = true}; });
  HttpClient client(UrlOf(server), {}, kLong);
  for (int i = 0; i < 5; i++) {
    const auto response = client.Post({}, "x");
    ASSERT_TRUE(response.ok()) << response.status();
  }
  EXPECT_THAT(server.requests(), SizeIs(5));
  EXPECT_EQ(server.connections(), 5u);
}

TEST(HttpClient, ReadsAnswersWithoutALengthInChunksAndAfterInterimOnes) {
  const std::vector<std::string> answers = {
      "HTTP/1.1 200 OK\r\n\r\nuntil the end", "HTTP/1.0 200 OK\r\n\r\nuntil the end",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nuntil\r\n8\r\n the end\r\n0\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\nuntil the end"};
  TestServer server([&](const TestRequest&, size_t index) { return TestResponse{.raw = answers[index]}; });
  HttpClient client(UrlOf(server), {}, kLong);
  for (size_t i = 0; i < answers.size(); i++) {
    const auto response = client.Post({}, "x");
    ASSERT_TRUE(response.ok()) << answers[i] << response.status();
    EXPECT_EQ(response->body, "until the end") << answers[i];
  }
}

TEST(HttpClient, KeepsTheBeginningOfALargeBodyAndGivesUpOnAnEndlessOne) {
  TestServer server([](const TestRequest&, size_t index) {
    return TestResponse{.status = 400, .body = std::string(index == 0 ? 512 * 1024 : 4 * 1024 * 1024, 'x')};
  });
  HttpClient client(UrlOf(server), {}, kLong);
  for (int i = 0; i < 3; i++) {
    const auto response = client.Post({}, "x");
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->status, 400);
    EXPECT_EQ(response->body, std::string(64 * 1024, 'x'));
  }
  EXPECT_EQ(server.connections(), 2u) << "only the body that is too long costs its connection";
}

TEST(HttpClient, AnAnswerThatIsNotHttpOrBreaksOffIsAnError) {
  const std::string whole = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  std::vector<std::string> answers = {"\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
                                      "HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'x') + "\r\n\r\n"};
  for (size_t length = 1; length < whole.size(); length++) answers.push_back(whole.substr(0, length));
  TestServer server([&](const TestRequest&, size_t index) { return TestResponse{.raw = answers[index]}; });
  HttpClient client(UrlOf(server), {}, kLong);
  for (const std::string& answer : answers) {
    EXPECT_TRUE(absl::IsUnavailable(client.Post({}, "x").status())) << answer.substr(0, 100);
  }
}

TEST(HttpClient, AServerThatNeverAnswersRunsIntoTheTimeout) {
  TestServer server([](const TestRequest&, size_t) { return TestResponse{.never = true}; });
  HttpClient client(UrlOf(server), {}, milliseconds(20));
  EXPECT_TRUE(absl::IsDeadlineExceeded(client.Post({}, "x").status()));
}

TEST(HttpClient, CancelEndsARunningRequestAndAllLaterOnes) {
  TestServer server([](const TestRequest&, size_t) { return TestResponse{.never = true}; });
  HttpClient client(UrlOf(server), {}, hours(1));
  absl::Status status;
  std::thread thread([&] { status = client.Post({}, "x").status(); });
  EXPECT_TRUE(server.WaitForRequests(1));
  client.Cancel();
  thread.join();
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_TRUE(absl::IsCancelled(client.Post({}, "x").status()));
}

TEST(HttpClient, ARefusedConnectionNamesAddressAndPort) {
  uint16_t port = 0;
  { port = TestServer(Ok).port(); }
  Url url;
  url.host = "127.0.0.1";
  url.port = port;
  const auto status = HttpClient(url, {}, kLong).Post({}, "x").status();
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("127.0.0.1 port " + std::to_string(port)));
}

class HttpClientTls : public testing::Test {
 protected:
  static const TestAuthority& Authority() {
    static const TestAuthority authority("authority");
    return authority;
  }
  static TestServerTls ServerTls() {
    const auto files = Authority().Issue("receiver", "DNS:receiver.test,IP:127.0.0.1");
    return {files.cert_file, files.key_file, ""};
  }
  static ClientTlsOptions Trusting(const std::string& server_name = "") {
    ClientTlsOptions options;
    options.ca_file = Authority().ca_file();
    options.server_name = server_name;
    return options;
  }
};

TEST_F(HttpClientTls, AServerOfTheTrustedAuthorityIsReachedByAddressAndByServerName) {
  const TestServerTls tls = ServerTls();
  TestServer server(Ok, &tls);
  for (const char* name : {"", "receiver.test"}) {
    HttpClient client(Tls(UrlOf(server)), Trusting(name), kLong);
    for (int i = 0; i < 2; i++) {
      const auto response = client.Post({}, "x");
      ASSERT_TRUE(response.ok()) << response.status();
      EXPECT_EQ(response->body, "body");
    }
  }
  EXPECT_EQ(server.connections(), 2u);
}

TEST_F(HttpClientTls, AWrongServerNameIsRefused) {
  const TestServerTls tls = ServerTls();
  TestServer server(Ok, &tls);
  const auto status = HttpClient(Tls(UrlOf(server)), Trusting("other.test"), kLong).Post({}, "x").status();
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("other.test"));
  EXPECT_THAT(server.requests(), SizeIs(0));
}

TEST_F(HttpClientTls, AnUnknownAuthorityIsRefusedUnlessVerificationIsSkipped) {
  const TestServerTls tls = ServerTls();
  TestServer server(Ok, &tls);
  ClientTlsOptions options = Trusting();
  const TestAuthority stranger("stranger");
  options.ca_file = stranger.ca_file();
  EXPECT_TRUE(absl::IsUnavailable(HttpClient(Tls(UrlOf(server)), options, kLong).Post({}, "x").status()));
  EXPECT_THAT(server.requests(), SizeIs(0));
  options.insecure_skip_verify = true;
  EXPECT_TRUE(HttpClient(Tls(UrlOf(server)), options, kLong).Post({}, "x").ok());
}

TEST_F(HttpClientTls, AClientCertificateIsShown) {
  TestServerTls tls = ServerTls();
  tls.client_ca_file = Authority().ca_file();
  TestServer server(Ok, &tls);
  ClientTlsOptions options = Trusting();
  EXPECT_FALSE(HttpClient(Tls(UrlOf(server)), options, kLong).Post({}, "x").ok());
  const auto files = Authority().Issue("client", "");
  options.cert_file = files.cert_file;
  options.key_file = files.key_file;
  const auto response = HttpClient(Tls(UrlOf(server)), options, kLong).Post({}, "x");
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_THAT(server.requests(), SizeIs(1));
  EXPECT_EQ(server.requests()[0].client_certificate, "client");
}

TEST_F(HttpClientTls, AMissingCertificateFileIsNamed) {
  const TestServerTls tls = ServerTls();
  TestServer server(Ok, &tls);
  ClientTlsOptions options = Trusting();
  options.ca_file = "/nowhere/ca.pem";
  const auto status = HttpClient(Tls(UrlOf(server)), options, kLong).Post({}, "x").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("ca_file \"/nowhere/ca.pem\""));
}

TEST_F(HttpClientTls, AServerThatSpeaksNoTlsIsAnError) {
  TestServer server([](const TestRequest&, size_t) { return TestResponse{.status = 400}; });
  // A TLS hello holds no end of an HTTP head: the server waits for more, and the client's timeout ends it.
  EXPECT_FALSE(HttpClient(Tls(UrlOf(server)), Trusting(), milliseconds(50)).Post({}, "x").ok());
}

/// Collects what a streamed answer brings, and how large its largest piece was.
struct Collected {
  std::string body;
  size_t largest_piece = 0;
  HttpBodySink Sink() {
    return [this](const HttpResponse& head, std::string_view piece) {
      EXPECT_EQ(head.status, 200);
      body += piece;
      largest_piece = std::max(largest_piece, piece.size());
      return absl::OkStatus();
    };
  }
};

TEST(HttpClientStream, ALargeAnswerComesWholeAndInPieces) {
  std::string large(5 << 20, '\0');
  for (size_t i = 0; i < large.size(); i++) large[i] = static_cast<char>(i * 2654435761u >> 13);
  TestServer server([&](const TestRequest&, size_t) { return TestResponse{.status = 200, .body = large}; });
  HttpClient client(UrlOf(server), {}, kLong);
  for (int i = 0; i < 2; i++) {
    Collected collected;
    const auto response = client.Post({}, "x", collected.Sink());
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->body, "");
    EXPECT_EQ(collected.body, large);
    EXPECT_LE(collected.largest_piece, 64u << 10);
  }
  EXPECT_EQ(server.connections(), 1u);
}

TEST(HttpClientStream, ARefusalIsKeptAsWithoutASink) {
  TestServer server([](const TestRequest&, size_t) { return TestResponse{.status = 400, .body = "too many samples"}; });
  HttpClient client(UrlOf(server), {}, kLong);
  Collected collected;
  const auto response = client.Post({}, "x", collected.Sink());
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 400);
  EXPECT_EQ(response->body, "too many samples");
  EXPECT_EQ(collected.body, "");
}

TEST(HttpClientStream, ABodyThatBreaksOffIsAnError) {
  TestServer server([](const TestRequest&, size_t) {
    return TestResponse{.raw = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it"};
  });
  HttpClient client(UrlOf(server), {}, kLong);
  Collected collected;
  const auto response = client.Post({}, "x", collected.Sink());
  EXPECT_TRUE(absl::IsUnavailable(response.status())) << response.status();
  EXPECT_EQ(collected.body, "half of it");
}

TEST(HttpClientStream, ASinkThatRefusesEndsTheRequestWithItsError) {
  TestServer server(
      [](const TestRequest&, size_t) { return TestResponse{.status = 200, .body = std::string(1 << 20, 'x')}; });
  HttpClient client(UrlOf(server), {}, kLong);
  size_t pieces = 0;
  const auto refuse = [&](const HttpResponse&, std::string_view) {
    pieces++;
    return absl::DataLossError("nonsense");
  };
  EXPECT_EQ(client.Post({}, "x", refuse).status(), absl::DataLossError("nonsense"));
  EXPECT_EQ(pieces, 1u);
  Collected collected;
  EXPECT_TRUE(client.Post({}, "x", collected.Sink()).ok());
  EXPECT_EQ(collected.body.size(), 1u << 20);
}

}  // namespace
}  // namespace promcast
