#include <fstream>
#include <string>
#include <vector>

#include "config_cases.h"

namespace promcast {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(RemoteReadConfig, ReadsEveryKey) {
  const std::string folder = testing::TempDir();
  std::ofstream(folder + "secret") << "x";
  const auto options = ParseConfig(R"(forecasts: []
remote_read:
- url: https://metrics.example/api/v1/read
  name: long term
  remote_timeout: 5s
  headers: {X-Scope-OrgID: "7"}
  basic_auth: {username: reader, password_file: secret}
  tls_config: {server_name: other}
- url: http://localhost:8428/any
  api: export
- {url: "http://localhost:9090/api/v1/read", api: remote_read}
backfill: {max_range: 3d, concurrency: 4, patience: 1m}
)",
                                   folder + "promcast.yml");
  ASSERT_TRUE(options.ok()) << options.status();
  HistorySourceOptions expected;
  expected.url = "https://metrics.example/api/v1/read";
  expected.name = "long term";
  expected.remote_timeout = std::chrono::seconds(5);
  expected.headers = {{"X-Scope-OrgID", "7"}};
  expected.basic_auth = BasicAuthOptions{"reader", "", folder + "secret"};
  expected.tls_config.server_name = "other";
  ASSERT_EQ(options->remote_read.size(), 3u);
  EXPECT_EQ(options->remote_read[0], expected);
  EXPECT_EQ(options->remote_read[1].api, HistoryApi::kExport);
  EXPECT_EQ(options->remote_read[1].name, "http://localhost:8428/any");
  EXPECT_EQ(options->remote_read[1].remote_timeout, std::chrono::minutes(1)) << "as in Prometheus";
  EXPECT_EQ(options->remote_read[2].api, HistoryApi::kRemoteRead);
  EXPECT_EQ(options->backfill.max_range_ms, 3 * int64_t{86'400'000});
  EXPECT_EQ(options->backfill.concurrency, 4u);
  EXPECT_EQ(options->backfill.patience_ms, 60'000);
}

TEST(RemoteReadConfig, WithoutItNoHistoryIsRead) {
  for (const char* yaml : {"forecasts: []\n", "forecasts: []\nremote_read:\n", "forecasts: []\nremote_read: []\n"})
    EXPECT_TRUE(MustParse(yaml).remote_read.empty());
}

TEST(RemoteReadConfig, NamesWhatIsWrong) {
  const std::vector<BadConfig> cases = {
      {"remote_read: [{}]", "2:15", "remote_read[0]", "url"},
      {"remote_read: [{url: h}]", "2:16", "remote_read[0].url", "http://"},
      {"remote_read: [{url: 'http://h/', api: mimir}]", "2:39", "remote_read[0].api", "export"},
      {"remote_read: [{url: 'http://h/', read_recent: true}]", "2:47", "remote_read[0].read_recent", "leave it out"},
      {"remote_read: [{url: 'http://h/', headers: {Accept-Encoding: gzip}}]", "2:34", "Accept-Encoding", "itself"},
      {"remote_read: [{url: 'http://h/'}, {url: 'http://h/'}]", "2:35", "is taken by the store in line 2", "name"},
      {"remote_read: [{url: 'http://h/', queue_config: {}}]", "2:34", "unknown key \"queue_config\"", "known keys"},
      {"backfill: {concurrency: 0}", "2:25", "backfill.concurrency", "1"},
      {"backfill: {patience: soon}", "2:22", "backfill.patience", "duration"},
      {"backfill: {range: 1d}", "2:12", "unknown key \"range\"", "max_range"},
  };
  for (BadConfig bad : cases) {
    bad.yaml = std::string(kNoForecasts) + bad.yaml + "\n";
    ExpectOneError(bad);
  }
}

TEST(RemoteReadConfig, IsDescribedWithoutItsSecrets) {
  const auto options = MustParse(R"(forecasts: []
remote_read: [{url: "http://me:hush@far.example/api/v1/read"}]
)");
  EXPECT_THAT(DescribeConfig(options), HasSubstr("read history from http://far.example/api/v1/read"));
  EXPECT_THAT(DescribeConfig(options), Not(HasSubstr("hush")));
  bool warned = false;
  for (const std::string& warning : ConfigWarnings(options))
    warned = warned || warning.find("without encryption") != std::string::npos;
  EXPECT_TRUE(warned);
}

}  // namespace
}  // namespace promcast
