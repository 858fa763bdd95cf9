#include "timeseries/duration.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <utility>

namespace promcast {
namespace {

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;

TEST(Duration, ReadsEachUnitAndTheirSums) {
  const std::pair<const char*, int64_t> cases[] = {{"0", 0},
                                                   {"0s", 0},
                                                   {"500ms", 500},
                                                   {"15s", 15'000},
                                                   {"2m", 120'000},
                                                   {"5m", 300'000},
                                                   {"1h", kHour},
                                                   {"1h30m", kHour * 3 / 2},
                                                   {"1d", kDay},
                                                   {"2w", 14 * kDay},
                                                   {"1y", 365 * kDay},
                                                   {"1y2w3d4h5m6s7ms", 365 * kDay + 17 * kDay + 4 * kHour + 306'007},
                                                   {"90m", 90 * 60'000},
                                                   {"007s", 7'000},
                                                   {"292y", 292 * 365 * kDay}};
  for (const auto& [text, ms] : cases) {
    const auto parsed = ParseDurationMs(text);
    ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.status();
    EXPECT_EQ(*parsed, ms) << text;
  }
}

TEST(Duration, RefusesWhatPrometheusRefusesAndQuotesIt) {
  for (const char* text :
       {"",        "1",     "m",  "-1m", "+1m",  "1.5h", "1 m", " 1m",  "1m ",     "1m1h",
        "1m2m",    "1ms1s", "1x", "1M",  "5min", "1h30", "00",  "293y", "106752d", "99999999999999999999s",
        "292y52w", "1h-1m"}) {
    const auto parsed = ParseDurationMs(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_NE(parsed.status().message().find(text), std::string::npos);
  }
}

TEST(Duration, IsPrintedAsPrometheusDoes) {
  const std::pair<int64_t, const char*> cases[] = {{0, "0s"},          {1, "1ms"},
                                                   {1'000, "1s"},      {90'000, "1m30s"},
                                                   {kHour, "1h"},      {kHour * 3 / 2, "1h30m"},
                                                   {kDay, "1d"},       {7 * kDay, "1w"},
                                                   {8 * kDay, "8d"},   {7 * kDay + 1, "7d1ms"},
                                                   {365 * kDay, "1y"}, {366 * kDay, "366d"},
                                                   {730 * kDay, "2y"}, {-kHour, "-1h"}};
  for (const auto& [ms, text] : cases) EXPECT_EQ(FormatDuration(ms), text);
}

TEST(Duration, ReadsBackWhatItPrints) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; i++) {
    const int64_t ms = static_cast<int64_t>(random() >> (21 + random() % 42)) % 9'223'372'036'854;
    const auto parsed = ParseDurationMs(FormatDuration(ms));
    ASSERT_TRUE(parsed.ok()) << ms;
    ASSERT_EQ(*parsed, ms);
  }
}

TEST(Duration, TheLowestNumberIsPrinted) {
  EXPECT_EQ(FormatDuration(std::numeric_limits<int64_t>::min()).front(), '-');
}

}  // namespace
}  // namespace promcast
