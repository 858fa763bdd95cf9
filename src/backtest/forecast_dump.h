#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backtest/replay.h"
#include "backtest/replay_plan.h"
#include "concurrency/mutex.h"

namespace promcast {

/// The rows of one series in the dump format of score_forecasts.py: a line for each forecast and coverage,
/// `series,issued_ms,target_ms,horizon_s,predicted,lower,upper,coverage`. Numbers are read back as they were.
std::string DumpRows(std::string_view series, const ReplayedForecasts& forecasts, const ReplayPlan& plan);

/// Writes rows of many series that come in any order, in the order of their numbers. Thread-safe.
class ForecastDump {
 public:
  /// Creates the file, or empties it, and writes the header.
  static absl::StatusOr<std::unique_ptr<ForecastDump>> Create(const std::string& path);
  ~ForecastDump();

  /// The rows of series `number`; each number from 0 on comes once.
  void Add(size_t number, std::string rows);
  /// Whether all that was added has reached the file.
  absl::Status Close();

 private:
  ForecastDump(std::string path, std::FILE* file);
  void Write(const std::string& text) PROMCAST_REQUIRES(mutex_);

  const std::string path_;
  Mutex mutex_;
  std::FILE* file_ PROMCAST_GUARDED_BY(mutex_);
  bool failed_ PROMCAST_GUARDED_BY(mutex_) = false;
  size_t written_ PROMCAST_GUARDED_BY(mutex_) = 0;
  std::vector<std::optional<std::string>> waiting_ PROMCAST_GUARDED_BY(mutex_);  // by number
};

}  // namespace promcast
