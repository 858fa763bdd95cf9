#include "series/fingerprint_table.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>
#include <vector>

namespace promcast {
namespace {

TEST(FingerprintTable, BehavesAsAMapUnderRandomOperations) {
  std::mt19937_64 random(1);
  for (const uint64_t keys : {4u, 40u, 3'000u}) {
    FingerprintTable table;
    std::unordered_map<Fingerprint, uint32_t, FingerprintHash> expected;
    for (int i = 0; i < 100'000; i++) {
      // Few different low halves make for collisions; zero is a fingerprint like any other.
      const uint64_t key = random() % keys;
      const Fingerprint fingerprint{key % 7, key / 7};
      const auto slot = static_cast<uint32_t>(random() % FingerprintTable::kNoSlot);
      table.Prefetch(fingerprint);
      switch (random() % 3) {
        case 0:
          ASSERT_EQ(table.Insert(fingerprint, slot), expected.emplace(fingerprint, slot).second);
          break;
        case 1:
          ASSERT_EQ(table.Erase(fingerprint), expected.erase(fingerprint) == 1);
          break;
        default: {
          const auto at = expected.find(fingerprint);
          ASSERT_EQ(table.Find(fingerprint), at == expected.end() ? std::nullopt : std::optional(at->second));
        }
      }
      ASSERT_EQ(table.size(), expected.size());
    }
    for (const auto& [fingerprint, slot] : expected) ASSERT_EQ(table.Find(fingerprint), slot);
  }
}

TEST(FingerprintTable, AnEmptyOneFindsAndErasesNothing) {
  FingerprintTable table;
  table.Prefetch({0, 0});
  EXPECT_EQ(table.Find({0, 0}), std::nullopt);
  EXPECT_FALSE(table.Erase({0, 0}));
  EXPECT_EQ(table.allocated_bytes(), 0u);
}

TEST(FingerprintTable, IsNeverMoreThanFourFifthsFullAndTakes16BytesAnEntry) {
  FingerprintTable table;
  std::mt19937_64 random(2);
  for (uint32_t i = 0; i < 10'000; i++) {
    ASSERT_TRUE(table.Insert({random(), random()}, i));
    ASSERT_LE(table.size() * 5, table.capacity() * 4);
    ASSERT_EQ(table.allocated_bytes(), table.capacity() * 16);
  }
}

TEST(FingerprintTable, FindsAllWhenTheSeriesOfAShardShareTheirLowBits) {
  FingerprintTable table;
  std::mt19937_64 random(3);
  std::vector<Fingerprint> all;
  for (uint32_t i = 0; i < 20'000; i++) {
    all.push_back({random() << 16, random() << 16});
    ASSERT_TRUE(table.Insert(all.back(), i));
  }
  for (uint32_t i = 0; i < all.size(); i++) ASSERT_EQ(table.Find(all[i]), i);
}

}  // namespace
}  // namespace promcast
