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

  absl::Status Add(Matcher matcher) {
    std::unique_ptr<const RE2> regex;
    if (IsRegex(matcher.type)) {
      regex = CompileRegex(matcher.value);
      if (!regex->ok()) {
        return absl::InvalidArgumentError(
            fmt::format("bad regular expression for label {}: {}", matcher.name, regex->error()));
      }
    }
    matchers.push_back(std::move(matcher));
    regexes.push_back(std::move(regex));
    return absl::OkStatus();
  }
};

absl::StatusOr<Selector> Selector::Parse(std::string_view text) {
  std::vector<ParsedMatcher> parsed;
  if (absl::Status read = ParseSelectorText(text, parsed); !read.ok()) return read;
  auto compiled = std::make_shared<Compiled>();
  compiled->text = text;
  bool refuses_empty = false;
  for (ParsedMatcher& p : parsed) {
    if (absl::Status added = compiled->Add(std::move(p.matcher)); !added.ok()) {
      return absl::InvalidArgumentError(fmt::format("selector, column {}: {}", p.value_column,
                                                    std::string_view(added.message().data(), added.message().size())));
    }
    refuses_empty = refuses_empty || !Holds(compiled->matchers.back(), compiled->regexes.back().get(), "");
  }
  if (!refuses_empty) {
    return absl::InvalidArgumentError(
        fmt::format("selector {} would select every series: at least one matcher must refuse the empty string", text));
  }
  Selector selector;
  selector.compiled_ = std::move(compiled);
  return selector;
}

absl::StatusOr<Selector> Selector::FromMatchers(std::vector<Matcher> matchers) {
  auto compiled = std::make_shared<Compiled>();
  for (Matcher& matcher : matchers) {
    if (absl::Status added = compiled->Add(std::move(matcher)); !added.ok()) return added;
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
