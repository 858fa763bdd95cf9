#include <fstream>
#include <string>
#include <vector>

#include "config_cases.h"

namespace promcast {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(RemoteWriteConfig, ReadsEveryKey) {
  const std::string folder = testing::TempDir();
  for (const std::string name : {"ca.pem", "cert.pem", "key.pem", "secret"}) std::ofstream(folder + name) << "x";
  const std::string yaml = R"(forecasts: []
remote_write:
- url: https://metrics.example:8443/api/v1/write?tenant=a
  name: long term
  remote_timeout: 5s
  protobuf_message: io.prometheus.write.v2.Request
  headers: {X-Scope-OrgID: "7", X-Other: a b}
  basic_auth: {username: writer, password_file: secret}
  tls_config: {ca_file: ca.pem, cert_file: cert.pem, key_file: key.pem, server_name: other, insecure_skip_verify: true}
  queue_config:
    capacity: 5000
    max_shards: 4
    max_samples_per_send: 500
    batch_send_deadline: 2s
    min_backoff: 50ms
    max_backoff: 10s
    retry_on_http_429: true
    sample_age_limit: 3m
  strip_external_labels: {cluster: eu-1, replica: "0"}
- url: http://localhost:9090/api/v1/write
  protobuf_message: prometheus.WriteRequest
  authorization: {type: Token, credentials: t0ken}
- url: http://localhost:9091/api/v1/write
  protobuf_message: auto
  authorization: {credentials_file: )" +
                           folder + "secret}\n";
  const auto options = ParseConfig(yaml, folder + "promcast.yml");
  ASSERT_TRUE(options.ok()) << options.status();
  ASSERT_EQ(options->remote_write.size(), 3u);

  DestinationOptions expected;
  expected.name = "long term";
  expected.url = "https://metrics.example:8443/api/v1/write?tenant=a";
  expected.remote_timeout = std::chrono::seconds(5);
  expected.protobuf_message = ProtobufMessage::kV2;
  expected.headers = {{"X-Scope-OrgID", "7"}, {"X-Other", "a b"}};
  expected.basic_auth = BasicAuthOptions{"writer", "", folder + "secret"};
  expected.tls_config = {folder + "ca.pem", folder + "cert.pem", folder + "key.pem", "other", true};
  expected.queue_config.capacity = 5000;
  expected.queue_config.max_shards = 4;
  expected.queue_config.max_samples_per_send = 500;
  expected.queue_config.batch_send_deadline = std::chrono::seconds(2);
  expected.queue_config.min_backoff = std::chrono::milliseconds(50);
  expected.queue_config.max_backoff = std::chrono::seconds(10);
  expected.queue_config.retry_on_http_429 = true;
  expected.queue_config.sample_age_limit = std::chrono::minutes(3);
  expected.strip_external_labels = {{"cluster", "eu-1"}, {"replica", "0"}};
  EXPECT_EQ(options->remote_write[0], expected);

