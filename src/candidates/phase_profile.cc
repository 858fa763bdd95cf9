#include "candidates/phase_profile.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace promcast {

PhaseProfile::PhaseProfile(int season_length)
    : length_(season_length),
      phases_(static_cast<size_t>(std::min(season_length, kMaxPhases)), std::numeric_limits<float>::quiet_NaN()) {}

void PhaseProfile::Advance(int64_t cells) {
  newest_ += cells;
  if (newest_ >= 2 * int64_t{length_}) newest_ = length_ + newest_ % length_;
}

double PhaseProfile::CellRate(double season_rate) const {
  return 1 - std::pow(1 - season_rate, static_cast<double>(phases_.size()) / length_);
}

double PhaseProfile::Get(int64_t steps) const {
  const int64_t step = (newest_ + steps) % length_;
  const auto count = static_cast<int64_t>(phases_.size());
  if (count == length_) return phases_[static_cast<size_t>(step)];
  const double position = (static_cast<double>(step) + .5) * static_cast<double>(count) / length_ + count - .5;
  const double floor = std::floor(position);
  const auto index = static_cast<int64_t>(floor);
  const double below = phases_[static_cast<size_t>(index % count)];
  const double above = phases_[static_cast<size_t>((index + 1) % count)];
  if (std::isnan(below)) return above;
  if (std::isnan(above)) return below;
  return below + (position - floor) * (above - below);
}

void PhaseProfile::Collect(double value) {
  const int64_t step = newest_ % length_;
  const size_t phase = PhaseOf(step);
  float& mean = phases_[phase];
  if (std::isnan(mean)) {
    mean = static_cast<float>(value);
    return;
  }
  const auto count = static_cast<int64_t>(phases_.size());
  const int64_t first = (static_cast<int64_t>(phase) * length_ + count - 1) / count;  // step of the phase
  mean += static_cast<float>((value - mean) / static_cast<double>(step - first + 1));
}

double PhaseProfile::Mean() const {
  double sum = 0;
  int known = 0;
  for (float phase : phases_) {
    if (std::isnan(phase)) continue;
    sum += phase;
    known++;
  }
  return known > 0 ? sum / known : 0;
}

double PhaseProfile::Centre() {
  const double mean = Mean();
  for (float& phase : phases_) phase = std::isnan(phase) ? 0 : static_cast<float>(phase - mean);
  return mean;
}

double PhaseProfile::CentreRatios(double least) {
  const double mean = Mean();
  for (float& phase : phases_) {
    const bool known = mean > 0 && !std::isnan(phase);
    phase = known ? static_cast<float>(std::clamp(phase / mean, least, 1 / least)) : 1;
  }
  return mean;
}

void PhaseProfile::Fill(double value) {
  std::fill(phases_.begin(), phases_.end(), static_cast<float>(value));
}

}  // namespace promcast
