#include "logging/log_line.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace promcast {
namespace {

std::string Logfmt(std::string_view value) {
  const std::string line = FormatLogLine(LogFormat::kLogfmt, LogLevel::kInfo, 0, "m", {{"k", value}});
  return line.substr(line.find(" k=") + 3);
}

TEST(LogLineTest, LogfmtStartsWithTimeLevelAndMessage) {
  EXPECT_EQ(FormatLogLine(LogFormat::kLogfmt, LogLevel::kInfo, 1767225600000, "listening for samples",
                          {{"address", "127.0.0.1:9095"}, {"port", 9095}}),
            "ts=2026-01-01T00:00:00.000Z level=info msg=\"listening for samples\" address=127.0.0.1:9095 port=9095");
}

TEST(LogLineTest, TimesCarryMillisecondsAlsoBeforeTheEpoch) {
  EXPECT_EQ(FormatLogLine(LogFormat::kLogfmt, LogLevel::kError, -1, "m", {}),
            "ts=1969-12-31T23:59:59.999Z level=error msg=m");
  EXPECT_EQ(FormatLogLine(LogFormat::kLogfmt, LogLevel::kWarn, 951782400007, "m", {}),
            "ts=2000-02-29T00:00:00.007Z level=warn msg=m");
}

TEST(LogLineTest, LogfmtQuotesOnlyWhatNeedsIt) {
  const std::pair<std::string, std::string> cases[] = {
      {"plain", "plain"},
      {"http://h:1/p?q", "http://h:1/p?q"},
      {"a\\b", "a\\b"},
      {"grün", "grün"},
      {"", "\"\""},
      {"a b", "\"a b\""},
      {"a=b", "\"a=b\""},
      {"say \"hi\" \\", "\"say \\\"hi\\\" \\\\\""},
      {"a\nb\r\tc", "\"a\\nb\\r\\tc\""},
      {std::string("a\0b\x7f", 4), "\"a\\u0000b\\u007f\""},
      {"\xff!", "\"\xEF\xBF\xBD!\""},
      {"\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},                  // overlong
      {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},  // surrogate
      {"\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},                  // cut short
      {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
  };
  for (const auto& [value, want] : cases) EXPECT_EQ(Logfmt(value), want);
}

TEST(LogLineTest, LogfmtKeysCannotBreakTheLine) {
  const std::string line = FormatLogLine(LogFormat::kLogfmt, LogLevel::kInfo, 0, "m", {{"a b=\"\n", 1}, {"", 2}});
  EXPECT_EQ(line, "ts=1970-01-01T00:00:00.000Z level=info msg=m a_b___=1 _=2");
}

TEST(LogLineTest, JsonKeepsOrderAndEscapes) {
  EXPECT_EQ(FormatLogLine(LogFormat::kJson, LogLevel::kDebug, 0, "a \"b\"\n", {{"z", 1.5}, {"a", "\x01"}}),
            R"({"ts":"1970-01-01T00:00:00.000Z","level":"debug","msg":"a \"b\"\n","z":"1.5","a":"\u0001"})");
}

TEST(LogLineTest, AnyByteGivesOneLineThatReadsBack) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (LogFormat format : {LogFormat::kLogfmt, LogFormat::kJson}) {
    const std::string line = FormatLogLine(format, LogLevel::kInfo, 0, all, {{all, all}});
    EXPECT_EQ(line.find_first_of("\n\r"), std::string::npos);
    if (format == LogFormat::kJson) {
      EXPECT_TRUE(nlohmann::json::accept(line));
    }
  }
}

}  // namespace
}  // namespace promcast
