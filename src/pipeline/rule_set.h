#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/memory_watch.h"
#include "pipeline/options.h"
#include "promcast/model_bank.h"
#include "series/cell_grid.h"
#include "timeseries/labels.h"
#include "timeseries/selector_set.h"

namespace promcast {

/// A rule on one grid: what the banks of its series share, and which of the bank's horizons answers each of the rule's.
struct RulePlan {
  int64_t step_ms = 0;
  std::shared_ptr<const BankPlan> bank;
  std::vector<size_t> bank_horizon;           ///< one for each of the rule's horizons, or only for the first ones
  MemoryRelief relief = MemoryRelief::kNone;  ///< what the banks do without
};

/// A rule with the texts that its output series carry.
struct Rule {
  RuleOptions options;
  std::vector<std::string> horizon_texts;                    ///< "1h"
  std::vector<std::string> coverage_texts;                   ///< "0.95"
  std::vector<std::string> horizon_labels, coverage_labels;  ///< these texts as labels (see label_block.h)
  /// The quantiles for which times to thresholds are told: the median, and the edge of the widest band on the
  /// threshold's side, which is the early warning.
  std::string lower_edge_text, upper_edge_text;  ///< "0.025", "0.975"
  uint64_t output_key = 0;                       ///< of all that names the output series: equal keys, equal names
  /// Output series that one input series takes.
  size_t OutputSeries() const {
    return options.horizons_ms.size() * (1 + 2 * options.coverages.size()) + (options.anomaly_score ? 2 : 0) +
           2 * options.thresholds.size();
  }
  /// What series of this rule can give up of what `relief` asks for.
  MemoryRelief Possible(MemoryRelief relief) const;
  RulePlan MakePlan(int64_t step_ms, CellReading reading, MemoryRelief relief) const;
};

/// The rules of one configuration; never changes once made, shared by all shards.
class RuleSet {
 public:
  explicit RuleSet(const std::vector<RuleOptions>& options);
  /// The first rule that matches (labels in any order), or null.
  const Rule* Match(std::span<const LabelView> labels) const;
  const std::vector<Rule>& rules() const { return rules_; }

 private:
  std::vector<Rule> rules_;
  SelectorSet selectors_;                 // of all rules, in their order
  std::vector<size_t> rule_of_selector_;  // the rule's index
};

}  // namespace promcast
