#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>
#include <xtensor/xtensor.hpp>

#include "backtest/panel.h"
#include "backtest/replay_plan.h"

namespace promcast {

/// All forecasts that were issued for one series. NaN where the bank was still warming up.
struct ReplayedForecasts {
  std::vector<int64_t> issued_ms;                ///< ascending
  xt::xtensor<double, 2> point;                  ///< [horizon][issue]
  xt::xtensor<double, 3> lower;                  ///< [coverage][horizon][issue]
  xt::xtensor<double, 3> upper;                  ///< [coverage][horizon][issue]
  std::vector<std::vector<ModelWeight>> models;  ///< [horizon]: of the bank at the end
  std::vector<int> seasons;                      ///< of the bank at the end, in cells
  int64_t cells = 0;                             ///< that held a value
  int64_t cpu_ns = 0;                            ///< of this thread, for all of the bank's work on the series
  size_t state_bytes = 0;                        ///< of the bank at the end
};

/// Runs one series through a bank of its own, as serving does: cell by cell from the first value on, the newest sample
/// of a cell counts, empty cells are skipped. Forecasts are issued at the plan's distance from its start, from what is
/// known then, unless nothing has come for an hour, or a step where that is longer.
ReplayedForecasts Replay(const Samples& samples, const ReplayPlan& plan);

}  // namespace promcast
