#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "timeseries/labels.h"

namespace promcast {

/// The numbers are those of remote read's LabelMatcher.Type.
enum class MatchType : uint8_t { kEqual = 0, kNotEqual = 1, kRegex = 2, kNotRegex = 3 };

/// One condition on one label. Regular expressions have RE2 syntax, match the whole value, and `.` matches a newline.
struct Matcher {
  MatchType type = MatchType::kEqual;
  std::string name;
  std::string value;
  friend bool operator==(const Matcher&, const Matcher&) = default;
};

/// A PromQL vector selector without range, offset or @: all its matchers must hold. Immutable; copies share their
/// compiled expressions; thread-safe.
///
///   absl::StatusOr<Selector> disks = Selector::Parse(R"({__name__=~"node_filesystem_.*",fstype!="tmpfs"})");
///   if (disks.ok() && disks->Matches(labels)) ...
class Selector {
 public:
  /// Selects nothing, until one that was parsed is assigned.
  Selector() = default;

  /// Reads `metric`, `metric{a="b"}`, `{__name__=~"a|b",c!="d"}` or, as Prometheus 3, `{"metric.name","label.x"="y"}`.
  /// Errors name the column (in bytes, from 1) and what was expected. At least one matcher must refuse the empty
  /// string. Source: prometheus/promql/parser.
  static absl::StatusOr<Selector> Parse(std::string_view text);
  /// Matchers that came in another form than PromQL's, as remote read's. They may select every series, as none at all
  /// does. Errors name the label.
  static absl::StatusOr<Selector> FromMatchers(std::vector<Matcher> matchers);

  /// Labels in any order, each name once; a label that is not there has the empty value.
  bool Matches(std::span<const LabelView> labels) const;
  bool Matches(const Labels& labels) const;

  /// A metric name before or inside the braces is the matcher `__name__=...`. Order as written.
  const std::vector<Matcher>& matchers() const;
  /// What Parse() was given; empty for FromMatchers().
  const std::string& text() const;

 private:
  struct Compiled;
  template <class ValueOf>
  bool MatchesValues(const ValueOf& value_of) const;

  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace promcast
