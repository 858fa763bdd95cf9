#include <openssl/ssl.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "raw_client.h"
#include "server/basic_auth.h"
#include "server/web_config.h"
#include "server_fixture.h"
#include "tls_peer.h"

namespace promcast {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The password is "U*U".
constexpr char kUser[] = "basic_auth_users: {ann: $2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW}\n";
constexpr char kRight[] = "Authorization: Basic YW5uOlUqVQ==\r\n";  // ann:U*U
constexpr char kWrong[] = "Authorization: Basic YW5uOm5v\r\n";      // ann:no

class HttpTlsTest : public ServerFixture {
 protected:
  HttpTlsTest() {
    std::string pattern = testing::TempDir() + "http_tlsXXXXXX";
    folder_ = mkdtemp(pattern.data());
    WriteFile("cert.pem", server_certificate_.certificate_pem);
    WriteFile("key.pem", server_certificate_.key_pem);
    WriteFile("ca.pem", client_certificate_.certificate_pem);
  }
  ~HttpTlsTest() override {
    server.reset();
    std::filesystem::remove_all(folder_);
  }
  void WriteFile(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/new") << text;
    std::filesystem::rename(folder_ + "/new", folder_ + "/" + name);
  }
  void StartWith(const std::string& yaml) {
    WriteFile("web.yml", yaml);
    auto config = WebConfigFile::Open(folder_ + "/web.yml");
    ASSERT_TRUE(config.ok()) << config.status();
    Start(*config);
  }
  std::string Ask(const TestCertificate* client = nullptr, int max_version = 0, std::string_view headers = "") {
    return AskOverTls(address, Get("/-/healthy", "Connection: close\r\n" + std::string(headers)), server_certificate_,
                      client, max_version);
  }

