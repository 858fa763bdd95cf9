#include "timeseries/selector_set.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>

namespace promcast {
namespace {

// Fewer selectors are tried one after the other.
constexpr size_t kFew = 4;

RE2::Options NameOptions() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  return options;
}

const Matcher* NameMatcher(const Selector& selector) {
  const auto& matchers = selector.matchers();
  const auto at = std::find_if(matchers.begin(), matchers.end(), [](const Matcher& matcher) {
    return matcher.name == kMetricNameLabel &&
           (matcher.type == MatchType::kEqual || matcher.type == MatchType::kRegex);
  });
  return at == matchers.end() ? nullptr : &*at;
}

}  // namespace

struct SelectorSet::Names {
  RE2::Set patterns{NameOptions(), RE2::ANCHOR_BOTH};
  std::vector<size_t> selectors;  // by pattern
};

SelectorSet::SelectorSet(std::span<const Selector> selectors) : selectors_(selectors.begin(), selectors.end()) {
  if (selectors.size() < kFew) return;
  auto names = std::make_unique<Names>();
  for (size_t i = 0; i < selectors.size(); i++) {
    const Matcher* name = NameMatcher(selectors[i]);
    if (name == nullptr) {
      of_any_name_.push_back(i);
      continue;
    }
    names->patterns.Add(name->type == MatchType::kEqual ? RE2::QuoteMeta(name->value) : name->value, nullptr);
    names->selectors.push_back(i);
  }
  if (names->patterns.Compile()) names_ = std::move(names);
}

SelectorSet::~SelectorSet() = default;

/// False when the expressions together take more memory than RE2 grants them.
bool SelectorSet::ByName(std::string_view name, std::vector<size_t>& candidates) const {
  std::vector<int> patterns;
  RE2::Set::ErrorInfo error{};
  const bool any = names_->patterns.Match(re2::StringPiece(name.data(), name.size()), &patterns, &error);
  if (!any && error.kind != RE2::Set::kNoError) return false;
  candidates = of_any_name_;
  for (const int pattern : patterns) candidates.push_back(names_->selectors[static_cast<size_t>(pattern)]);
  std::sort(candidates.begin(), candidates.end());
  return true;
}

std::optional<size_t> SelectorSet::FirstMatch(std::span<const LabelView> labels) const {
  if (names_ != nullptr) {
    const auto name = std::find_if(labels.begin(), labels.end(), [](auto& l) { return l.name == kMetricNameLabel; });
    std::vector<size_t> candidates;
    if (ByName(name == labels.end() ? std::string_view() : name->value, candidates)) {
      const auto first = std::find_if(candidates.begin(), candidates.end(),
                                      [&](size_t candidate) { return selectors_[candidate].Matches(labels); });
      return first == candidates.end() ? std::nullopt : std::optional(*first);
    }
  }
  const auto first =
      std::find_if(selectors_.begin(), selectors_.end(), [&](const Selector& one) { return one.Matches(labels); });
  if (first == selectors_.end()) return std::nullopt;
  return static_cast<size_t>(first - selectors_.begin());
}

}  // namespace promcast
