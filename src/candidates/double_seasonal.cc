#include "candidates/double_seasonal.h"

#include <limits>

namespace promcast {

DoubleSeasonal::DoubleSeasonal(int short_season_length, int long_season_length, const Rates& rates)
    : rates_(rates), short_(short_season_length), long_(long_season_length) {
  rates_.short_season = short_.CellRate(rates.short_season);
  rates_.long_season = long_.CellRate(rates.long_season);
  long_.Fill(0);
}

void DoubleSeasonal::Learn(double value, int64_t cells) {
  short_.Advance(cells);
  long_.Advance(cells);
  if (!started_) {
    if (short_.elapsed() <= short_.season_length()) short_.Collect(value);
    started_ = short_.elapsed() >= short_.season_length();
    if (started_) level_ = short_.Centre();
    if (short_.elapsed() <= short_.season_length()) return;
  }
  const double error = value - level_ - short_.Get(0) - long_.Get(0);
  error_.Update(error, cells);
  level_ += rates_.level * error;
  short_.Add(rates_.short_season * error);
  long_.Add(rates_.long_season * error);
}

double DoubleSeasonal::Expect(int64_t steps) const {
  if (!started_) return std::numeric_limits<double>::quiet_NaN();
  return level_ + short_.Get(steps) + long_.Get(steps) + error_.After(steps);
}

}  // namespace promcast