  const TestCertificate server_certificate_ = MakeCertificate("server.example.org");
  const TestCertificate client_certificate_ = MakeCertificate("client.example.org");
  const TestCertificate stranger_ = MakeCertificate("client.example.org");
  std::string folder_;
  const std::string kTls = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n";
  const std::string kMutual = kTls + "  client_ca_file: ca.pem\n  client_auth_type: RequireAndVerifyClientCert\n";
};

TEST_F(HttpTlsTest, ServesOverTlsAndNotWithoutIt) {
  StartWith(kTls);
  EXPECT_THAT(Ask(), StartsWith("HTTP/1.1 200"));
  RawClient plain(address);
  plain.Send(Get("/-/healthy"));
  plain.ShutdownSend();
  EXPECT_EQ(plain.Read().status, 0);
}

TEST_F(HttpTlsTest, TheLowestVersionIsKept) {
  StartWith(kTls + "  min_version: TLS13\n");
  EXPECT_EQ(Ask(nullptr, TLS1_2_VERSION), "");
  EXPECT_THAT(Ask(nullptr, TLS1_3_VERSION), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpTlsTest, OnlyVerifiedClientsAreServed) {
  StartWith(kMutual);
  EXPECT_EQ(Ask(), "");
  EXPECT_EQ(Ask(&stranger_), "");
  EXPECT_THAT(Ask(&client_certificate_), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpTlsTest, OnlyAllowedNamesAreServed) {
  StartWith(kMutual + "  client_allowed_sans: [other.example.org]\n");
  EXPECT_EQ(Ask(&client_certificate_), "");
  WriteFile("web.yml", kMutual + "  client_allowed_sans: [other.example.org, client.example.org]\n");
  EXPECT_THAT(Ask(&client_certificate_), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpTlsTest, ARenewedCertificateIsTakenUp) {
  StartWith(kTls);
  const TestCertificate renewed = MakeCertificate("server.example.org");
  EXPECT_EQ(AskOverTls(address, Get("/"), renewed), "");
  WriteFile("key.pem", renewed.key_pem);
  WriteFile("cert.pem", renewed.certificate_pem);
  EXPECT_THAT(AskOverTls(address, Get("/-/healthy", "Connection: close\r\n"), renewed), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpTlsTest, AKeyThatDoesNotFitLeavesTheLastGoodPairInForce) {
  StartWith(kTls);
  const TestCertificate renewed = MakeCertificate("server.example.org");
  WriteFile("key.pem", renewed.key_pem);
  EXPECT_THAT(Ask(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Ask(), StartsWith("HTTP/1.1 200"));
  WriteFile("cert.pem", "no certificate");
  EXPECT_THAT(Ask(), StartsWith("HTTP/1.1 200"));
  WriteFile("cert.pem", renewed.certificate_pem);
  EXPECT_THAT(AskOverTls(address, Get("/-/healthy", "Connection: close\r\n"), renewed), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpTlsTest, ABadPairDoesNotBringItsClientRulesInEither) {
  StartWith(kMutual + "  client_allowed_sans: [other.example.org]\n");
  WriteFile("key.pem", stranger_.key_pem);
  WriteFile("web.yml", kTls);
  EXPECT_EQ(Ask(), "");
  EXPECT_EQ(Ask(&client_certificate_), "");
}

TEST_F(HttpTlsTest, AConfigurationCutShortSwitchesOffNothing) {
  StartWith(kTls + kUser);
  EXPECT_THAT(Ask(nullptr, 0, kRight), StartsWith("HTTP/1.1 200"));
  WriteFile("web.yml", "");
  EXPECT_THAT(Ask(), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(Ask(nullptr, 0, kRight), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpTlsTest, ABadCertificateIsAnErrorAtStartThatNamesTheFile) {
  WriteFile("cert.pem", "no certificate");
  WriteFile("web.yml", kTls);
  endpoint = std::make_unique<WriteEndpoint>(ingest, sink, metrics);
  const auto started = HttpServer::Start(options, Hooks(), *WebConfigFile::Open(folder_ + "/web.yml"));
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(std::string(started.status().message()), HasSubstr("cert.pem"));
}

TEST_F(HttpTlsTest, AClientThatNeverShakesHandsIsCutOff) {
  options.header_timeout = std::chrono::milliseconds(50);
  StartWith(kTls);
  RawClient silent(address);
  EXPECT_TRUE(silent.AtEnd());
}

TEST_F(HttpTlsTest, EveryPageNeedsThePassword) {
  StartWith(kUser);
  RawClient client(address);
  for (const char* path : {"/", "/metrics", "/-/healthy"}) {
    const RawResponse refused = client.Ask(Get(path));
    EXPECT_EQ(refused.status, 401) << path;
    EXPECT_EQ(refused.headers.count("www-authenticate"), 1u);
    EXPECT_EQ(client.Ask(Get(path, kWrong)).status, 401);
    EXPECT_EQ(client.Ask(Get(path, kRight)).status, 200);
  }
  const std::string body = SnappyLiteral(OneSampleMessage());
  EXPECT_EQ(client.Ask(WriteRequest(body, kRight)).status, 204);
  EXPECT_EQ(client.Ask(WriteRequest(body)).status, 401);
  EXPECT_EQ(sink.samples, 1u);
}

TEST_F(HttpTlsTest, OnePasswordTooManyToCheckGets503) {
  Mutex mutex;
  CondVar changed;
  bool blocked = false, go_on = false;
  on_reload = [&] {  // holds up the thread that checks passwords
    MutexLock lock(mutex);
    blocked = true;
    changed.NotifyAll();
    changed.Wait(mutex, [&] { return go_on; });
    return absl::OkStatus();
  };
  options.enable_lifecycle = true;
  StartWith(kUser);
  RawClient operating(address);
  EXPECT_EQ(operating.Ask(Get("/-/healthy", kRight)).status, 200);
  operating.Send(Get("/-/reload", std::string(kRight) + "Content-Length: 0\r\n", "POST"));
  {
    MutexLock lock(mutex);
    changed.Wait(mutex, [&] { return blocked; });
  }
  std::vector<RawResponse> responses(PasswordChecker::kMaxChecks + 1);
  std::vector<std::thread> guessers;
  for (RawResponse& response : responses) {
    guessers.emplace_back([&] {
      RawClient client(address);
      response = client.Ask(Get("/-/healthy", kWrong));
      if (response.status != 503) return;
      MutexLock lock(mutex);
      go_on = true;
      changed.NotifyAll();
    });
  }
  for (std::thread& guesser : guessers) guesser.join();
  {
    MutexLock lock(mutex);
    go_on = true;
    changed.NotifyAll();
  }
  const auto answered = [&](int status) {
    return std::count_if(responses.begin(), responses.end(), [&](const auto& r) { return r.status == status; });
  };
  EXPECT_EQ(answered(401), PasswordChecker::kMaxChecks);
  EXPECT_EQ(answered(503), 1);
  for (const RawResponse& r : responses) EXPECT_EQ(r.headers.count("retry-after"), r.status == 503 ? 1u : 0u);
  EXPECT_EQ(operating.Read().status, 200);
}

TEST_F(HttpTlsTest, UsersChangeWithoutARestart) {
  StartWith("");
  RawClient client(address);
  EXPECT_EQ(client.Ask(Get("/-/healthy")).status, 200);
  WriteFile("web.yml", kUser);
  EXPECT_EQ(client.Ask(Get("/-/healthy")).status, 401);
}

TEST_F(HttpTlsTest, ConfiguredHeadersStandInEveryResponse) {
  StartWith("http_server_config: {headers: {X-Frame-Options: deny}}\n");
  RawClient client(address);
  EXPECT_EQ(client.Ask(Get("/-/healthy")).headers.at("x-frame-options"), "deny");
}

}  // namespace
}  // namespace promcast
