#include <algorithm>
#include <string>

#include "config_cases.h"

namespace promcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(DescribeConfig, HasALineForEachRuleDestinationAndTheLimits) {
  const std::string text = DescribeConfig(MustParse(R"(forecasts:
- {match: up, horizons: [1h, 1d], floor: 0}
- {name: load, match: node_load1, step: 15s, seasons: [], anomaly_score: false}
remote_write: [{url: 'http://h:9090/w', strip_external_labels: {cluster: eu}}]
)"));
  EXPECT_THAT(text,
              testing::StartsWith("forecast up; step auto; seasons 1d, 1w; horizons 1h, 1d; coverage 0.95; every 1m; "
                                  "floor 0; profile standard; with anomaly score\n"
                                  "forecast \"load\": node_load1; step 15s; seasons none; horizons 1h; coverage 0.95; "
                                  "every 1m; profile standard; without anomaly score\n"
                                  "write to http://h:9090/w; remote write 2.0, else 1.0; strips cluster=\"eu\"\n"
                                  "limits: 2000000 series forecast, "));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
}

TEST(DescribeConfig, SaysWhereSeasonsAreFound) {
  EXPECT_THAT(DescribeConfig(MustParse("forecasts: [{match: up, seasons: auto}]")), HasSubstr("; seasons auto; "));
}

TEST(DescribeConfig, SaysWhereNewSeriesBeginWithTheirSiblingsSeason) {
  const std::string text =
      DescribeConfig(MustParse("forecasts: [{match: up, cohort_start: true}, {match: x, cohort_start: false}]"));
  EXPECT_THAT(text, HasSubstr("forecast up; "));
  EXPECT_EQ(text.find("; new series begin with their siblings' season; "), text.rfind("; new series begin"));
  EXPECT_LT(text.find("; new series begin"), text.find("forecast x"));
}

TEST(DescribeConfig, HidesSecrets) {
  const std::string text = DescribeConfig(MustParse(R"(forecasts: []
remote_write:
- {url: 'http://user:hunter2@a/w', headers: {X-Key: hunter2}}
- {url: 'http://b/w', basic_auth: {username: u, password: hunter2}}
- {url: 'http://c/w', authorization: {credentials: hunter2}}
)"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(text, HasSubstr("write to http://a/w; remote write 2.0, else 1.0; basic auth; headers X-Key\n"));
  EXPECT_THAT(text, HasSubstr("http://b/w; remote write 2.0, else 1.0; basic auth\n"));
  EXPECT_THAT(text, HasSubstr("authorization Bearer\n"));
}

TEST(ConfigWarnings, SilentForAnOrdinaryConfiguration) {
  EXPECT_THAT(ConfigWarnings(MustParse("forecasts: [{match: up}]\nremote_write: [{url: 'http://h/w'}]")),
              ElementsAre());
  EXPECT_THAT(ConfigWarnings(MustParse(R"(forecasts: [{match: up}]
remote_write:
- {url: 'http://127.0.0.1:9090/w', basic_auth: {username: u, password: p}}
- {url: 'https://h/w', basic_auth: {username: u, password: p}}
)")),
              ElementsAre());
}

TEST(ConfigWarnings, NameWhatIsProbablyNotMeant) {
  EXPECT_THAT(ConfigWarnings(MustParse("forecasts: []")),
              ElementsAre(HasSubstr("remote_write is empty"), HasSubstr("forecasts is empty")));
  EXPECT_THAT(ConfigWarnings(MustParse(R"(forecasts: [{match: up, interval: 2h}, {match: x, step: 20m}]
remote_write:
- {url: 'http://h/w', authorization: {credentials: c}}
- {url: 'http://u:p@i/w'}
- {url: 'https://j/w', tls_config: {insecure_skip_verify: true}}
)")),
              ElementsAre(HasSubstr("http://h/w: credentials are sent without encryption"),
                          HasSubstr("http://i/w: credentials are sent without encryption"),
                          HasSubstr("https://j/w: insecure_skip_verify"), HasSubstr("up: a prediction every 2h"),
                          HasSubstr("x: the step 20m is longer than series.idle_timeout")));
}

}  // namespace
}  // namespace promcast
