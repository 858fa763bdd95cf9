#include <algorithm>
#include <fstream>
#include <string>

#include "config/yaml_tree.h"
#include "config_cases.h"

namespace promcast {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSample = R"(remote_write: [{url: http://prometheus:9090/api/v1/write}]
forecasts:
- match: '{__name__=~"node_filesystem_avail_bytes|node_memory_MemAvailable_bytes"}'
  step: auto          # the rule's time grid
  seasons: [1d]
  horizons: [1h, 4h, 24h]
  coverage: [0.95]
  interval: 1m
limits: {max_series: 2000000, max_output_series: 8000000}
)";

TEST(Config, ReadsTheDocumentedSample) {
  const PipelineOptions options = MustParse(std::string(kSample));
  ASSERT_EQ(options.remote_write.size(), 1u);
  EXPECT_EQ(options.remote_write[0].url, "http://prometheus:9090/api/v1/write");
  ASSERT_EQ(options.forecasts.size(), 1u);
  EXPECT_EQ(options.forecasts[0].horizons_ms, (std::vector<int64_t>{3'600'000, 14'400'000, 86'400'000}));
  EXPECT_EQ(options.limits.max_output_series, 8'000'000u);
}

TEST(Config, NamesWhatIsWrongAtTheTop) {
  for (const BadConfig& bad : std::vector<BadConfig>{
           {"", "1:1", "\"forecasts\" is missing; write rules", "forecasts: []"},
           {"# nothing\n", "1:1", "\"forecasts\" is missing", ""},
           {"{}", "1:1", "\"forecasts\" is missing", ""},
           {"limits: {}\n", "1:1", "\"forecasts\" is missing", ""},
           {"hello", "1:1", "expected a map of keys and values, found text", ""},
           {"- a\n", "1:1", "expected a map of keys and values, found a list", ""},
           {"forecasts: []\nforecast: []\n", "2:1", "unknown key \"forecast\" at the top level", "\"forecasts\"?"},
           {"forecasts: []\nzzz: 1\n", "2:1",
            "known keys: remote_write, remote_read, backfill, forecasts, limits, series, storage, shards", ""},
           {"forecasts: []\n<<: {a: 1}\n", "2:1", "unknown key \"<<\"", ""},
           {"forecasts: []\nshards: 1\nshards: 1\n", "3:1", "key \"shards\" stands twice, first in line 2", ""},
           {"forecasts: []\n\tshards: 1\n", "2:2", "cannot read this as YAML", "indent with blanks"},
           {"forecasts: []\n\"a\\nb\": 1\n", "2:1", "unknown key \"a\\x0ab\"", ""},
       }) {
    ExpectOneError(bad);
  }
}

TEST(Config, EveryTruncationOfTheSampleIsReadOrRefusedWithAPlace) {
  for (size_t size = 0; size < kSample.size(); size++) {
    const auto options = ParseConfig(kSample.substr(0, size), "promcast.yml");
    if (options.ok()) continue;
    EXPECT_THAT(std::string(options.status().message()), testing::StartsWith("promcast.yml:")) << size;
  }
}

TEST(Config, ListsTheFirstFiftyErrorsAndCountsTheRest) {
  std::string yaml = "forecasts: []\n";
  for (int i = 0; i < 80; i++) yaml += "bad" + std::to_string(i) + ": 1\n";
  const std::string errors = ErrorsOf(yaml);
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 50);
  EXPECT_THAT(errors, HasSubstr("promcast.yml:51:1: "));
  EXPECT_THAT(errors, testing::EndsWith("and 30 more errors"));
}

TEST(Config, ALongKeyIsShortenedInItsError) {
  EXPECT_LT(ErrorsOf("forecasts: []\n" + std::string(900, 'k') + ": 1\n").size(), 300u);
}

TEST(Config, ReadsAFileAndCallsItByItsPath) {
  const std::string path = testing::TempDir() + "config_file.yml";
  std::ofstream(path) << kSample;
  const auto options = LoadConfigFile(path);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->forecasts.size(), 1u);
  std::ofstream(path) << "forecasts: []\nx: 1\n";
  EXPECT_THAT(std::string(LoadConfigFile(path).status().message()), testing::StartsWith(path + ":2:1: unknown key"));
  std::ofstream(path) << std::string(kMaxYamlBytes + 5, ' ');
  EXPECT_THAT(std::string(LoadConfigFile(path).status().message()), HasSubstr("more than 1048576 bytes"));
}

TEST(Config, SaysWhyAFileCannotBeRead) {
  const absl::Status missing = LoadConfigFile(testing::TempDir() + "no_such.yml").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(missing));
  EXPECT_THAT(std::string(missing.message()), HasSubstr("no_such.yml\": No such file or directory"));
  EXPECT_THAT(std::string(LoadConfigFile("/").status().message()), HasSubstr("\"/\": it is a folder"));
}

}  // namespace
}  // namespace promcast
