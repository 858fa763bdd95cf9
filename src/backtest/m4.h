#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "backtest/byte_source.h"
#include "backtest/progress_count.h"

namespace promcast {

/// A series of the M4 competition.
struct M4Series {
  std::string id;
  std::vector<double> values;
};

/// Means over the series of M4 Hourly, after Makridakis, Spiliotis and Assimakopoulos 2020, "The M4 Competition:
/// 100,000 time series and 61 forecasting methods", International Journal of Forecasting 36(1).
struct M4Report {
  size_t series = 0;
  size_t unscaled = 0;  ///< series that repeat their days exactly: they have no MASE and are left out of its mean
  double smape = 0;     ///< percent
  double mase = 0;
  double owa = 0;      ///< mean of both, each relative to the benchmark Naive2
  double seconds = 0;  ///< processor time of the banks, all threads together
};

/// Reads the competition's layout: a header, then `id,value,value...` a series, of any length; what follows the last
/// value is empty or NA. Errors name file and line.
absl::StatusOr<std::vector<M4Series>> ReadM4(ByteSource source, const std::string& path);

/// Mean of 200 |y - f| / (|y| + |f|), in percent; 0 where both are 0. Both spans have the same length, one at least.
double SymmetricMape(std::span<const double> actual, std::span<const double> forecast);
/// Mean absolute error over that of the seasonal naive forecast within `train`. NaN when that never errs or `train` is
/// not longer than a season.
double MeanAbsoluteScaledError(std::span<const double> train, std::span<const double> actual,
                               std::span<const double> forecast, size_t season);

/// Feeds each training series to a bank of its own in one pass, asks for what follows, and scores it by the series of
/// the same id in the test file, which no model sees.
absl::StatusOr<M4Report> RunM4(const std::string& train_path, const std::string& test_path, size_t threads,
                               const BacktestProgress& progress);

/// `{"series":, "sMAPE":, "MASE":, "OWA":, "seconds":}`
std::string M4Json(const M4Report& report);
/// For people.
std::string M4Table(const M4Report& report);

}  // namespace promcast
