#include "candidates/last_season.h"

#include <algorithm>
#include <limits>

namespace promcast {

LastSeason::LastSeason(int season_length, int max_phases)
    : length_(season_length),
      phases_(static_cast<size_t>(std::min(season_length, max_phases)), std::numeric_limits<float>::quiet_NaN()) {}

void LastSeason::Add(double value, int64_t cells) {
  const int64_t before = newest_;
  newest_ += cells;
  const bool same_season = newest_ < length_;
  newest_ %= length_;
  if (open_count_ > 0 && !(same_season && PhaseOf(before) == PhaseOf(newest_))) {
    phases_[PhaseOf(before)] = static_cast<float>(open_sum_ / static_cast<double>(open_count_));
    open_sum_ = 0;
    open_count_ = 0;
  }
  open_sum_ += value;
  open_count_++;
}

double LastSeason::Before(int64_t steps) const {
  if (newest_ < 0) return std::numeric_limits<double>::quiet_NaN();
  const int64_t back = (length_ - steps % length_) % length_;  // cells before the newest value
  const size_t phase = PhaseOf((newest_ + length_ - back) % length_);
  const bool open = back <= newest_ && phase == PhaseOf(newest_);
  return open ? open_sum_ / static_cast<double>(open_count_) : phases_[phase];
}

}  // namespace promcast
