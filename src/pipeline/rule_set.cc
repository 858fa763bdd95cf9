#include "pipeline/rule_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "remote_write/label_block.h"
#include "timeseries/duration.h"
#include "timeseries/fingerprint.h"

namespace promcast {

bool operator==(const RuleOptions& a, const RuleOptions& b) {
  return a.name == b.name && a.match_text == b.match_text && a.step_ms == b.step_ms && a.seasons_ms == b.seasons_ms &&
         a.detect_seasons == b.detect_seasons && a.profile == b.profile && a.extra_models == b.extra_models &&
         a.horizons_ms == b.horizons_ms && a.coverages == b.coverages && a.interval_ms == b.interval_ms &&
         a.floor == b.floor && a.ceiling == b.ceiling && a.anomaly_score == b.anomaly_score &&
         a.hold_back == b.hold_back && a.inherit_across == b.inherit_across &&
         a.cohort_start == b.cohort_start && a.thresholds == b.thresholds;
}

MemoryRelief Rule::Possible(MemoryRelief relief) const {
  if (relief == MemoryRelief::kHorizons && options.horizons_ms.size() > 1) return MemoryRelief::kHorizons;
  const bool seasonal = !options.seasons_ms.empty() || options.detect_seasons;
  return relief == MemoryRelief::kNone || !seasonal ? MemoryRelief::kNone : MemoryRelief::kSeasons;
}

RulePlan Rule::MakePlan(int64_t step_ms, CellReading reading, MemoryRelief relief) const {
  const size_t horizons = relief == MemoryRelief::kHorizons ? 1 : options.horizons_ms.size();
  const std::span<const int64_t> horizons_ms(options.horizons_ms.data(), horizons);
  const auto in_steps = [&](int64_t duration_ms) {
    return static_cast<int>(std::clamp<int64_t>((duration_ms + step_ms / 2) / step_ms, 1, 1 << 24));
  };
  BankOptions bank;
  bank.step_ms = step_ms;
  bank.profile = options.profile;
  bank.extra_models = options.extra_models;
  bank.coverages = options.coverages;
  bank.anomaly_score = options.anomaly_score;
  bank.may_borrow_season = options.cohort_start;
  bank.floor = options.floor;
  bank.ceiling = options.ceiling;
  if (reading == CellReading::kRate && !bank.floor && bank.ceiling.value_or(1) > 0) bank.floor = 0;
  for (const int64_t horizon_ms : horizons_ms) bank.horizons.push_back(in_steps(horizon_ms));
  std::sort(bank.horizons.begin(), bank.horizons.end());
  bank.horizons.erase(std::unique(bank.horizons.begin(), bank.horizons.end()), bank.horizons.end());
  bank.detect_seasons = options.detect_seasons && relief == MemoryRelief::kNone;
  for (const int64_t season_ms : options.seasons_ms) {
    if (relief == MemoryRelief::kNone && season_ms >= 2 * step_ms) bank.seasons.push_back(in_steps(season_ms));
  }
  RulePlan plan;
  plan.step_ms = step_ms;
  plan.relief = relief;
  for (const int64_t horizon_ms : horizons_ms) {
    const auto at = std::lower_bound(bank.horizons.begin(), bank.horizons.end(), in_steps(horizon_ms));
    plan.bank_horizon.push_back(static_cast<size_t>(at - bank.horizons.begin()));
  }
  plan.bank = MakeBankPlan(std::move(bank));
  return plan;
}

namespace {

uint64_t OutputKey(const Rule& rule) {
  std::string texts = fmt::format("{} {} {} {} {}", fmt::join(rule.horizon_texts, ","),
                                  fmt::join(rule.coverage_texts, ","), rule.options.anomaly_score,
                                  rule.lower_edge_text, rule.upper_edge_text);
  for (const ThresholdOptions& threshold : rule.options.thresholds) {
    texts += fmt::format(" {} {}", static_cast<int>(threshold.side), threshold.name);
  }
  return XXH3_64bits(texts.data(), texts.size());  // snapshots keep it
}

std::vector<Selector> SelectorsOf(const std::vector<RuleOptions>& options) {
  std::vector<Selector> selectors;
  for (const RuleOptions& rule : options) selectors.insert(selectors.end(), rule.match.begin(), rule.match.end());
  return selectors;
}

}  // namespace

RuleSet::RuleSet(const std::vector<RuleOptions>& options) : selectors_(SelectorsOf(options)) {
  for (const RuleOptions& rule_options : options) {
    rule_of_selector_.insert(rule_of_selector_.end(), rule_options.match.size(), rules_.size());
    Rule& rule = rules_.emplace_back();
    rule.options = rule_options;
    for (const int64_t horizon_ms : rule_options.horizons_ms) {
      rule.horizon_texts.push_back(FormatDuration(horizon_ms));
      AppendLabel(rule.horizon_labels.emplace_back(), "horizon", rule.horizon_texts.back());
    }
    for (const double coverage : rule_options.coverages) {
      rule.coverage_texts.push_back(fmt::format("{}", coverage));
      AppendLabel(rule.coverage_labels.emplace_back(), "coverage", rule.coverage_texts.back());
    }
    const double widest = rule_options.coverages.back();
    rule.lower_edge_text = fmt::format("{:.6g}", (1 - widest) / 2);
    rule.upper_edge_text = fmt::format("{:.6g}", (1 + widest) / 2);
    rule.output_key = OutputKey(rule);
  }
}

const Rule* RuleSet::Match(std::span<const LabelView> labels) const {
  const auto selector = selectors_.FirstMatch(labels);
  return selector ? &rules_[rule_of_selector_[*selector]] : nullptr;
}

}  // namespace promcast
