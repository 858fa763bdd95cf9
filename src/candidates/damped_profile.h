#pragma once

#include "candidates/candidate.h"
#include "candidates/damped_residual.h"
#include "candidates/phase_profile.h"

namespace promcast {

/// The season's shape, one exponentially updated value a phase, plus what is left of the newest distance from it under
/// a first-order autoregression (the exponentially weighted form of the seasonal decomposition with an autoregressive
/// remainder; Harvey 1989, Forecasting, Structural Time Series Models and the Kalman Filter, ch. 2). NaN until one
/// whole season has been seen. Shift- and scale-equivariant.
class DampedProfile final : public PersistentCandidate<DampedProfile> {
 public:
  /// `season_length` >= 2 cells, remembered in at most PhaseProfile::kMaxPhases phases; `rate`: weight of the newest
  /// season, in (0, 1]; `name` must outlive the model.
  explicit DampedProfile(int season_length, double rate = .2, std::string_view name = "damped_profile");

  std::string_view name() const override { return name_; }
  size_t StateBytes() const override { return sizeof(*this) + profile_.HeapBytes(); }
  template <class Archive>
  void PersistFields(Archive& archive) {
    archive(residual_, profile_);
  }

 private:
  void Learn(double value, int64_t cells) override;
  double Expect(int64_t steps) const override;

  std::string_view name_;
  double cell_rate_;
  DampedResidual residual_;
  PhaseProfile profile_;
};

}  // namespace promcast
