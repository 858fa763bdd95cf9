#include "candidates/damped_profile.h"

#include <limits>

namespace promcast {

DampedProfile::DampedProfile(int season_length, double rate, std::string_view name)
    : name_(name), profile_(season_length) {
  cell_rate_ = profile_.CellRate(rate);
}

void DampedProfile::Learn(double value, int64_t cells) {
  profile_.Advance(cells);
  if (profile_.elapsed() <= profile_.season_length() || !profile_.KnowsNewestPhase()) {
    profile_.Collect(value);
    residual_.Update(0, cells);
    return;
  }
  const double residual = value - profile_.Get(0);
  residual_.Update(residual, cells);
  profile_.Add(cell_rate_ * residual);
}

double DampedProfile::Expect(int64_t steps) const {
  if (profile_.elapsed() < profile_.season_length()) return std::numeric_limits<double>::quiet_NaN();
  return profile_.Get(steps) + residual_.After(steps);
}

}  // namespace promcast