  EXPECT_EQ(options->remote_write[1].protobuf_message, ProtobufMessage::kV1);
  EXPECT_EQ(options->remote_write[1].authorization, (AuthorizationOptions{"Token", "t0ken", ""}));
  EXPECT_EQ(options->remote_write[2].protobuf_message, ProtobufMessage::kAuto);
  EXPECT_EQ(options->remote_write[2].authorization, (AuthorizationOptions{"Bearer", "", folder + "secret"}));
}

TEST(RemoteWriteConfig, ADestinationNeedsOnlyItsUrl) {
  const PipelineOptions options = MustParse("forecasts: []\nremote_write: [{url: 'http://u:p@host:9090/write'}]");
  ASSERT_EQ(options.remote_write.size(), 1u);
  DestinationOptions expected;
  expected.url = "http://u:p@host:9090/write";
  expected.name = "http://host:9090/write";
  EXPECT_EQ(options.remote_write[0], expected);
}

TEST(RemoteWriteConfig, PasswordsHoldAnything) {
  const PipelineOptions options = MustParse(
      "forecasts: []\nremote_write: [{url: 'http://h/w', basic_auth: {username: u, password: '${HOME}:$x \"{}'}}]");
  EXPECT_EQ(options.remote_write[0].basic_auth->password, "${HOME}:$x \"{}");
}

TEST(RemoteWriteConfig, NamesWhatIsWrongAndWhere) {
  const std::string one = "forecasts: []\nremote_write:\n- url: http://h/w\n  ";
  for (const BadConfig& bad : std::vector<BadConfig>{
           {"forecasts: []\nremote_write: http://h/w", "2:15", "expected a list of destinations, found text", ""},
           {"forecasts: []\nremote_write: [http://h/w]", "2:16", "remote_write[0]: expected a map", ""},
           {"forecasts: []\nremote_write:\n- name: x\n", "3:3", "\"url\" is missing in remote_write[0]",
            "write the address"},
           {"forecasts: []\nremote_write:\n- url: [a]\n", "3:8", "remote_write[0].url: expected text, found a list",
            ""},
           {"forecasts: []\nremote_write:\n- name: x\n  url: ftp://h/w\n", "4:3", "remote_write[0].url: ", "http"},
           {"forecasts: []\nremote_write:\n- url: host:9090\n", "3:3", "remote_write[0].url: ", "http://"},
           {one + "name: ''", "4:9", "the name is empty", ""},
           {one + "remote_timeout: 30", "4:19", "remote_write[0].remote_timeout: \"30\" is not a duration", ""},
           {one + "remote_timeout: 0s", "4:3", "remote_write[0].remote_timeout", ""},
           {one + "protobuf_message: v2", "4:21", "io.prometheus.write.v2.Request", ""},
           {one + "headers: {Content-Type: x}", "4:3", "Content-Type", ""},
           {one + "headers: {content-ENCODING: x}", "4:3", "content-ENCODING", ""},
           {one + "headers: {x-prometheus-remote-write-version: x}", "4:3", "remote_write[0].headers", ""},
           {one + "headers: {\"a b\": x}", "4:3", "\"a b\" is not a header name", ""},
           {one + "headers: {a: \"x\\r\\nb: c\"}", "4:3", "control character", ""},
           {one + "headers: {a: [x]}", "4:13", "remote_write[0].headers.a: expected text, found a list", ""},
           {one + "headers: [a]", "4:12", "remote_write[0].headers: expected a map", ""},
           {one + "basic_auth: {username: u}\n  authorization: {credentials: c}", "4:3", "not both", ""},
           {one + "basic_auth: {username: u}\n  headers: {Authorization: c}", "5:3", "Authorization", ""},
           {one + "basic_auth:", "4:3", "\"username\" is missing in remote_write[0].basic_auth", ""},
           {one + "basic_auth: hunter2", "4:15", "remote_write[0].basic_auth: expected a map", ""},
           {one + "basic_auth: {username: 'a:b'}", "4:3", "':'", ""},
           {one + "basic_auth: {username: u, passwd: x}", "4:29", "unknown key \"passwd\"", "\"password\"?"},
           {one + "basic_auth: {username: u, password_file: no/such}", "4:44", "cannot read the file \"no/such\"",
            "No such"},
           {one + "basic_auth: {username: u, password_file: /}", "4:44", "cannot read the file \"/\"", "directory"},
           {one + "basic_auth: {username: u, password_file: ''}", "4:44", "the file name is empty", ""},
           {one + "basic_auth: {username: u, password: p, password_file: /proc/version}", "4:3", "not both", ""},
           {one + "authorization: {}", "4:3", "either credentials or credentials_file", ""},
           {one + "authorization: {type: Basic, credentials: x}", "4:3", "use basic_auth", ""},
           {one + "authorization: {credential: x}", "4:19", "unknown key \"credential\"", "\"credentials\"?"},
           {one + "bearer_token: x", "4:3", "write authorization: {credentials: ...} instead", ""},
           {one + "bearer_token_file: x", "4:3", "write authorization: {credentials_file: ...} instead", ""},
           {one + "tls_config: {insecure: true}", "4:16", "unknown key \"insecure\" in remote_write[0].tls_config", ""},
           {one + "tls_config: {cert_file: /proc/version}", "4:3", "belong together", ""},
           {one + "queue_config: {capacity: lots}", "4:28", "expected a whole number", "\"lots\""},
           {one + "queue_config: {capacity: 0}", "4:28", "expected a whole number", "\"0\""},
           {one + "queue_config: {min_backoff: 5s, max_backoff: 1s}", "4:3", "min_backoff <= max_backoff", ""},
           {one + "queue_config: {min_shards: 2}", "4:18", "unknown key \"min_shards\"", "\"max_shards\"?"},
           {one + "strip_external_labels: {a: }", "4:27", "strip_external_labels.a: expected text, found nothing", ""},
           {one + "strip_external_labels: {'': b}", "4:27", "the name is empty", ""},
           {one + "write_relabel_configs: []", "4:3", "unknown key \"write_relabel_configs\" in remote_write[0]", ""},
           {one.substr(0, one.size() - 2) + "- url: http://h/w\n", "4:3", "the name \"http://h/w\" is taken", "line 3"},
           {one + "name: x\n- {url: 'http://i/w', name: x}\n", "5:3", "the name \"x\" is taken", "in line 3"},
       }) {
    ExpectOneError(bad);
  }
}

TEST(RemoteWriteConfig, ErrorsNeverRepeatSecrets) {
  const std::string one = "forecasts: []\nremote_write:\n- url: ";
  for (const std::string& yaml : std::vector<std::string>{
           one + "http://u:hunter2@/w\n",
           one + "ftp://u:hunter2@h/w\n",
           one + "'http://u:hunter2@h:99999/w'\n",
           one + "http://h/w\n  basic_auth: hunter2\n",
           one + "http://h/w\n  basic_auth: [hunter2]\n",
           one + "http://h/w\n  basic_auth: {username: u, password: [hunter2]}\n",
           one + "http://h/w\n  basic_auth: {username: u, password: hunter2, password_file: /proc/version}\n",
           one + "http://h/w\n  authorization: {credentials: \"hunter2\\n\"}\n",
           one + "http://h/w\n  authorization: {credentials: hunter2, credentials_file: /proc/version}\n",
           one + "http://h/w\n  headers: {X-Key: \"hunter2\\n\"}\n",
           one + "http://u:hunter2@h/w\n- url: http://v:hunter2@h/w\n",
       }) {
    EXPECT_THAT(ErrorsOf(yaml), Not(HasSubstr("hunter2"))) << yaml;
  }
}

}  // namespace
}  // namespace promcast
