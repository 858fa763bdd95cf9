#include "timeseries/label_names.h"

#include <gtest/gtest.h>

#include <string>

namespace promcast {
namespace {

std::string Utf8(uint32_t rune) {
  std::string out;
  if (rune < 0x80) return {static_cast<char>(rune)};
  if (rune < 0x800) {
    out = {static_cast<char>(0xC0 | (rune >> 6))};
  } else if (rune < 0x10000) {
    out = {static_cast<char>(0xE0 | (rune >> 12)), static_cast<char>(0x80 | ((rune >> 6) & 0x3F))};
  } else {
    out = {static_cast<char>(0xF0 | (rune >> 18)), static_cast<char>(0x80 | ((rune >> 12) & 0x3F)),
           static_cast<char>(0x80 | ((rune >> 6) & 0x3F))};
  }
  return out + static_cast<char>(0x80 | (rune & 0x3F));
}

TEST(Utf8, EveryCodePointIsValidButNoSurrogateAndNothingBeyondTheLast) {
  for (uint32_t rune = 0; rune < 0x140000; rune++) {
    const bool valid = rune <= 0x10FFFF && (rune < 0xD800 || rune > 0xDFFF);
    ASSERT_EQ(IsValidUtf8(Utf8(rune)), valid) << rune;
  }
}

TEST(Utf8, NoTruncatedCharacterIsValidAtAnyOffset) {
  for (const uint32_t rune : {0xE4u, 0x20ACu, 0x1F600u}) {
    const std::string whole = Utf8(rune);
    for (size_t before = 0; before < 20; before++) {
      for (size_t length = 1; length < whole.size(); length++) {
        EXPECT_FALSE(IsValidUtf8(std::string(before, 'a') + whole.substr(0, length)));
        EXPECT_FALSE(IsValidUtf8(std::string(before, 'a') + whole.substr(0, length) + "aaaaaaaaa"));
      }
      EXPECT_TRUE(IsValidUtf8(std::string(before, 'a') + whole + "b"));
    }
  }
}

TEST(Utf8, OverlongFormsAndLoneContinuationsAreInvalid) {
  for (const char* text : {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xF0\x80\x80\x80",
                           "\xF0\x8F\xBF\xBF", "\x80", "\xBF", "\xFE", "\xFF", "a\x80", "12345678\xFF"}) {
    EXPECT_FALSE(IsValidUtf8(text));
  }
  EXPECT_TRUE(IsValidUtf8(""));
}

TEST(LegacyNames, AreAsciiIdentifiersAndOnlyMetricsMayHoldColons) {
  for (const char* name : {"a", "_", "up", "node_cpu_seconds_total", "A9", "__name__"}) {
    EXPECT_TRUE(IsLegacyMetricName(name)) << name;
    EXPECT_TRUE(IsLegacyLabelName(name)) << name;
  }
  for (const char* name : {":", "job:rate:sum", "a:"}) {
    EXPECT_TRUE(IsLegacyMetricName(name)) << name;
    EXPECT_FALSE(IsLegacyLabelName(name)) << name;
  }
  for (const char* name : {"", "9a", "a.b", "a b", "ä", "a-b"}) {
    EXPECT_FALSE(IsLegacyMetricName(name)) << name;
    EXPECT_FALSE(IsLegacyLabelName(name)) << name;
  }
}

}  // namespace
}  // namespace promcast
