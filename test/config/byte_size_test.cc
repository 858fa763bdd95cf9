#include "config/byte_size.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace promcast {
namespace {

TEST(ByteSize, ReadsBinaryAndDecimalUnits) {
  const std::vector<std::pair<std::string, uint64_t>> cases{
      {"0", 0},
      {"1048576", 1048576},
      {"7B", 7},
      {"16KiB", 16384},
      {"32MiB", 33554432},
      {"2GiB", 2147483648},
      {"1TiB", 1099511627776},
      {"1kB", 1000},
      {"64KB", 64000},
      {"1MB", 1000000},
      {"3GB", 3000000000},
      {"1TB", 1000000000000},
      {"1.5GiB", 1610612736},
      {"0.5KiB", 512},
      {"1.25MB", 1250000},
      {"2.0B", 2},
      {"18446744073709551615", std::numeric_limits<uint64_t>::max()},
  };
  for (const auto& [text, bytes] : cases) {
    const auto parsed = ParseByteSize(text);
    ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.status();
    EXPECT_EQ(*parsed, bytes) << text;
  }
}

TEST(ByteSize, RefusesWhatIsNoSize) {
  for (const std::string text : {"",
                                 "MiB",
                                 "-1",
                                 "+1",
                                 " 1MiB",
                                 "1 MiB",
                                 "1MiB ",
                                 "1mib",
                                 "1M",
                                 "1Mi",
                                 "1e6",
                                 "0x10",
                                 "1.",
                                 ".5MiB",
                                 "1..5MiB",
                                 "1.5.5MiB",
                                 "0.3B",
                                 "0.0001KiB",
                                 "1.0000000000001TiB",
                                 "18446744073709551616",
                                 "16777216TiB",
                                 "99999999999999999TiB",
                                 "nan",
                                 "1,5MiB"}) {
    const auto parsed = ParseByteSize(text);
    ASSERT_FALSE(parsed.ok()) << text << " was read as " << *parsed;
    EXPECT_NE(parsed.status().message().find("write one such as 32MiB"), std::string::npos) << text;
  }
}

TEST(ByteSize, ReadsBackWhatItPrints) {
  EXPECT_EQ(FormatByteSize(0), "0");
  EXPECT_EQ(FormatByteSize(1500), "1500");
  EXPECT_EQ(FormatByteSize(32 << 20), "32MiB");
  EXPECT_EQ(FormatByteSize(48'000'000), "48MB");
  for (uint64_t bit = 1; bit != 0; bit <<= 1) {
    for (const uint64_t bytes : {bit - 1, bit, bit + 1, bit * 1000}) {
      const auto parsed = ParseByteSize(FormatByteSize(bytes));
      ASSERT_TRUE(parsed.ok()) << bytes;
      EXPECT_EQ(*parsed, bytes);
    }
  }
}

}  // namespace
}  // namespace promcast
