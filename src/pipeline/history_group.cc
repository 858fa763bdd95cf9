#include "pipeline/history_group.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "ingest/label_rules.h"
#include "remote_write/label_block.h"

namespace promcast {
namespace {

constexpr size_t kMembers = 1000;
constexpr size_t kMembersByLabels = 16;
constexpr size_t kMaxExpressionBytes = 64 << 10;
// Series whose history begins this far apart are not read together: the later ones would be read for nothing.
constexpr int64_t kSameStartMs = 3'600'000;

std::string_view ValueOf(const std::vector<LabelView>& labels, std::string_view name) {
  const auto at = std::find_if(labels.begin(), labels.end(), [&](const LabelView& l) { return l.name == name; });
  return at == labels.end() ? std::string_view() : at->value;
}

/// Quoted for RE2 and Go's regular expressions.
std::string Literal(std::string_view text) {
  std::string quoted;
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) quoted += '\\';
    quoted += c;
  }
  return quoted;
}

/// The label with the most values among the asks; empty where each has one value.
std::string DistinguishingLabel(const std::vector<AskOfShard>& asks) {
  std::map<std::string, std::set<std::string>, std::less<>> values;
  std::vector<LabelView> labels;
  for (const AskOfShard& one : asks) {
    DecodeLabelBlock(one.ask.label_block, labels);
    for (const LabelView& label : labels) values[std::string(label.name)].insert(std::string(label.value));
  }
  std::string best;
  size_t most = 1;
  for (const auto& [name, seen] : values) {
    if (seen.size() <= most) continue;
    most = seen.size();
    best = name;
  }
  return best;
}

std::vector<std::vector<Matcher>> SelectorsByLabels(const std::vector<AskOfShard>& members) {
  std::vector<std::vector<Matcher>> selectors;
  std::vector<LabelView> labels;
  for (const AskOfShard& member : members) {
    DecodeLabelBlock(member.ask.label_block, labels);
    auto& matchers = selectors.emplace_back();
    for (const LabelView& label : labels)
      matchers.push_back({MatchType::kEqual, std::string(label.name), std::string(label.value)});
  }
  return selectors;
}

/// The labels that all members have with the same value.
std::vector<Matcher> SharedLabels(const std::vector<AskOfShard>& members) {
  std::vector<LabelView> shared, labels;
  DecodeLabelBlock(members.front().ask.label_block, shared);
  for (const AskOfShard& member : members) {
    DecodeLabelBlock(member.ask.label_block, labels);
    std::erase_if(shared, [&](const LabelView& label) { return ValueOf(labels, label.name) != label.value; });
  }
  std::vector<Matcher> matchers;
  for (const LabelView& label : shared)
    matchers.push_back({MatchType::kEqual, std::string(label.name), std::string(label.value)});
  return matchers;
}

/// The values that members have of `name`, as a matcher, unless that would be too long.
void Narrow(const std::vector<AskOfShard>& members, std::string_view name, std::vector<Matcher>& matchers) {
  std::set<std::string> values;
  std::vector<LabelView> labels;
  for (const AskOfShard& member : members) {
    DecodeLabelBlock(member.ask.label_block, labels);
    values.insert(std::string(ValueOf(labels, name)));
  }
  std::string expression;
  for (const std::string& value : values) {
    if (!expression.empty() || &value != &*values.begin()) expression += '|';
    expression += Literal(value);
  }
  if (expression.size() > kMaxExpressionBytes) return;
  matchers.push_back({MatchType::kRegex, std::string(name), std::move(expression)});
}

std::vector<std::vector<Matcher>> SelectorsOfRule(const std::vector<AskOfShard>& members, const std::string& label) {
  std::vector<Matcher> narrowed = SharedLabels(members);
  narrowed.push_back({MatchType::kEqual, std::string(kForecasterLabel), ""});
  for (const std::string_view name : {kMetricNameLabel, std::string_view(label)}) {
    const auto is_shared = [&](const Matcher& matcher) { return matcher.name == name; };
    if (name.empty() || std::any_of(narrowed.begin(), narrowed.end(), is_shared)) continue;
    Narrow(members, name, narrowed);
  }
  const HistoryAsk& ask = members.front().ask;
  std::vector<std::vector<Matcher>> selectors;
  for (const Selector& selector : ask.rules->rules()[ask.rule].options.match) {
    auto& matchers = selectors.emplace_back(selector.matchers());
    matchers.insert(matchers.end(), narrowed.begin(), narrowed.end());
  }
  return selectors;
}

HistoryGroup MakeGroup(std::vector<AskOfShard> members, const std::string& label) {
  HistoryGroup group;
  group.from_ms = members.front().ask.from_ms;
  group.end_ms = members.front().ask.to_ms;
  for (size_t i = 0; i < members.size(); i++) {
    group.from_ms = std::min(group.from_ms, members[i].ask.from_ms);
    group.end_ms = std::max(group.end_ms, members[i].ask.to_ms);
    group.by_labels.emplace(members[i].ask.label_block, i);
  }
  group.selectors = members.size() <= kMembersByLabels ? SelectorsByLabels(members) : SelectorsOfRule(members, label);
  group.members = std::move(members);
  return group;
}

/// `asks`: of one rule, whose histories begin at about the same time.
void CutGroups(std::vector<AskOfShard> asks, std::vector<HistoryGroup>& groups) {
  const std::string label = DistinguishingLabel(asks);
  std::vector<LabelView> labels;
  std::vector<std::pair<std::string, size_t>> order;
  for (size_t i = 0; i < asks.size(); i++) {
    DecodeLabelBlock(asks[i].ask.label_block, labels);
    order.emplace_back(ValueOf(labels, label), i);
  }
  std::sort(order.begin(), order.end());
  for (size_t first = 0; first < order.size(); first += kMembers) {
    std::vector<AskOfShard> members;
    for (size_t i = first; i < std::min(first + kMembers, order.size()); i++)
      members.push_back(std::move(asks[order[i].second]));
    groups.push_back(MakeGroup(std::move(members), label));
  }
}

}  // namespace

std::vector<HistoryGroup> GroupAsks(std::vector<AskOfShard> asks) {
  const auto key = [](const AskOfShard& one) { return std::tuple(one.ask.rules.get(), one.ask.rule, one.ask.from_ms); };
  std::sort(asks.begin(), asks.end(), [&](const AskOfShard& a, const AskOfShard& b) { return key(a) < key(b); });
  std::vector<HistoryGroup> groups;
  std::vector<AskOfShard> together;
  for (AskOfShard& one : asks) {
    const bool belongs =
        together.empty() || (one.ask.rules == together.front().ask.rules && one.ask.rule == together.front().ask.rule &&
                             one.ask.from_ms - together.front().ask.from_ms < kSameStartMs);
    if (!belongs) CutGroups(std::exchange(together, {}), groups);
    together.push_back(std::move(one));
  }
  if (!together.empty()) CutGroups(std::move(together), groups);
  return groups;
}

}  // namespace promcast
