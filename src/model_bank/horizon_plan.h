#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "forecast/horizon_grid.h"
#include "intervals/conformal_band.h"
#include "intervals/coverage_feedback.h"
#include "promcast/model_bank.h"

namespace promcast {

/// Where few residuals resolve a day, the quantile of a large coverage hangs on two or three of them. It is steadier as
/// the geometric mean of itself and of an inner quantile times what their ratio usually is.
struct SteadyTail {
  double inner_coverage = 0;  ///< 0: the quantile stands for itself
  double ratio = 1;
};

/// What follows from the options for one horizon.
struct HorizonPlan {
  HorizonGrid grid;  ///< which forecasts are kept for scoring
  /// Where these are few: of which other forecasts the bands are kept to be checked.
  std::optional<HorizonGrid> checks;
  float loss_keep = 1;  ///< what is kept of the losses each time a forecast resolves
  CoverageFeedback feedback;
  BandMemory band;
  Divisor cycle{1};               ///< cells of a day, or of the longest season where that is shorter
  float phase_rate = 0;           ///< how fast the residuals' scale by time of day is learnt; 0: it is not
  std::vector<double> coverages;  ///< the options'
  std::vector<SteadyTail> tails;  ///< a coverage's
  size_t models = 0;
  size_t coverage_count = 0;   ///< of coverages
  std::optional<size_t> line;  ///< the score's third baseline, of BankPlan::line_keeps
  size_t seasonal_naive = 0;   ///< the model that is the score's second baseline
  size_t sum_bytes = 0;        ///< of what a mix has learnt
  size_t record_bytes = 0;     ///< of a forecast that waits for its value
  size_t offset = 0;           ///< of its state in what BankPlan::tail_bytes counts

  /// At most `max_pending` forecasts wait for their value at the same time.
  static HorizonPlan Make(const BankOptions& options, int steps, int max_pending);
};

}  // namespace promcast
