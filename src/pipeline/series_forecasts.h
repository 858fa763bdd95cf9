#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/series_state.h"
#include "pipeline/shard_report.h"
#include "promcast/model_bank.h"
#include "timeseries/labels.h"

namespace promcast {

/// The band of one coverage, around the prediction it stands with.
struct BandForecast {
  double coverage = 0;
  double lower = std::nan(""), upper = std::nan("");  ///< NaN where there is no prediction
  double realised_coverage = std::nan("");  ///< share of lately resolved values that fell inside; NaN before any
};

/// One model's part in a mix.
struct ModelShare {
  std::string name;
  double weight = 0;                    ///< 0 to 1
  double relative_loss = std::nan("");  ///< 1 for the best model, more for the others; NaN before any forecast resolved
};

/// What is expected of a series so far ahead, and how such forecasts have done lately. Predictions are in the units
/// that promcast writes: of counters the rate per second.
struct HorizonForecast {
  int64_t horizon_ms = 0;
  double predicted = std::nan("");  ///< NaN unless the series' status is kPredicted
  std::vector<BandForecast> bands;
  double resolved = 0;  ///< forecasts whose value came, as forgotten: the number that the scores rest on
  double mean_absolute_error = std::nan("");  ///< NaN before any resolved
  double skill = std::nan("");  ///< 1 - error / error of the better naive baseline; NaN where that has no error
  bool skilful = false;
  bool held_back = false;          ///< not written, for want of skill, as the rule wants it
  std::vector<ModelShare> models;  ///< heaviest first
};

/// What promcast knows of one selected series at one moment.
struct SeriesForecasts {
  Labels labels;
  std::string rule;
  SeriesStatus status = SeriesStatus::kWarmingUp;
  std::optional<int64_t> step_ms;   ///< nothing until it is known
  std::vector<int64_t> seasons_ms;  ///< that its models use, the one that gives the shape first
  std::optional<int64_t> newest_sample_ms;
  double anomaly_score = std::nan("");    ///< as ModelBank::anomaly_score()
  std::vector<HorizonForecast> horizons;  ///< the rule's; empty while the series has no models
};

/// The answer to a search, which ends once `limit` series were found.
struct FoundSeries {
  std::vector<SeriesForecasts> series;
  bool truncated = false;  ///< more series matched
};

/// 1 - mean absolute error / that of the better naive baseline: 1 is perfect, below 0 worse than naive. Nothing before
/// any forecast resolved, and where the baseline made no error.
std::optional<double> SkillOf(const HorizonScore& score);
/// The same against one baseline.
std::optional<double> SkillAgainst(SkillBaseline baseline, const HorizonScore& score);

/// `state`, of the series with these labels, as it stands at `now_ms`.
SeriesForecasts Describe(const SeriesState& state, const std::vector<LabelView>& labels, int64_t now_ms);

/// How many cells after the newest closed one the time `horizon_ms` after `now_ms` lies; at least 1.
int StepsAhead(const SeriesModel& model, int64_t horizon_ms, int64_t now_ms);

}  // namespace promcast
