#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "config/config.h"

namespace promcast {

inline constexpr std::string_view kNoForecasts = "forecasts: []\n";

/// The options of a text that must be right.
inline PipelineOptions MustParse(const std::string& yaml) {
  auto options = ParseConfig(yaml, "promcast.yml");
  EXPECT_TRUE(options.ok()) << yaml << "\n" << options.status();
  return options.ok() ? *options : PipelineOptions{};
}

/// The error lines of a text that must be wrong; empty when it is not.
inline std::string ErrorsOf(const std::string& yaml) {
  auto options = ParseConfig(yaml, "promcast.yml");
  EXPECT_FALSE(options.ok()) << yaml;
  if (options.ok()) return "";
  EXPECT_TRUE(absl::IsInvalidArgument(options.status()));
  return std::string(options.status().message());
}

/// A wrong text, and its only error: where it stands and parts of what it says.
struct BadConfig {
  std::string yaml;
  std::string place;  ///< "LINE:COLUMN"
  std::string part, other_part;
};

inline void ExpectOneError(const BadConfig& bad) {
  const std::string errors = ErrorsOf(bad.yaml);
  EXPECT_EQ(errors.rfind("promcast.yml:" + bad.place + ": ", 0), 0u) << bad.yaml << "\n" << errors;
  EXPECT_THAT(errors, testing::HasSubstr(bad.part)) << bad.yaml;
  EXPECT_THAT(errors, testing::HasSubstr(bad.other_part)) << bad.yaml;
  EXPECT_EQ(errors.find('\n'), std::string::npos) << bad.yaml << "\n" << errors;
}

}  // namespace promcast
