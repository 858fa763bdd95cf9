#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/sample_sink.h"
#include "timeseries/labels.h"

namespace promcast {

/// Sorts the labels of a series never seen before and says whether they may name one: kAccepted, kMissingName,
/// kInvalidLabels, or kOwnSeries for promcast's own output (by its marker label or its metric names), which must never
/// be forecast. `problem` then says what is wrong, for the sender.
SampleVerdict CheckLabels(std::vector<LabelView>& labels, std::string& problem);

/// How the names of the series begin that only promcast writes. The marker label alone does not tell them all:
/// recording rules over predictions may lose it.
inline constexpr std::array<std::string_view, 5> kOwnMetricPrefixes = {
    "predicted_", "forecast_anomaly", "forecast_time_to_threshold_seconds", "forecast_skill_",
    "forecast_coverage_ratio"};

inline constexpr std::string_view kForecasterLabel = "forecaster";
inline constexpr std::string_view kForecasterValue = "promcast";

}  // namespace promcast
