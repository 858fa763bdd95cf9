#include "intervals/phase_scale.h"

#include <algorithm>
#include <cmath>

namespace promcast {
namespace {
constexpr double kFarthest = 5;  // a residual counts as at most this many means
constexpr double kLeast = .05;   // no time of the cycle is believed to be calmer
}  // namespace

double PhaseScale::At(double position) const {
  const double place = position * kPhases + (kPhases - .5);  // phase middles are whole
  const auto below = static_cast<int>(place);
  const double part = place - below;
  const double ratio = ((1 - part) * ratios_[below % kPhases] + part * ratios_[(below + 1) % kPhases]) / kOne;
  const auto believed = static_cast<float>(std::max(ratio, kLeast));
  return std::sqrt(believed * std::sqrt(believed));
}

void PhaseScale::Learn(double position, double ratio, double rate) {
  uint16_t& known = ratios_[static_cast<int>(position * kPhases)];
  const double newest = std::min(ratio, kFarthest) * kOne;
  known = static_cast<uint16_t>(std::lrint(known + rate * (newest - known)));
}

}  // namespace promcast
