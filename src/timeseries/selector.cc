#include "timeseries/selector.h"

#include <absl/status/status.h>
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "timeseries/selector_parser.h"

namespace promcast {
namespace {

bool IsRegex(MatchType type) {
  return type == MatchType::kRegex || type == MatchType::kNotRegex;
}

std::unique_ptr<const RE2> CompileRegex(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  return std::make_unique<const RE2>(pattern, options);
}

bool Holds(const Matcher& matcher, const RE2* regex, std::string_view value) {
  switch (matcher.type) {
    case MatchType::kEqual:
      return value == matcher.value;
    case MatchType::kNotEqual:
      return value != matcher.value;
    case MatchType::kRegex:
      return RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex);
    case MatchType::kNotRegex:
      return !RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex);
  }
  return false;
}

}  // namespace

struct Selector::Compiled {
  std::string text;
  std::vector<Matcher> matchers;
  std::vector<std::unique_ptr<const RE2>> regexes;  // beside `matchers`; null for = and !=
};

absl::StatusOr<Selector> Selector::Parse(std::string_view text) {
  std::vector<ParsedMatcher> parsed;
  if (absl::Status read = ParseSelectorText(text, parsed); !read.ok()) return read;
  auto compiled = std::make_shared<Compiled>();
  compiled->text = text;
  bool refuses_empty = false;
  for (ParsedMatcher& p : parsed) {
    std::unique_ptr<const RE2> regex;
    if (IsRegex(p.matcher.type)) {
      regex = CompileRegex(p.matcher.value);
      if (!regex->ok()) {
        return absl::InvalidArgumentError(fmt::format("selector, column {}: bad regular expression for label {}: {}",
                                                      p.value_column, p.matcher.name, regex->error()));
      }
    }
    refuses_empty = refuses_empty || !Holds(p.matcher, regex.get(), "");
    compiled->matchers.push_back(std::move(p.matcher));
    compiled->regexes.push_back(std::move(regex));
  }
  if (!refuses_empty) {
    return absl::InvalidArgumentError(
        fmt::format("selector {} would select every series: at least one matcher must refuse the empty string", text));
  }
  Selector selector;
  selector.compiled_ = std::move(compiled);
  return selector;
}

template <class ValueOf>
bool Selector::MatchesValues(const ValueOf& value_of) const {
  if (compiled_ == nullptr) return false;
  for (size_t i = 0; i < compiled_->matchers.size(); i++) {
    const Matcher& matcher = compiled_->matchers[i];
    if (!Holds(matcher, compiled_->regexes[i].get(), value_of(matcher.name))) return false;
  }
  return true;
}

bool Selector::Matches(std::span<const LabelView> labels) const {
  return MatchesValues([labels](std::string_view name) {
    const auto at = std::find_if(labels.begin(), labels.end(), [name](const LabelView& l) { return l.name == name; });
    return at == labels.end() ? std::string_view() : at->value;
  });
}

bool Selector::Matches(const Labels& labels) const {
  return MatchesValues([&labels](std::string_view name) { return labels.Get(name); });
}

const std::vector<Matcher>& Selector::matchers() const {
  static const std::vector<Matcher> none;
  return compiled_ == nullptr ? none : compiled_->matchers;
}

const std::string& Selector::text() const {
  static const std::string none;
  return compiled_ == nullptr ? none : compiled_->text;
}

}  // namespace promcast
