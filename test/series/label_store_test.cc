#include "series/label_store.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "allocation/counted_new.h"

namespace promcast {
namespace {

using OwnLabels = std::vector<std::pair<std::string, std::string>>;

std::vector<LabelView> Views(const OwnLabels& labels) {
  std::vector<LabelView> views;
  for (const auto& [name, value] : labels) views.push_back({name, value});
  return views;
}

/// A store, the labels it holds, and what its calls left allocated.
struct CheckedStore {
  void Add(uint64_t key, OwnLabels labels) {
    const std::vector<LabelView> views = Views(labels);
    const size_t before = AllocatedBytes();
    StoredLabels added = store.Add(views);
    held_bytes += AllocatedBytes() - before;
    stored.emplace(key, std::move(added));
    expected.emplace(key, std::move(labels));
  }
  void Release(uint64_t key) {
    StoredLabels released = std::move(stored.at(key));
    const size_t before = AllocatedBytes();
    store.Release(std::move(released));
    held_bytes -= before - AllocatedBytes();
    stored.erase(key);
    expected.erase(key);
  }
  void ReleaseAll() {
    while (!stored.empty()) Release(stored.begin()->first);
  }
  void ExpectSame(uint64_t key) {
    store.View(stored.at(key), views_);
    ASSERT_EQ(views_, Views(expected.at(key)));
  }

  LabelStore store;
  std::map<uint64_t, StoredLabels> stored;
  std::map<uint64_t, OwnLabels> expected;
  size_t held_bytes = 0;

 private:
  std::vector<LabelView> views_;
};

OwnLabels RandomLabels(std::mt19937& random) {
  OwnLabels labels;
  const size_t count = random() % 12;
  for (size_t i = 0; i < count; i++) {
    // From a handful of values that all share to more than there are series, empty ones and long ones among them.
    const size_t value = random() % (size_t{1} << random() % 16);
    const size_t length = value % 7 == 0 ? 0 : (value % 50 == 1 ? 200 + value : value % 23);
    labels.emplace_back("name_" + std::to_string(random() % 40) + std::string(i == 3 ? 150 : 0, 'n'),
                        length == 0 ? "" : std::to_string(value) + std::string(length, 'v'));
  }
  return labels;
}

TEST(LabelStore, GivesBackWhatWasAddedThroughAnyOrderOfAddingAndReleasing) {
  std::mt19937 random(1);
  CheckedStore checked;
  uint64_t next_key = 0;
  for (int round = 0; round < 60; round++) {
    const bool grows = round % 20 < 12;
    for (int i = 0; i < 300; i++) {
      if (checked.stored.empty() || random() % 10 < (grows ? 8u : 2u)) {
        checked.Add(next_key++, RandomLabels(random));
      } else {
        auto any = checked.stored.lower_bound(random() % next_key);
        checked.Release(any == checked.stored.end() ? checked.stored.begin()->first : any->first);
      }
      ASSERT_EQ(checked.held_bytes, checked.store.allocated_bytes());
    }
    ASSERT_EQ(checked.store.size(), checked.stored.size());
    for (const auto& [key, labels] : checked.expected) ASSERT_NO_FATAL_FAILURE(checked.ExpectSame(key));
  }
  EXPECT_GT(checked.store.shared_texts(), 40u);
  checked.ReleaseAll();
  EXPECT_EQ(checked.store.size(), 0u);
  EXPECT_EQ(checked.store.shared_texts(), 0u);
  EXPECT_EQ(checked.held_bytes, checked.store.allocated_bytes());
}

TEST(LabelStore, KeepsAPairThatAllSeriesHaveOnce) {
  CheckedStore checked;
  const std::string value(1000, 'v');
  for (uint64_t i = 0; i < 10'000; i++) checked.Add(i, {{"cluster", value}});
  EXPECT_EQ(checked.store.shared_texts(), 2u);  // the first series still has it as its own, under the name
  EXPECT_LT(checked.store.allocated_bytes(), 10'000u * 8);
}

// Stores hash with seeds of their own: among so many, in some the traces of the two pairs fall on the same place.
TEST(LabelStore, KeepsPairsThatAllSeriesHaveOnceWhereverTheirTracesFall) {
  const std::vector<LabelView> labels = {{"job", "node"}, {"zone", "b"}};
  std::vector<StoredLabel> views;
  for (int i = 0; i < 10'000; i++) {
    LabelStore store;
    for (int series = 0; series < 2; series++) store.Release(store.Add(labels));
    const StoredLabels third = store.Add(labels);
    store.View(third, views);
    for (const StoredLabel& label : views) ASSERT_TRUE(label.is_shared) << label.label.name << ", store " << i;
  }
}

TEST(LabelStore, AViewIsFinishedAndStaysWhileOtherSeriesComeAndGo) {
  LabelStore store;
  const auto labels_of = [](const std::string& pod) {
    return std::vector<LabelView>{{"job", "node"}, {"pod", pod}, {"zone", "b"}};
  };
  const std::string pod = "app-1";
  store.Release(store.Add(labels_of("app-0")));
  std::vector<StoredLabels> others;
  for (int i = 0; i < 3; i++) others.push_back(store.Add(labels_of("app-" + std::to_string(2 + i))));
  const StoredLabels stored = store.Add(labels_of(pod));
  std::vector<StoredLabel> views;
  store.BeginView(stored, views);
  store.Release(std::move(others[0]));
  store.FinishView(views);
  store.Release(std::move(others[1]));
  for (int i = 0; i < 1'000; i++) store.Release(store.Add(labels_of("new-" + std::to_string(i))));
  std::vector<LabelView> seen;
  for (const StoredLabel& view : views) seen.push_back(view.label);
  EXPECT_EQ(seen, labels_of(pod));
}

TEST(LabelStore, AValueOfOneSeriesCostsLittleMoreThanItsText) {
  CheckedStore checked;
  const std::string prefix = "app-6d5f7c9b8-";
  for (uint64_t i = 0; i < 20'000; i++) checked.Add(i, {{"pod", prefix + std::to_string(10'000 + i)}});
  EXPECT_LT(checked.store.shared_texts(), 50u);
  EXPECT_LT(checked.store.allocated_bytes(), 20'000u * (prefix.size() + 5 + 8));
}

TEST(LabelStore, FloodsOfNewLabelsLeaveNothingBehind) {
  CheckedStore checked;
  size_t first_bytes = 0;
  for (uint64_t flood = 0; flood < 50; flood++) {
    for (uint64_t i = 0; i < 2'000; i++) {
      const std::string half = std::to_string(flood) + "_" + std::to_string(i / 2);
      checked.Add(i, {{"name" + half, half}, {"pod", half}, {"id", std::to_string(flood * 10'000 + i)}});
    }
    checked.ReleaseAll();
    ASSERT_EQ(checked.store.shared_texts(), 0u);
    if (flood == 2) first_bytes = checked.store.allocated_bytes();
    if (flood > 2) {
      ASSERT_LE(checked.store.allocated_bytes(), 2 * first_bytes);
    }
  }
}

}  // namespace
}  // namespace promcast
