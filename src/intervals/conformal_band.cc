#include "intervals/conformal_band.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace promcast {
namespace {

constexpr double kFarthest = 30;        // a residual counts as at most this many running means
constexpr uint32_t kSomeResolved = 20;  // before that the running mean is not trusted for it

// Quantile of the standard normal distribution above one half (Abramowitz and Stegun 26.2.23, error below .00045).
double NormalQuantile(double level) {
  const double t = std::sqrt(-2 * std::log(1 - level));
  return t - (2.515517 + .802853 * t + .010328 * t * t) / (1 + 1.432788 * t + .189269 * t * t + .001308 * t * t * t);
}

}  // namespace

double NormalWidthRatio(double coverage, double inner) {
  return NormalQuantile((1 + coverage) / 2) / NormalQuantile((1 + inner) / 2);
}

double NormalWidthSlope(double coverage) {
  constexpr double kRootTwoPi = 2.5066282746;
  const double quantile = NormalQuantile((1 + coverage) / 2);
  return kRootTwoPi * std::exp(quantile * quantile / 2) / (2 * quantile);
}

void ConformalBand::Resolve(double residual, double scale, const BandMemory& memory) {
  const double ratio = residual <= 0 ? 0 : scale > 0 ? residual / scale : std::numeric_limits<double>::max();
  // A scale from before any residual resolved says nothing yet.
  if (resolved_ > 0) {
    const uint32_t thinning = 1 + (memory.half_life - 1) / DecayedHistogram::kLongestHalfLife;
    if (resolved_ % thinning == 0) ratios_.Add(ratio, memory.half_life / static_cast<int>(thinning));
  }
  if (resolved_ < UINT32_MAX) resolved_++;
  if (resolved_ > kSomeResolved && mean_residual_ > 0) residual = std::min(residual, kFarthest * mean_residual_);
  const double rate = std::max<double>(memory.scale_rate, 1. / resolved_);
  mean_residual_ += static_cast<float>(rate * (residual - mean_residual_));
}

bool ConformalBand::Established(double coverage) const {
  return ratios_.Count() >= 1 + 2 / (1 - coverage);
}

double ConformalBand::HalfWidth(double coverage, double scale) const {
  if (resolved_ == 0) return std::numeric_limits<double>::infinity();
  if (Established(coverage)) return scale * ratios_.Quantile(coverage * (1 + 1 / ratios_.Count()));
  const double deviation = 1.2533 * std::max<double>(mean_residual_, scale);
  return NormalQuantile((1 + coverage) / 2) * deviation * (1.3 + 4. / resolved_);
}

}  // namespace promcast
