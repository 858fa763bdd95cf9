#pragma once

#include <string>

#include "backtest/backtest.h"

namespace promcast {

/// `{"scores": [...], "cost": {"ns_per_step_and_series":, "bytes_per_series":}}`; `scores` has the keys of
/// score_forecasts.py --json, in their order, and null where it has.
std::string ScoresJson(const BacktestReport& report);

/// The scores in aligned columns and a line with the costs, for people.
std::string ScoresTable(const BacktestReport& report);

}  // namespace promcast
