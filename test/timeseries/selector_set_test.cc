#include "timeseries/selector_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace promcast {
namespace {

std::vector<Selector> ParseAll(const std::vector<std::string>& texts) {
  std::vector<Selector> selectors;
  for (const std::string& text : texts) selectors.push_back(Selector::Parse(text).value());
  return selectors;
}

TEST(SelectorSet, FindsTheSelectorThatTryingEachInTurnFindsFirst) {
  const std::vector<std::string> texts = {
      "up",
      R"({__name__="a.b"})",  // no expression: the dot is a dot
      R"({__name__=~"a.b"})",
      R"({__name__=~"(?i)UP|disk_.*",job="x"})",
      R"({__name__!~"up|a.*",job=~"x|y"})",
      R"({__name__!="disk_full",job="z"})",
      R"({job="y"})",
      R"({__name__=~".+",__name__!="up",mode="idle"})",
      R"({__name__=~"",job="none"})",
      R"({__name__=~"disk_\\w+"})",
      R"({__name__=~".*\n.*"})",
  };
  const std::vector<std::string> names = {"up", "UP", "a.b", "axb", "disk_full", "disk_", "", "new\nline", "other"};
  const std::vector<std::string> values = {"", "x", "y", "z", "none", "idle"};
  std::mt19937 random(1);
  std::vector<bool> found(texts.size() + 1);
  for (int i = 0; i < 20'000; i++) {
    std::vector<std::string> some = texts;
    std::shuffle(some.begin(), some.end(), random);
    some.resize(1 + random() % texts.size());
    const std::vector<Selector> selectors = ParseAll(some);
    const SelectorSet set(selectors);
    std::vector<LabelView> labels = {{"job", values[random() % values.size()]},
                                     {"__name__", names[random() % names.size()]},
                                     {"mode", values[random() % values.size()]}};
    std::erase_if(labels, [](const LabelView& label) { return label.value.empty(); });
    size_t first = 0;
    while (first < selectors.size() && !selectors[first].Matches(labels)) first++;
    ASSERT_EQ(set.FirstMatch(labels).value_or(selectors.size()), first);
    const auto original = first < some.size() ? std::find(texts.begin(), texts.end(), some[first]) : texts.end();
    found[static_cast<size_t>(original - texts.begin())] = true;
  }
  EXPECT_EQ(std::count(found.begin(), found.end(), true), static_cast<std::ptrdiff_t>(found.size()));
}

TEST(SelectorSet, ExpressionsTooLargeToBeTakenTogetherAreTriedOneByOne) {
  std::vector<std::string> texts;
  for (int i = 0; i < 400; i++) {
    texts.push_back("{__name__=~\"(a|b|[ab]*" + std::to_string(i) + "[ab]{200}){3}.*\"}");
  }
  texts.push_back("up");
  const SelectorSet set(ParseAll(texts));
  const std::vector<LabelView> labels = {{"__name__", "up"}};
  EXPECT_EQ(set.FirstMatch(labels), texts.size() - 1);
}

}  // namespace
}  // namespace promcast
