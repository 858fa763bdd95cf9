#pragma once

#include <cstddef>
#include <vector>

#include "timeseries/sample.h"

namespace promcast {

/// A machine's load as an exporter shows it: percent with four digits after the point, a daily wave and noise that
/// keeps some of its past; 5,760 samples a day, every 15 s with a few milliseconds of jitter. The same at every run.
std::vector<Sample> DailyLoad(size_t count);

/// A counter of whole numbers at a rate that follows DailyLoad.
std::vector<Sample> DailyCounter(size_t count);

/// What DailyLoad says once a minute: the cells of a grid of 1,440 a day.
std::vector<double> MinuteLoad(size_t days);

}  // namespace promcast
