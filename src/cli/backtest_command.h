#pragma once

#include <optional>
#include <string>
#include <vector>

namespace promcast {

/// Flags of `promcast backtest`, as they were given.
struct BacktestFlags {
  std::vector<std::string> panels;
  std::string from_prometheus, match;  ///< a URL and a selector, in place of panels
  double days = 14;
  std::string horizons = "5m,15m,1h,24h";
  std::string coverages = "0.8,0.95";
  std::string seasons = "1d,1w";
  std::string profile = "standard";
  std::string extra_models, without_models;
  std::string step = "auto";
  std::string every = "auto";
  std::optional<double> from_days, floor, ceiling;
  int threads = 0;  ///< 0: as many as there are cores
  std::string json_file, forecasts_file;
  bool models = false;
};

/// `promcast backtest PANEL...`: replays the panels and prints the scores. The exit code: 1 when a file cannot be read
/// or written, 2 for wrong use.
int RunBacktestCommand(const BacktestFlags& flags);

/// Flags of `promcast backtest m4`.
struct M4Flags {
  std::string train, test;
  int threads = 0;  ///< 0: as many as there are cores
  std::string json_file;
};

/// `promcast backtest m4 TRAIN TEST`: scores of the M4 competition's hourly series. The exit code, as above.
int RunM4Command(const M4Flags& flags);

}  // namespace promcast
