#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "backtest/series_errors.h"

namespace promcast {

/// Scores of all series of one class at one horizon, with bands of one coverage; as score_forecasts.py defines them.
/// Geometric means are over series.
struct ScoreRow {
  bool flat = false;
  int64_t horizon_ms = 0;
  int64_t series = 0;             ///< with 20 scored forecasts, and a seasonal naive that errs
  double relative_mae = 0;        ///< MAE over that of the seasonal naive, geometric mean
  double naive = 0;               ///< the same of the naive forecast
  double ewma = 0;                ///< the same of the exponentially weighted mean
  double skill = 0;               ///< share of series whose MAE is at most 1.05 x the best of the three baselines
  double coverage = 0;            ///< stated
  std::optional<double> cover;    ///< mean share of samples inside; nothing where no series had 20 judged bands
  std::optional<double> within;   ///< share of series within two points of `coverage`
  std::optional<double> winkler;  ///< Winkler score over that of the conformal baseline, geometric mean

  std::string_view class_name() const { return flat ? "flat" : "active"; }
};

/// Rows in the order of class (active first), horizon, coverage.
std::vector<ScoreRow> PoolScores(const std::vector<SeriesErrors>& series);

}  // namespace promcast
