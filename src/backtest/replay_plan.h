#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backtest/options.h"
#include "backtest/panel.h"
#include "promcast/model_bank.h"

namespace promcast {

/// How one panel is replayed: the options in cells of its grid. Cell k holds what comes after start + (k - 1) * step up
/// to start + k * step, the panel's first timestamp being the start; so a forecast issued at the end of a cell knows
/// all samples up to then, and on a regular panel its targets are the timestamps of samples.
struct ReplayPlan {
  int64_t start_ms = 0;
  int64_t end_ms = 0;  ///< the panel's last timestamp: no forecast is issued later
  int64_t step_ms = 0;
  int64_t every_cells = 1;                  ///< between two forecasts
  std::shared_ptr<const BankOptions> bank;  ///< horizons and seasons in cells
  std::vector<std::string> notices;         ///< what had to be rounded or left out, for people

  int64_t TimeOf(int64_t cell) const { return start_ms + cell * step_ms; }
  int64_t CellOf(int64_t time_ms) const { return (time_ms - start_ms + step_ms - 1) / step_ms; }
  int64_t horizon_ms(size_t index) const { return bank->horizons[index] * step_ms; }
};

/// The most common distance of neighbouring timestamps (of several the shortest), in whole seconds, one at least; 0
/// with fewer than two different timestamps.
int64_t CommonStepMs(const std::vector<int64_t>& times_ms);

/// About half an hour, but sharing no divisor with the day: forecasts for all times of the hour and day are scored, not
/// for ever the same few, at which what runs by the clock starts.
int64_t DefaultEveryCells(int64_t step_ms);

/// Horizons, seasons and the distance of forecasts become whole cells, one at least (seasons: two, or they are left
/// out); horizons that become the same are one. Errors name the panel: no distance to take the step from
/// (kDataLoss), or what the bank refuses (kInvalidArgument).
absl::StatusOr<ReplayPlan> PlanReplay(const Panel& panel, const BacktestOptions& options);

}  // namespace promcast
