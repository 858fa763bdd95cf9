// Models that pass from a series that has ended to the one that comes in its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "checkpoint/record_block.h"
#include "checkpoint/series_head.h"
#include "pipeline/engine_fixture.h"

namespace promcast {
namespace {

using testing::EngineFixture;
using testing::kStart;
using testing::TestRule;

RuleOptions InheritingRule() {
  RuleOptions rule = TestRule(R"({__name__=~"load|jobs_total"})");
  rule.seasons_ms = {60'000};
  rule.inherit_across = {"instance", "pod"};
  return rule;
}

Labels Pod(const std::string& pod, const std::string& app = "shop", const std::string& name = "load") {
  return {{"__name__", name}, {"app", app}, {"pod", pod}};
}

double Wave(int second) {
  return 100 + 10 * std::sin(second / 60. * 6.283185307179586);
}

std::string PointOf(const std::string& pod, const std::string& app = "shop") {
  return "predicted_load{app=\"" + app + "\",forecaster=\"promcast\",horizon=\"30s\",pod=\"" + pod + "\"}";
}

/// From second `first` on, as long as it says.
void Stream(EngineFixture& f, const Labels& labels, int first, int seconds) {
  f.Stream(labels, seconds, [&](int i) { return Wave(first + i); });
}

void End(EngineFixture& f, const Labels& labels) {
  EXPECT_EQ(f.Apply(labels, f.clock.NowMs() + 1, StaleMarker()), SampleVerdict::kStaleMarker);
}

TEST(Lineage, ASuccessorPredictsAtOnceWhatItsPredecessorWouldHave) {
  EngineFixture f({InheritingRule()});
  EngineFixture never_replaced({InheritingRule()});
  Stream(f, Pod("a"), 0, 200);
  Stream(never_replaced, Pod("a"), 0, 202);
  End(f, Pod("a"));
  Stream(f, Pod("b"), 200, 2);
  EXPECT_EQ(f.metrics.series_inherited.value(), 1);
  ASSERT_FALSE(f.written[PointOf("b")].empty());
  EXPECT_EQ(f.written[PointOf("b")].back().value, never_replaced.written[PointOf("a")].back().value);
}

TEST(Lineage, OnlyWhatDiffersInTheRulesLabelsInherits) {
  EngineFixture f({InheritingRule()});
  Stream(f, Pod("a"), 0, 200);
  End(f, Pod("a"));
  Stream(f, Pod("b", "bank"), 200, 3);
  Stream(f, Pod("c", "shop", "jobs_total"), 203, 3);
  EXPECT_EQ(f.metrics.series_inherited.value(), 0);

  RuleOptions without = InheritingRule();
  without.inherit_across.clear();
  EngineFixture plain({without});
  Stream(plain, Pod("a"), 0, 200);
  End(plain, Pod("a"));
  Stream(plain, Pod("b"), 200, 3);
  EXPECT_TRUE(plain.written[PointOf("b")].empty());
}

TEST(Lineage, ASeriesThatComesBackHasItsOwnModelsAgain) {
  EngineFixture f({InheritingRule()});
  Stream(f, Pod("a"), 0, 200);
  End(f, Pod("a"));
  Stream(f, Pod("a"), 200, 2);
  EXPECT_EQ(f.metrics.series_inherited.value(), 0);
  EXPECT_EQ(f.Count(SeriesStatus::kPredicted), 1u);
}

TEST(Lineage, EachOfSeveralReplicasInheritsFromOne) {
  EngineFixture f({InheritingRule()});
  for (int second = 0; second < 120; second++) {
    for (const char* pod : {"a", "b", "c"}) f.Apply(Pod(pod), f.clock.NowMs(), Wave(second));
    f.clock.Advance(1000);
  }
  for (const char* pod : {"a", "b"}) End(f, Pod(pod));
  for (int second = 120; second < 124; second++) {
    for (const char* pod : {"c", "d", "e", "f"}) f.Apply(Pod(pod), f.clock.NowMs(), Wave(second));
    f.clock.Advance(1000);
  }
  EXPECT_EQ(f.metrics.series_inherited.value(), 2);
  EXPECT_EQ(f.lineage.size(), 0u);
}

TEST(Lineage, ASuccessorThatComesBeforeTheEndInheritsThen) {
  EngineFixture f({InheritingRule()});
  Stream(f, Pod("a"), 0, 200);
  for (int second = 200; second < 205; second++) {
    for (const char* pod : {"a", "b"}) f.Apply(Pod(pod), f.clock.NowMs(), Wave(second));
    f.clock.Advance(1000);
  }
  End(f, Pod("a"));
  Stream(f, Pod("b"), 205, 2);
  EXPECT_EQ(f.metrics.series_inherited.value(), 1);
  EXPECT_FALSE(f.written[PointOf("b")].empty());
}

TEST(Lineage, ACounterOfTheNewTargetStartsAnew) {
  EngineFixture f({InheritingRule()});
  const auto stream = [&](const std::string& pod, int first, int seconds, double start) {
    f.Stream(Pod(pod, "shop", "jobs_total"), seconds, [&](int i) { return start + 5 * (first + i); });
  };
  f.Stream(Pod("a", "shop", "jobs_total"), 200, [](int i) { return 5. * i + 2 * std::sin(i); });
  End(f, Pod("a", "shop", "jobs_total"));
  stream("b", 200, 20, 1e9);  // far above the old one's: no increase
  EXPECT_EQ(f.metrics.series_inherited.value(), 1);
  const auto& points =
      f.written[R"(predicted_rate_jobs{app="shop",forecaster="promcast",horizon="5s",pod="b"})"];
  ASSERT_FALSE(points.empty());
  for (const Sample& point : points) EXPECT_LT(point.value, 100);
}

TEST(Lineage, WhatNobodyInheritsIsForgotten) {
  EngineFixture f({InheritingRule()});
  Stream(f, Pod("a"), 0, 100);
  End(f, Pod("a"));
  EXPECT_EQ(f.lineage.size(), 1u);
  EXPECT_GT(f.lineage.bytes().sum(), 1000u);
  for (int i = 0; i < 4; i++) {
    f.clock.Advance(f.options.series.idle_timeout_ms);
    f.RunDue();
  }
  EXPECT_EQ(f.lineage.size(), 0u);
  EXPECT_EQ(f.lineage.bytes().sum(), 0u);
}

TEST(Lineage, WhatWaitsForAnHeirIsInTheSnapshotOfTheSeriesThatLeftIt) {
  EngineFixture before({InheritingRule()});
  Stream(before, Pod("a"), 0, 200);
  End(before, Pod("a"));
  RecordBlock block;
  EXPECT_EQ(before.engine->Save(0, block), std::nullopt);

  EngineFixture f({InheritingRule()});
  f.clock.Set(before.clock.NowMs());
  RecordWalk walk(block.bytes());
  std::string_view record;
  ASSERT_TRUE(walk.Next(record));
  EXPECT_EQ(f.engine->Restore({1, 2}, record), RestoreOutcome::kRestored);
  Stream(f, Pod("b"), 200, 2);
  EXPECT_EQ(f.metrics.series_inherited.value(), 1);
  EXPECT_FALSE(f.written[PointOf("b")].empty());
}

}  // namespace
}  // namespace promcast
