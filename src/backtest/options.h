#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "promcast/model_bank.h"

namespace promcast {

/// What a backtest does with its panels.
struct BacktestOptions {
  std::vector<int64_t> horizons_ms{300'000, 900'000, 3'600'000, 86'400'000};
  std::vector<double> coverages{.8, .95};                    ///< of the bands, in (0, 1)
  std::vector<int64_t> seasons_ms{86'400'000, 604'800'000};  ///< what the bank is told of; may be empty
  bool detect_seasons = false;  ///< the bank finds them instead; seasons_ms counts for nothing
  Profile profile = Profile::kStandard;
  std::vector<std::string> extra_models, without_models;  ///< see BankOptions
  std::optional<int64_t> step_ms;                         ///< whole seconds; nothing: each panel's most common distance
  std::optional<int64_t> every_ms;       ///< between two forecasts; nothing: about half an hour, see DefaultEveryCells
  std::optional<double> from_days;       ///< scored from here; nothing: after a third of each panel
  std::optional<double> floor, ceiling;  ///< natural bounds of every series
  size_t threads = 1;                    ///< no result depends on it
};

}  // namespace promcast
