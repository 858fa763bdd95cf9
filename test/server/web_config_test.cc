#include "server/web_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

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
  Write("web.yml", "");
  EXPECT_TRUE((*file)->Current()->basic_auth_users.empty());
}

}  // namespace
}  // namespace promcast
