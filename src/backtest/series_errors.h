#pragma once

#include <cstdint>
#include <vector>

#include "backtest/panel.h"
#include "backtest/replay.h"
#include "backtest/replay_plan.h"

namespace promcast {

/// Sums over the forecasts of one series and horizon whose band could be judged: at least 50 residuals had resolved
/// within the seven days before them.
struct BandErrors {
  double coverage = 0;  ///< stated
  int64_t count = 0;
  int64_t inside = 0;       ///< actual values in [lower, upper]
  double coverage_sum = 0;  ///< of the stated coverage
  double winkler = 0;       ///< interval score: Gneiting and Raftery 2007, eq. 43
  double winkler_base = 0;  ///< of the same forecast +- the rolling seven-day quantile of its own absolute residuals
};

/// Sums over the forecasts of one series and horizon that were scored.
struct HorizonErrors {
  int64_t horizon_ms = 0;
  int64_t count = 0;
  double forecast = 0;        ///< absolute errors
  double naive = 0;           ///< ... of the newest value
  double seasonal_naive = 0;  ///< ... of the newest value that is whole days before the target
  double ewma = 0;            ///< ... of the mean that forgets with a half-life of an hour
  std::vector<BandErrors> bands;
};

/// What one series adds to a table of scores.
struct SeriesErrors {
  bool flat = false;  ///< more than 60 % of its samples are as the one before
  std::vector<HorizonErrors> horizons;
};

/// Whether more than 60 % of the samples are as the one before.
bool IsFlat(const Samples& samples);

/// Errors of the forecasts of one series; those issued before `scored_from_ms` only fill the rolling quantile. The
/// definitions are those of the project's score_forecasts.py.
SeriesErrors ScoreSeries(const Samples& samples, const ReplayedForecasts& forecasts, const ReplayPlan& plan,
                         double scored_from_ms);

}  // namespace promcast
