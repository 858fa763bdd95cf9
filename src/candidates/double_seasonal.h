#pragma once

#include "candidates/candidate.h"
#include "candidates/damped_residual.h"
#include "candidates/phase_profile.h"

namespace promcast {

/// Holt-Winters with two seasons and a first-order autoregression of the error (Taylor 2003, "Short-term electricity
/// demand forecasting using double seasonal exponential smoothing", JORS 54), in the additive form without trend of
/// Taylor (2010, "Triple seasonal methods", EJOR 204). The autoregression's coefficient is learnt as values come. The
/// first short season starts it, the long season starting flat; NaN until then. Shift- and scale-equivariant.
class DoubleSeasonal final : public PersistentCandidate<DoubleSeasonal> {
 public:
  struct Rates {
    double level = .02;         ///< weight of the newest value, in [0, 1]
    double short_season = .15;  ///< weight of the newest season, in [0, 1]
    double long_season = .15;
  };
  /// Season lengths >= 2 cells, each remembered in at most PhaseProfile::kMaxPhases phases.
  DoubleSeasonal(int short_season_length, int long_season_length)
      : DoubleSeasonal(short_season_length, long_season_length, Rates()) {}
  DoubleSeasonal(int short_season_length, int long_season_length, const Rates& rates);

  std::string_view name() const override { return "double_seasonal"; }
  size_t StateBytes() const override { return sizeof(*this) + short_.HeapBytes() + long_.HeapBytes(); }
  template <class Archive>
  void PersistFields(Archive& archive) {
    archive(started_, level_, error_, short_, long_);
  }

 private:
  void Learn(double value, int64_t cells) override;
  double Expect(int64_t steps) const override;

  Rates rates_;
  bool started_ = false;
  double level_ = 0;
  DampedResidual error_;
  PhaseProfile short_, long_;
};

}  // namespace promcast
