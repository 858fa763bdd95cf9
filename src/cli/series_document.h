#pragma once

#include <string>

#include "pipeline/series_forecasts.h"

namespace promcast {

/// What /api/v1/series/forecasts answers, in the form of Prometheus's API. Numbers that are unknown are null.
std::string SeriesDocument(const FoundSeries& found);

}  // namespace promcast
