#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "backtest/forecast_dump.h"
#include "backtest/model_table.h"
#include "backtest/options.h"
#include "backtest/panel.h"
#include "backtest/progress_count.h"
#include "backtest/score_table.h"

namespace promcast {

/// What replaying some panels has shown.
struct BacktestReport {
  std::vector<ScoreRow> scores;  ///< pooled over all series of all panels
  ModelTable models;             ///< pooled as well
  std::map<std::vector<int64_t>, size_t>
      seasons;  ///< series at whose end the bank used these, in milliseconds; where they are detected
  std::vector<std::string> notices;  ///< what had to be rounded, each once
  size_t panels = 0, series = 0;
  int64_t cells = 0;        ///< that held a value, all series together
  int64_t bank_cpu_ns = 0;  ///< spent in the banks, all threads together
  size_t state_bytes = 0;   ///< of all banks at their end

  double ns_per_cell() const;  ///< a step and series; 0 when there were no cells
  double bytes_per_series() const;
};

/// Replays every series of the panels with a bank of its own and scores it. `dump` (may be null) gets the forecasts;
/// with several panels its series are named `PATH:series`. Errors: kInvalidArgument when the options make no bank, else
/// about a panel. The report does not depend on options.threads, its costs excepted.
absl::StatusOr<BacktestReport> RunBacktest(std::vector<Panel> panels, const BacktestOptions& options,
                                           ForecastDump* dump, const BacktestProgress& progress);

/// The same with panels read from files.
absl::StatusOr<BacktestReport> RunBacktest(const std::vector<std::string>& panel_paths, const BacktestOptions& options,
                                           ForecastDump* dump, const BacktestProgress& progress);

}  // namespace promcast
