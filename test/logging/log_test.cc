#include "logging/log.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

namespace promcast {
namespace {

/// Standard error of a piece of code, once its log lines are out.
template <typename Code>
std::vector<std::string> Lines(Code code) {
  FlushLogs();
  testing::internal::CaptureStderr();
  code();
  FlushLogs();
  std::istringstream text(testing::internal::GetCapturedStderr());
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

class LogTest : public testing::Test {
 protected:
  ~LogTest() override { SetUpLogging(LogLevel::kInfo, LogFormat::kLogfmt); }
};

TEST_F(LogTest, WritesLinesInOrderToStandardError) {
  const auto lines = Lines([] {
    for (int i = 0; i < 100; ++i) Log(LogLevel::kInfo, "counting", {{"i", i}});
  });
  ASSERT_EQ(lines.size(), 100u);
  for (int i = 0; i < 100; ++i)
    EXPECT_THAT(lines[i], testing::EndsWith(fmt::format(" level=info msg=counting i={}", i)));
}

TEST_F(LogTest, BracesInAMessageAreOnlyText) {
  const auto lines = Lines([] { Log(LogLevel::kInfo, "{} {0} %v"); });
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], testing::EndsWith("msg=\"{} {0} %v\""));
}

TEST_F(LogTest, LeavesOutLinesBelowTheLevel) {
  SetUpLogging(LogLevel::kWarn, LogFormat::kLogfmt);
  EXPECT_FALSE(LogEnabled(LogLevel::kInfo));
  EXPECT_TRUE(LogEnabled(LogLevel::kError));
  const auto lines = Lines([] {
    Log(LogLevel::kDebug, "d");
    Log(LogLevel::kInfo, "i");
    Log(LogLevel::kWarn, "w");
    Log(LogLevel::kError, "e");
  });
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0], testing::HasSubstr("level=warn"));
  EXPECT_THAT(lines[1], testing::HasSubstr("level=error"));
}

TEST_F(LogTest, JsonIsOneObjectALine) {
  SetUpLogging(LogLevel::kDebug, LogFormat::kJson);
  const auto lines = Lines([] { Log(LogLevel::kDebug, "two words", {{"k", "v"}}); });
  ASSERT_EQ(lines.size(), 1u);
  const auto line = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(line["msg"], "two words");
  EXPECT_EQ(line["level"], "debug");
  EXPECT_EQ(line["k"], "v");
}

TEST_F(LogTest, ManyThreadsNeverMixLines) {
  const auto lines = Lines([] {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 200; ++i) Log(LogLevel::kInfo, "a line of some words", {{"i", i}});
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  EXPECT_EQ(lines.size(), 800u);
  for (const std::string& line : lines)
    EXPECT_THAT(line, testing::ContainsRegex("^ts=.* msg=\"a line of some words\" i=[0-9]+$"));
}

TEST_F(LogTest, AThrottleWithinItsIntervalWritesOneLine) {
  LogThrottle throttle(3600 * 1000);
  const auto lines = Lines([&] {
    for (int i = 0; i < 1000; ++i) throttle.Log(LogLevel::kWarn, "again");
  });
  EXPECT_EQ(lines.size(), 1u);
}

TEST_F(LogTest, AThrottleAccountsForEveryLineLeftOut) {
  LogThrottle throttle(5);
  const auto lines = Lines([&] {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(40);
    for (int i = 1; std::chrono::steady_clock::now() < end; ++i)
      throttle.Log(LogLevel::kWarn, "again", {{"number", i}});
  });
  ASSERT_GE(lines.size(), 2u);
  int accounted = 0;
  for (const std::string& line : lines) {
    const size_t suppressed = line.find("suppressed=");
    accounted += 1 + (suppressed == std::string::npos ? 0 : std::stoi(line.substr(suppressed + 11)));
    EXPECT_EQ(accounted, std::stoi(line.substr(line.find("number=") + 7)));
  }
}

TEST_F(LogTest, AThrottleBelowTheLevelCountsNothing) {
  SetUpLogging(LogLevel::kError, LogFormat::kLogfmt);
  LogThrottle throttle(0);
  EXPECT_TRUE(Lines([&] { throttle.Log(LogLevel::kWarn, "again"); }).empty());
}

}  // namespace
}  // namespace promcast
