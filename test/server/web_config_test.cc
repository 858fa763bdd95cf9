#include "server/web_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace promcast {
namespace {

using testing::HasSubstr;

constexpr char kHash[] = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

class WebConfigTest : public testing::Test {
 protected:
  WebConfigTest() {
    std::string pattern = testing::TempDir() + "web_configXXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~WebConfigTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
    return path;
  }
  std::string Error(const std::string& yaml) {
    const auto config = ReadWebConfig(Write("web.yml", yaml));
    return config.ok() ? "no error" : std::string(config.status().message());
  }

  std::string folder_;
};

TEST_F(WebConfigTest, ReadsEveryPart) {
  Write("cert.pem", "CERT");
  Write("key.pem", "KEY");
  const std::string ca = Write("ca.pem", "CA");
  const auto config = ReadWebConfig(Write("web.yml", std::string(R"(
tls_server_config:
  cert_file: cert.pem
  key_file: key.pem
  client_ca_file: )") + ca + R"(
  client_auth_type: RequireAndVerifyClientCert
  client_allowed_sans: [a.example.org]
  min_version: TLS13
basic_auth_users:
  ann: )" + kHash + R"(
http_server_config:
  http2: true
  headers: {X-Frame-Options: deny}
)"));
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_TRUE(config->tls.has_value());
  EXPECT_EQ(config->tls->cert_pem, "CERT");
  EXPECT_EQ(config->tls->key_pem, "KEY");
  EXPECT_EQ(config->tls->client_ca_pem, "CA");
  EXPECT_EQ(config->tls->client_auth_type, ClientAuthType::kRequireAndVerify);
  EXPECT_THAT(config->tls->client_allowed_sans, testing::ElementsAre("a.example.org"));
  EXPECT_EQ(config->tls->min_version, 13);
  EXPECT_EQ(config->basic_auth_users.at("ann"), kHash);
  EXPECT_THAT(config->headers, testing::ElementsAre(testing::Pair("X-Frame-Options", "deny")));
}

TEST_F(WebConfigTest, AnEmptyFileIsAConfigurationWithoutTlsAndUsers) {
  const auto config = ReadWebConfig(Write("web.yml", ""));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_FALSE(config->tls.has_value());
  EXPECT_TRUE(config->basic_auth_users.empty());
}

TEST_F(WebConfigTest, ErrorsNameFileAndLine) {
  const std::pair<std::string, std::string> cases[] = {
      {"\nx: 1\n", "web.yml:2: unknown key \"x\""},
      {"basic_auth_users:\n  ann: secret\n", "web.yml:2: user \"ann\" has no bcrypt hash"},
      {"tls_server_config:\n  cert_file: none.pem\n", "web.yml:2: cannot read"},
      {"tls_server_config:\n  min_version: SSL3\n", "web.yml:2: TLS version \"SSL3\" is none of TLS13"},
      {"tls_server_config:\n  client_auth_type: Sometimes\n", "web.yml:2: client_auth_type \"Sometimes\""},
      {"tls_server_config: {min_version: TLS12}\n", "needs cert_file"},
      {"http_server_config:\n  headers:\n    Set-Cookie: a\n", "web.yml:3: HTTP header \"Set-Cookie\""},
      {"basic_auth_users: [a]\n", "web.yml:1: basic_auth_users must be a mapping"},
      {"a: [\n", "web.yml:"},
      {"basic_auth_users:\n", "basic_auth_users has nothing in it"},
      {"tls_server_config:\n", "tls_server_config has nothing in it"},
      {"tls_server_config:\n  cipher_suites: [A]\n",
       "web.yml:2: cipher_suites and curve_preferences are not supported"},
      {"tls_server_config:\n  curve_preferences: [A]\n", "web.yml:2: cipher_suites and curve_preferences are not"},
      {"[]", "must be a mapping"},
  };
  for (const auto& [yaml, want] : cases) EXPECT_THAT(Error(yaml), HasSubstr(want)) << yaml;
  EXPECT_THAT(std::string(ReadWebConfig(folder_ + "/none.yml").status().message()), HasSubstr("none.yml"));
}

TEST_F(WebConfigTest, ChangesAreSeenAndBadOnesLeaveTheLastGoodOne) {
  const std::string path = Write("web.yml", "");
  auto file = WebConfigFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE((*file)->Current()->basic_auth_users.empty());
  EXPECT_EQ((*file)->Current(), (*file)->Current());
  Write("web.yml", std::string("basic_auth_users: {ann: ") + kHash + "}\n");
  EXPECT_EQ((*file)->Current()->basic_auth_users.size(), 1u);
  Write("web.yml", "broken: [");
  EXPECT_EQ((*file)->Current()->basic_auth_users.size(), 1u);
  Write("web.yml", std::string("basic_auth_users: {ann: ") + kHash + ", bob: " + kHash + "}\n");
  EXPECT_EQ((*file)->Current()->basic_auth_users.size(), 2u);
}

TEST_F(WebConfigTest, AChangeSwitchesOffNeitherTlsNorPasswords) {
  Write("cert.pem", "CERT");
  Write("key.pem", "KEY");
  const std::string tls = "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n";
  const std::string users = std::string("basic_auth_users: {ann: ") + kHash + "}\n";
  auto file = WebConfigFile::Open(Write("web.yml", tls + users));
  ASSERT_TRUE(file.ok()) << file.status();
  const auto in_force = (*file)->Current();
  for (const std::string& less : {std::string(), tls, users, tls + "basic_auth_users: {}\n"}) {
    Write("web.yml", less);
    EXPECT_EQ((*file)->Current(), in_force) << less;
  }
  Write("cert.pem", "CERT2");
  Write("web.yml", tls + users);
  EXPECT_EQ((*file)->Current()->tls->cert_pem, "CERT2");
}

TEST_F(WebConfigTest, AFileThatChangesWhileItIsReadIsReadAgain) {
  const std::string path = Write("web.yml", "");
  Write("key.pem", "KEY");
  auto file = WebConfigFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  const auto in_force = (*file)->Current();
  const std::string pipe = folder_ + "/pipe";  // holds the reader up between its files
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  Write("web.yml", "tls_server_config: {cert_file: pipe, key_file: key.pem}\n");
  std::thread reader([&] { EXPECT_EQ((*file)->Current(), in_force); });
  {
    std::ofstream cert(pipe);  // opens once the reader has
    Write("web.yml", std::string("basic_auth_users: {ann: ") + kHash + "}\n");
    cert << "CERT";
  }
  reader.join();
  EXPECT_FALSE((*file)->Current()->tls.has_value());
  EXPECT_EQ((*file)->Current()->basic_auth_users.size(), 1u);
}

TEST_F(WebConfigTest, TheServersChoiceOfCipherMayBeAskedForAsItIsInForce) {
  Write("cert.pem", "CERT");
  Write("key.pem", "KEY");
  EXPECT_EQ(Error("tls_server_config: {cert_file: cert.pem, key_file: key.pem, prefer_server_cipher_suites: true}"),
            "no error");
}

}  // namespace
}  // namespace promcast
