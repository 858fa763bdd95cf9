#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "promcast/model_bank.h"

namespace promcast {

/// How one model did at one horizon over many series, as of their ends.
struct ModelTally {
  int64_t series = 0;     ///< that it had forecasts for
  int64_t led = 0;        ///< of them: it had the least loss
  double weights = 0;     ///< sum of its shares in the mix
  double log_losses = 0;  ///< sum of the logarithms of its loss over the best model's
};

/// Collects the models of many series.
class ModelTable {
 public:
  void Add(int64_t horizon_ms, const std::vector<ModelWeight>& models);
  /// A line for each horizon and model, by mean weight: share of series led, mean weight, loss over the best model's
  /// (geometric mean).
  std::string Text() const;
  const std::map<int64_t, std::map<std::string, ModelTally>>& tallies() const { return tallies_; }

 private:
  std::map<int64_t, std::map<std::string, ModelTally>> tallies_;  // by horizon, then by the model's name
};

}  // namespace promcast
