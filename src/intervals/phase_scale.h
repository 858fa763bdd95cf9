#pragma once

#include <array>
#include <cstdint>

namespace promcast {

/// How large residuals usually are at each time of a cycle (a day), against their mean: a forgotten mean for each
/// twelfth of it, read with interpolation. 24 bytes.
class PhaseScale {
 public:
  PhaseScale() { ratios_.fill(kOne); }

  /// What to multiply a residual's scale with at `position`, in [0, 1) of the cycle: the usual ratio there to the power
  /// of three quarters, as what was usual is only partly what will be.
  double At(double position) const;
  /// A residual of `ratio` times the mean was seen there; it weighs `rate` in its twelfth.
  void Learn(double position, double ratio, double rate);

 private:
  static constexpr int kPhases = 12;
  static constexpr uint16_t kOne = 8192;  // the code of a ratio of one

  std::array<uint16_t, kPhases> ratios_;
};

}  // namespace promcast
