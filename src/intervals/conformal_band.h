#pragma once

#include <cstddef>
#include <cstdint>

#include "intervals/decayed_histogram.h"

namespace promcast {

/// How fast a band of one horizon forgets, counted in resolved forecasts.
struct BandMemory {
  float scale_rate = .02F;  ///< of the running mean of absolute residuals
  int half_life = 1024;     ///< of the ratios
};

/// By what factor a band of `coverage` is wider than one of `inner` for normal residuals.
double NormalWidthRatio(double coverage, double inner);

/// By what share a normal residual's band widens for one more unit of coverage.
double NormalWidthSlope(double coverage);

/// Normalised split-conformal half widths of one horizon (Papadopoulos et al. 2008; Lei et al. 2018): the forgotten
/// quantile of |residual| / scale, times the scale at issue time. The scale is .55 of the running mean of absolute
/// residuals plus the experts' distance from the mix. Only residuals of forecasts that have resolved are used.
class ConformalBand {
 public:
  /// Scale of a forecast whose experts lie `expert_distance` from it.
  double Scale(double expert_distance) const { return .55 * mean_residual_ + expert_distance; }
  /// A forecast issued with `scale` resolved with `residual` (absolute).
  void Resolve(double residual, double scale, const BandMemory& memory);
  /// Half width at `coverage` for a forecast of this scale. While too few residuals have resolved for the quantile to
  /// exist, a normal quantile of the running deviation, widened for the small sample. Infinite while none has.
  double HalfWidth(double coverage, double scale) const;
  /// Whether the quantile at `coverage` exists: at least that many residuals that one can lie outside.
  bool Established(double coverage) const;

  double mean_residual() const { return mean_residual_; }
  int64_t resolved() const { return resolved_; }
  template <class Archive>
  void Persist(Archive& archive) {
    auto& [ratios, mean_residual, resolved] = *this;
    archive(ratios, mean_residual, resolved);
  }

 private:
  DecayedHistogram ratios_;
  float mean_residual_ = 0;
  uint32_t resolved_ = 0;
};

}  // namespace promcast
