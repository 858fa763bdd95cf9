#include "pipeline/history_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/engine_fixture.h"
#include "remote_write/label_block.h"

namespace promcast {
namespace {

using ::promcast::testing::TestRule;
using ::testing::SizeIs;

constexpr int64_t kDayMs = 86'400'000;

std::vector<LabelView> LabelsOf(std::string_view instance, std::string_view metric = "load") {
  return {{"__name__", metric}, {"instance", instance}, {"job", "a"}};
}

AskOfShard AskFor(const std::shared_ptr<const RuleSet>& rules, const std::vector<LabelView>& labels,
                  int64_t from_ms = 100 * kDayMs) {
  AskOfShard ask;
  ask.ask.label_block = EncodeLabelBlock(labels);
  ask.ask.rules = rules;
  ask.ask.from_ms = from_ms;
  ask.ask.to_ms = 200 * kDayMs;
  return ask;
}

bool Selects(const std::vector<Selector>& selectors, const std::vector<LabelView>& labels) {
  return std::any_of(selectors.begin(), selectors.end(), [&](const Selector& s) { return s.Matches(labels); });
}
std::vector<Selector> Compiled(const HistoryGroup& group) {
  std::vector<Selector> selectors;
  for (const auto& matchers : group.selectors) selectors.push_back(*Selector::FromMatchers(matchers));
  return selectors;
}
bool Selects(const HistoryGroup& group, const std::vector<LabelView>& labels) {
  return Selects(Compiled(group), labels);
}

TEST(HistoryGroups, FewSeriesAreAskedForByAllTheirLabels) {
  const auto rules = std::make_shared<RuleSet>(std::vector{TestRule("load")});
  const auto groups = GroupAsks({AskFor(rules, LabelsOf("x")), AskFor(rules, LabelsOf("y"))});
  ASSERT_THAT(groups, SizeIs(1));
  EXPECT_THAT(groups[0].selectors, SizeIs(2));
  EXPECT_TRUE(Selects(groups[0], LabelsOf("x")));
  EXPECT_FALSE(Selects(groups[0], LabelsOf("z")));
  EXPECT_EQ(groups[0].from_ms, 100 * kDayMs);
  EXPECT_EQ(groups[0].end_ms, 200 * kDayMs);
}

TEST(HistoryGroups, ManySeriesAreSelectedByTheirRuleNarrowedToThem) {
  RuleOptions rule = TestRule("{__name__=~\"load|rate\", job!=\"b\"}");
  const auto rules = std::make_shared<RuleSet>(std::vector{rule});
  std::vector<AskOfShard> asks;
  std::vector<std::string> instances;
  for (int i = 0; i < 2500; i++) instances.push_back("host." + std::to_string(i) + ":9100 (a|b)\\");
  for (const std::string& instance : instances) asks.push_back(AskFor(rules, LabelsOf(instance)));
  const auto groups = GroupAsks(std::move(asks));
  EXPECT_THAT(groups, SizeIs(3));
  std::vector<std::vector<Selector>> compiled;
  for (const HistoryGroup& group : groups) compiled.push_back(Compiled(group));
  for (const std::string& instance : instances) {
    size_t members = 0, selected = 0;
    for (size_t i = 0; i < groups.size(); i++) {
      const bool member = groups[i].by_labels.contains(EncodeLabelBlock(LabelsOf(instance)));
      members += member ? 1 : 0;
      selected += Selects(compiled[i], LabelsOf(instance)) ? 1 : 0;
      if (member) {
        EXPECT_TRUE(Selects(compiled[i], LabelsOf(instance))) << instance;
      }
    }
    EXPECT_EQ(members, 1u) << instance;
    EXPECT_EQ(selected, 1u) << "nothing is read twice: " << instance;
  }
  for (const HistoryGroup& group : groups) {
    EXPECT_LE(group.members.size(), 1000u);
    EXPECT_FALSE(Selects(group, LabelsOf("hostX1:9100 (a|b)\\"))) << "values are taken literally";
    EXPECT_FALSE(Selects(group, LabelsOf(instances[0], "rate"))) << "the metric that they share";
    auto own = LabelsOf(instances[0]);
    own.push_back({"forecaster", "promcast"});
    EXPECT_FALSE(Selects(group, own)) << "promcast's own series";
  }
}

TEST(HistoryGroups, ALabelThatSomeSeriesLackStillFindsThem) {
  const auto rules = std::make_shared<RuleSet>(std::vector{TestRule("load")});
  std::vector<std::string> instances;
  for (int i = 0; i < 30; i++) instances.push_back(std::to_string(i));
  std::vector<AskOfShard> asks;
  for (const std::string& instance : instances) asks.push_back(AskFor(rules, LabelsOf(instance)));
  const std::vector<LabelView> without{{"__name__", "load"}};
  asks.push_back(AskFor(rules, without));
  const auto groups = GroupAsks(std::move(asks));
  ASSERT_THAT(groups, SizeIs(1));
  EXPECT_TRUE(Selects(groups[0], without));
  EXPECT_TRUE(Selects(groups[0], LabelsOf("7")));
  EXPECT_FALSE(Selects(groups[0], LabelsOf("77")));
}

TEST(HistoryGroups, WhatTheSeriesShareNarrowsThem) {
  const auto rules = std::make_shared<RuleSet>(std::vector{TestRule("load")});
  std::vector<std::string> paths;
  for (int i = 0; i < 50; i++) paths.push_back("/" + std::to_string(i));
  std::vector<AskOfShard> asks;
  for (const std::string& path : paths)
    asks.push_back(AskFor(rules, {{"__name__", "load"}, {"instance", "new"}, {"path", path}}));
  const auto groups = GroupAsks(std::move(asks));
  ASSERT_THAT(groups, SizeIs(1));
  EXPECT_TRUE(Selects(groups[0], {{"__name__", "load"}, {"instance", "new"}, {"path", "/7"}}));
  EXPECT_FALSE(Selects(groups[0], {{"__name__", "load"}, {"instance", "old"}, {"path", "/7"}}));
}

TEST(HistoryGroups, RulesAndGapsOfOtherLengthsAreReadApart) {
  const auto rules = std::make_shared<RuleSet>(std::vector{TestRule("load"), TestRule("rate")});
  std::vector<AskOfShard> asks;
  asks.push_back(AskFor(rules, LabelsOf("a")));
  asks.push_back(AskFor(rules, LabelsOf("b"), 100 * kDayMs + 60'000));
  asks.push_back(AskFor(rules, LabelsOf("c"), 199 * kDayMs));
  asks.push_back(AskFor(rules, LabelsOf("a", "rate")));
  asks.back().ask.rule = 1;
  const auto groups = GroupAsks(std::move(asks));
  ASSERT_THAT(groups, SizeIs(3));
  EXPECT_THAT(groups[0].members, SizeIs(2));
  EXPECT_EQ(groups[1].from_ms, 199 * kDayMs);
  EXPECT_EQ(groups[2].members[0].ask.rule, 1u);
}

}  // namespace
}  // namespace promcast
