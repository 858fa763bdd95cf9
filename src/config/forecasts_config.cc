#include <absl/status/statusor.h>
#include <absl/strings/match.h>
#include <absl/strings/str_split.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "config/sections.h"
#include "ingest/label_rules.h"
#include "promcast/candidates.h"
#include "promcast/model_bank.h"
#include "timeseries/duration.h"
#include "timeseries/labels.h"

namespace promcast {
namespace {

constexpr size_t kMaxHorizons = 16;
constexpr size_t kMaxCoverages = 8;
constexpr size_t kMaxSeasons = BankOptions::kMaxSeasons;
constexpr size_t kMaxSelectors = 64;
constexpr size_t kMaxInheritAcross = 16;
constexpr int64_t kMinStepMs = 100;
constexpr int64_t kMaxStepMs = 86'400'000;
/// A regular expression over all of promcast's forecast_ series.
constexpr std::string_view kOwnPattern = "forecast_.";

/// True when the selector asks by name for what promcast itself writes.
bool SelectsOwnOutput(const Selector& selector) {
  for (const Matcher& matcher : selector.matchers()) {
    if (matcher.name != kMetricNameLabel) continue;
    if (matcher.type != MatchType::kEqual && matcher.type != MatchType::kRegex) continue;
    for (const absl::string_view part : absl::StrSplit(matcher.value, '|')) {
      const std::string_view alternative(part.data(), part.size());
      const size_t start = std::min(alternative.find_first_not_of("^(?:"), alternative.size());
      const std::string_view name = alternative.substr(start);
      if (name.starts_with(kOwnPattern)) return true;
      if (std::any_of(kOwnMetricPrefixes.begin(), kOwnMetricPrefixes.end(),
                      [&](std::string_view prefix) { return name.starts_with(prefix); })) {
        return true;
      }
    }
  }
  return false;
}

void ReadSelector(const YamlValue& value, RuleOptions& rule) {
  std::string text;
  if (!value.ReadString(text)) return;
  absl::StatusOr<Selector> selector = Selector::Parse(text);
  if (!selector.ok()) return value.Fail(std::string(selector.status().message()));
  if (SelectsOwnOutput(*selector)) {
    return value.Fail("selects series that promcast itself writes and never forecasts; name others");
  }
  if (!rule.match_text.empty()) rule.match_text += " or ";
  rule.match_text += text;
  rule.match.push_back(*std::move(selector));
}

void ReadMatch(const YamlValue& value, RuleOptions& rule) {
  std::vector<YamlValue> selectors{value};
  if (!value.IsText() && !value.ReadList(selectors, "a PromQL selector or a list of them")) return;
  if (selectors.empty() || selectors.size() > kMaxSelectors) {
    return value.Fail(fmt::format("{} selectors; write 1 to {}", selectors.size(), kMaxSelectors));
  }
  for (const YamlValue& selector : selectors) ReadSelector(selector, rule);
}

void ReadStep(const YamlValue& value, RuleOptions& rule) {
  if (value.IsText() && value.node().text == "auto") {
    rule.step_ms = 0;
    return;
  }
  value.ReadDuration(rule.step_ms, {.min_ms = kMinStepMs, .max_ms = kMaxStepMs});
}

/// Sorted; each once.
template <typename T, typename ReadOne>
void ReadSortedList(const YamlValue& value, std::string_view expected, size_t min_count, size_t max_count,
                    std::vector<T>& out, const ReadOne& read_one) {
  std::vector<YamlValue> items;
  if (!value.ReadList(items, expected)) return;
  if (items.size() < min_count || items.size() > max_count) {
    return value.Fail(fmt::format("{} entries; write {} to {}", items.size(), min_count, max_count));
  }
  std::vector<T> numbers;
  for (const YamlValue& item : items) {
    T number{};
    if (!read_one(item, number)) continue;
    if (std::find(numbers.begin(), numbers.end(), number) != numbers.end()) {
      item.Fail("stands twice in the list; keep one");
    }
    numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  out = std::move(numbers);
}

bool ReadListedDuration(const YamlValue& item, int64_t& out_ms) {
  return item.ReadDuration(out_ms, {.min_ms = kMinStepMs});
}

/// 0s asks for the value expected now.
bool ReadHorizon(const YamlValue& item, int64_t& out_ms) {
  if (item.IsText() && item.node().text == "0s") {
    out_ms = 0;
    return true;
  }
  return ReadListedDuration(item, out_ms);
}

bool ReadSeason(const YamlValue& item, int64_t& out_ms) {
  if (!item.IsText() || item.node().text != "auto") return ReadListedDuration(item, out_ms);
  item.Fail("auto stands for the whole list; write \"seasons: auto\", or lengths alone");
  return false;
}

void ReadSeasons(const YamlValue& value, RuleOptions& rule) {
  if (value.IsText() && value.node().text == "auto") {
    rule.detect_seasons = true;
    rule.seasons_ms.clear();
    return;
  }
  ReadSortedList(value, "auto or a list of durations", 0, kMaxSeasons, rule.seasons_ms, ReadSeason);
}

bool ReadModelName(const YamlValue& item, std::string& out) {
  if (!item.ReadString(out)) return false;
  const auto known = CandidateNames();
  if (std::find(known.begin(), known.end(), out) != known.end()) return true;
  item.Fail(fmt::format("\"{}\" is no model; there are {}", out, fmt::join(known, ", ")));
  return false;
}

bool ReadLabelName(const YamlValue& item, std::string& out) {
  if (!item.ReadString(out)) return false;
  if (!out.empty() && out != kMetricNameLabel) return true;
  item.Fail(out.empty() ? "the label's name is empty" : "a series of another name is another metric; leave it out");
  return false;
}

void ReadProfile(const YamlValue& value, RuleOptions& rule) {
  std::string name;
  if (!value.ReadString(name)) return;
  const auto profile = ProfileOf(name);
  if (profile) {
    rule.profile = *profile;
  } else {
    value.Fail(fmt::format("\"{}\" is no profile; write lean, standard or rich", name));
  }
}

bool ReadCoverage(const YamlValue& item, double& out) {
  if (item.IsText() && absl::EndsWith(item.node().text, "%")) {
    return item.Fail("expected a share above 0 and below 1; write 0.95 for 95%"), false;
  }
  double coverage = 0;
  if (!item.ReadNumber(coverage)) return false;
  if (coverage > 0 && coverage < 1) {
    out = coverage;
    return true;
  }
  const bool percent = coverage > 1 && coverage < 100;
  item.Fail(fmt::format("expected a share above 0 and below 1, found {}; write {}", coverage,
                        percent ? fmt::format("{:.6g}", coverage / 100) : "one such as 0.95"));
  return false;
}

void ReadBound(YamlSection& section, std::string_view key, std::optional<double>& out) {
  double bound = 0;
  if (const auto entry = section.Take(key); entry && entry->ReadNumber(bound)) out = bound;
}

void ReadThreshold(const YamlValue& value, RuleOptions& rule) {
  YamlSection section(value);
  ThresholdOptions threshold;
  if (const auto name = section.TakeRequired("name", "it becomes the label `threshold`")) {
    name->ReadString(threshold.name);
    if (threshold.name.empty()) name->Fail("the name is empty; it becomes the label `threshold`");
  }
  std::optional<double> below, above;
  ReadBound(section, "below", below);
  ReadBound(section, "above", above);
  section.RefuseOtherKeys();
  if (below.has_value() == above.has_value()) return value.Fail("write either below or above, with the level");
  threshold.side = below ? ThresholdSide::kBelow : ThresholdSide::kAbove;
  threshold.level = below ? *below : *above;
  for (const ThresholdOptions& other : rule.thresholds) {
    if (other.name == threshold.name)
      value.Fail(fmt::format("the name \"{}\" stands twice; give one another name", other.name));
  }
  rule.thresholds.push_back(std::move(threshold));
}

void ReadThresholds(const YamlValue& value, RuleOptions& rule) {
  std::vector<YamlValue> items;
  if (!value.ReadList(items, "a list of thresholds such as {name: full, below: 0}")) return;
  if (items.size() > RuleOptions::kMaxThresholds) {
    return value.Fail(fmt::format("{} entries; write at most {}", items.size(), RuleOptions::kMaxThresholds));
  }
  for (const YamlValue& item : items) ReadThreshold(item, rule);
}

/// What only shows when several keys are seen together. The default season does not bind a rule with long steps.
void CheckRule(const YamlValue& value, const RuleOptions& rule, bool seasons_written) {
  if (rule.floor && rule.ceiling && *rule.floor >= *rule.ceiling) {
    value.Fail(fmt::format("floor ({}) must be below ceiling ({})", *rule.floor, *rule.ceiling));
  }
  if (rule.step_ms == 0) return;
  for (const int64_t horizon_ms : rule.horizons_ms) {
    if (horizon_ms == 0 || horizon_ms >= rule.step_ms) continue;
    value.Fail(fmt::format("horizon {} is shorter than the step {}; lengthen it or shorten the step",
                           FormatDuration(horizon_ms), FormatDuration(rule.step_ms)));
  }
  if (!seasons_written) return;
  for (const int64_t season_ms : rule.seasons_ms) {
    if (season_ms > 2 * rule.step_ms) continue;
    value.Fail(fmt::format("season {} is not longer than two steps of {}; leave it out or shorten the step",
                           FormatDuration(season_ms), FormatDuration(rule.step_ms)));
  }
}

void ReadRule(const YamlValue& value, RuleOptions& rule) {
  YamlSection section(value);
  if (const auto name = section.Take("name"); name && name->ReadString(rule.name) && rule.name.empty()) {
    name->Fail("the name is empty; write one, or leave the key out");
  }
  if (const auto match = section.TakeRequired("match", "write a PromQL selector such as '{job=\"node\"}'")) {
    ReadMatch(*match, rule);
  }
  if (rule.name.empty()) rule.name = rule.match_text;
  if (const auto step = section.Take("step")) ReadStep(*step, rule);
  const auto seasons = section.Take("seasons");
  if (seasons) ReadSeasons(*seasons, rule);
  if (const auto horizons = section.Take("horizons")) {
    ReadSortedList(*horizons, "a list of durations", 1, kMaxHorizons, rule.horizons_ms, ReadHorizon);
  }
  if (const auto coverage = section.Take("coverage")) {
    ReadSortedList(*coverage, "a list of shares such as 0.95", 1, kMaxCoverages, rule.coverages, ReadCoverage);
  }
  section.Duration("interval", rule.interval_ms, {.min_ms = 1000, .max_ms = 86'400'000});
  ReadBound(section, "floor", rule.floor);
  ReadBound(section, "ceiling", rule.ceiling);
  section.Bool("anomaly_score", rule.anomaly_score);
  section.Bool("hold_back", rule.hold_back);
  if (const auto across = section.Take("inherit_across")) {
    ReadSortedList(*across, "a list of label names such as [pod, instance]", 0, kMaxInheritAcross, rule.inherit_across,
                   ReadLabelName);
  }
  const auto cohort = section.Take("cohort_start");
  if (cohort && cohort->ReadBool(rule.cohort_start) && rule.cohort_start && rule.seasons_ms.empty()) {
    cohort->Fail("siblings share a season whose length is told; write seasons such as [1d], or leave cohort_start out");
  }
  if (const auto models = section.Take("extra_models")) {
    ReadSortedList(*models, "a list of model names", 0, BankOptions::kMaxExtraModels, rule.extra_models, ReadModelName);
  }
  if (const auto profile = section.Take("profile")) ReadProfile(*profile, rule);
  if (const auto thresholds = section.Take("thresholds")) ReadThresholds(*thresholds, rule);
  section.RefuseOtherKeys();
  CheckRule(value, rule, seasons.has_value());
}

}  // namespace

void ReadForecasts(YamlSection& top, PipelineOptions& options) {
  const auto entry = top.TakeRequired("forecasts", "write rules, or \"forecasts: []\" to receive without forecasting");
  std::vector<YamlValue> items;
  if (!entry || entry->IsNull() || !entry->ReadList(items, "a list of rules")) return;
  std::map<std::string, FilePosition> names;
  for (const YamlValue& item : items) {
    RuleOptions rule;
    ReadRule(item, rule);
    const auto [first, is_new] = names.emplace(rule.name, item.position());
    if (!is_new && !rule.name.empty()) {
      item.Fail(fmt::format("the name \"{}\" is taken by the rule in line {}; give one of them another name", rule.name,
                            first->second.line));
    }
    options.forecasts.push_back(std::move(rule));
  }
}

}  // namespace promcast
