#include "timeseries/labels.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "timeseries/fingerprint.h"

namespace promcast {
namespace {

TEST(Labels, AreSortedUniqueAndWithoutEmptyValues) {
  const Labels labels({{"b", "2"}, {"a", "1"}, {"b", "3"}, {"c", ""}});
  EXPECT_EQ(labels, Labels({{"a", "1"}, {"b", "3"}}));
  EXPECT_EQ(labels.size(), 2u);
  EXPECT_EQ(labels.Get("b"), "3");
  EXPECT_EQ(labels.Get("c"), "");
}

TEST(Labels, SetReplacesInsertsAndRemoves) {
  Labels labels({{"__name__", "up"}, {"job", "node"}});
  labels.Set("job", "db");
  labels.Set("zone", "a");
  labels.Set("absent", "");
  EXPECT_EQ(labels.ToString(), R"(up{job="db",zone="a"})");
  labels.Set("job", "");
  EXPECT_EQ(labels.ToString(), R"(up{zone="a"})");
}

TEST(Labels, ArePrintedWithQuotesBackslashesAndLineBreaksEscaped) {
  EXPECT_EQ(Labels({{"path", "C:\\x\n\"y\""}}).ToString(), R"({path="C:\\x\n\"y\""})");
}

TEST(Fingerprints, DoNotDependOnOrderAndALabelCanBeExchanged) {
  const uint64_t seed = 42;
  Fingerprint ab = LabelFingerprint("a", "1", seed);
  ab += LabelFingerprint("b", "2", seed);
  Fingerprint ba = LabelFingerprint("b", "2", seed);
  ba += LabelFingerprint("a", "1", seed);
  EXPECT_EQ(ab, ba);
  ab -= LabelFingerprint("b", "2", seed);
  EXPECT_EQ(ab, LabelFingerprint("a", "1", seed));
}

TEST(Fingerprints, TellNameFromValueAndOneSeedFromAnother) {
  EXPECT_FALSE(LabelFingerprint("a", "b", 1) == LabelFingerprint("b", "a", 1));
  EXPECT_FALSE(LabelFingerprint("a", "b", 1) == LabelFingerprint("a", "b", 2));
}

TEST(Fingerprints, HangOnEveryByteAndOnTheLength) {
  std::set<uint64_t> hashes;
  size_t texts = 0;
  for (size_t length = 0; length <= 70; length++) {
    std::string text(length, '\0');
    hashes.insert(HashLabelText(text, 7)), texts++;
    for (char& byte : text) {
      for (const char other : {'\1', '\x80'}) {
        byte = other;
        hashes.insert(HashLabelText(text, 7)), texts++;
      }
      byte = '\0';
    }
  }
  EXPECT_EQ(hashes.size(), texts);
}

TEST(Fingerprints, OfOneLabelSpreadOverAllShards) {
  constexpr size_t kShards = 4;
  constexpr size_t kSeries = 4000;
  std::array<size_t, kShards> series{};
  for (size_t i = 0; i < kSeries; i++) {
    const Fingerprint fingerprint = LabelFingerprint("__name__", "metric_" + std::to_string(i), 7);
    series[(fingerprint.high >> 32) * kShards >> 32]++;
  }
  for (size_t shard = 0; shard < kShards; shard++) {
    EXPECT_NEAR(static_cast<double>(series[shard]), 1. * kSeries / kShards, 150) << shard;
  }
}

}  // namespace
}  // namespace promcast
