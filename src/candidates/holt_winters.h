#pragma once

#include "candidates/candidate.h"
#include "candidates/phase_profile.h"

namespace promcast {

/// Level, damped trend and season by exponential smoothing (Winters 1960, "Forecasting sales by exponentially weighted
/// moving averages", Management Science 6; damping as in Gardner & McKenzie 1985). The first season starts it: its mean
/// is the level, what the phases differ by is the season. NaN until then.
///
/// Additive: shift- and scale-equivariant. Multiplicative: the season scales the level, so it takes the raw values,
/// with their true zero (scale-equivariant only), and is NaN while its level is not positive.
class HoltWinters final : public PersistentCandidate<HoltWinters> {
 public:
  enum class Season { kAdditive, kMultiplicative };
  struct Rates {
    double level = .2;     ///< weight of the newest value, in (0, 1]
    double trend = .02;    ///< weight of the newest change of the level, in [0, 1]
    double season = .2;    ///< weight of the newest season, in [0, 1]
    double damping = .98;  ///< of the trend, in (0, 1)
  };
  /// `season_length` >= 2 cells; remembered in at most PhaseProfile::kMaxPhases phases.
  HoltWinters(int season_length, Season season) : HoltWinters(season_length, season, Rates()) {}
  HoltWinters(int season_length, Season season, const Rates& rates);

  std::string_view name() const override;
  size_t StateBytes() const override { return sizeof(*this) + season_.HeapBytes(); }
  template <class Archive>
  void PersistFields(Archive& archive) {
    archive(started_, level_, trend_, season_);
  }

 private:
  void Learn(double value, int64_t cells) override;
  double Expect(int64_t steps) const override;
  void Start();
  void LearnAdditive(double value, double level, double kept_trend);
  void LearnMultiplicative(double value, double level, double kept_trend);
  double Ratio(int64_t steps) const;

  Rates rates_;
  Season kind_;
  bool started_ = false;
  double level_ = 0;
  double trend_ = 0;
  PhaseProfile season_;
};

}  // namespace promcast
