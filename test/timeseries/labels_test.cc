#include "timeseries/labels.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace promcast
