#include "series/registry.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace promcast {
namespace {

/// Counts the objects that live.
class Tracked {
 public:
  explicit Tracked(int value) : value_(std::make_unique<int>(value)) { living++; }
  Tracked(Tracked&& other) noexcept : value_(std::move(other.value_)) { living++; }
  ~Tracked() { living--; }
  int value() const { return *value_; }

  static inline int living = 0;

 private:
  std::unique_ptr<int> value_;
};

Fingerprint Key(uint64_t i) {
  return LabelFingerprint("series", std::to_string(i), 9);
}

TEST(Registry, BehavesAsAMapWhoseStatesKeepTheirAddress) {
  struct Expected {
    uint32_t slot;
    int value;
    const Tracked* address;
  };
  std::mt19937_64 random(1);
  {
    Registry<Tracked> registry;
    std::unordered_map<uint64_t, Expected> expected;
    for (int i = 0; i < 50'000; i++) {
      const uint64_t key = random() % 1'000;
      const auto known = expected.find(key);
      if (known == expected.end()) {
        ASSERT_EQ(registry.Find(Key(key)), std::nullopt);
        const uint32_t slot = registry.Insert(Key(key), Tracked(i));
        expected[key] = {slot, i, &registry[slot]};
      } else if (random() % 2 == 0) {
        registry.Erase(known->second.slot);
        expected.erase(known);
      } else {
        ASSERT_EQ(registry.Find(Key(key)), known->second.slot);
        ASSERT_EQ(registry[known->second.slot].value(), known->second.value);
        ASSERT_EQ(&registry[known->second.slot], known->second.address);
        ASSERT_EQ(registry.fingerprint(known->second.slot), Key(key));
      }
      ASSERT_EQ(registry.size(), expected.size());
    }
    ASSERT_EQ(Tracked::living, static_cast<int>(expected.size()));
    EXPECT_LE(registry.slot_count(), 1'024u);
    size_t visited = 0;
    registry.Visit([&](uint32_t slot, Tracked& state) {
      visited++;
      EXPECT_EQ(&registry[slot], &state);
    });
    EXPECT_EQ(visited, expected.size());
  }
  EXPECT_EQ(Tracked::living, 0);
}

TEST(Registry, TellsSeriesApartThatShareTheirPlaceInTheTable) {
  // The table mixes low ^ rotl(high, 32): these are all the same to it.
  const auto key = [](uint64_t i) { return Fingerprint{i << 32 | i, i << 32 | i}; };
  Registry<uint64_t> registry;
  std::vector<uint32_t> slots;
  for (uint64_t i = 0; i < 200; i++) slots.push_back(registry.Insert(key(i), i));
  for (uint64_t i = 0; i < 200; i += 2) registry.Erase(slots[i]);
  for (uint64_t i = 0; i < 200; i++) {
    ASSERT_EQ(registry.Find(key(i)), i % 2 == 0 ? std::nullopt : std::optional(slots[i])) << i;
  }
}

TEST(Registry, AVisitorMayEraseTheSlotItVisits) {
  Registry<int> registry;
  for (int i = 0; i < 500; i++) registry.Insert(Key(static_cast<uint64_t>(i)), i);
  registry.Visit([&](uint32_t slot, int& value) {
    if (value % 2 == 0) registry.Erase(slot);
  });
  EXPECT_EQ(registry.size(), 250u);
  registry.Visit([](uint32_t, int& value) { EXPECT_EQ(value % 2, 1); });
  EXPECT_EQ(registry.Find(Key(4)), std::nullopt);
  EXPECT_TRUE(registry.Find(Key(5)).has_value());
}

TEST(Registry, SlotsOfErasedSeriesAreUsedAgain) {
  Registry<int> registry;
  for (int round = 0; round < 20; round++) {
    std::vector<uint32_t> slots;
    for (int i = 0; i < 640; i++) slots.push_back(registry.Insert(Key(static_cast<uint64_t>(round * 1'000 + i)), i));
    for (const uint32_t slot : slots) registry.Erase(slot);
  }
  EXPECT_EQ(registry.slot_count(), 640u);
  EXPECT_EQ(registry.size(), 0u);
}

TEST(Registry, KeepsTheAlignmentOfItsStates) {
  struct alignas(64) Wide {
    char bytes[64];
  };
  Registry<Wide> registry;
  for (uint64_t i = 0; i < 100; i++) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(&registry[registry.Insert(Key(i), Wide())]) % 64, 0u);
  }
}

TEST(Registry, CountsTheMemoryOfTableAndSlots) {
  Registry<std::array<char, 1000>> registry;
  EXPECT_EQ(registry.allocated_bytes(), 0u);
  for (uint64_t i = 0; i < 640; i++) registry.Insert(Key(i), {});
  EXPECT_GE(registry.allocated_bytes(), 640u * (1000 + sizeof(Fingerprint) + 8));
  EXPECT_LE(registry.allocated_bytes(), 640u * (1000 + sizeof(Fingerprint) + 8) * 11 / 10);
}

}  // namespace
}  // namespace promcast
