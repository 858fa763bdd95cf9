#pragma once

#include "forecast/phase_memory.h"
#include "forecast/season_clock.h"
#include "forecast/season_profile.h"
#include "promcast/model.h"

namespace promcast {

/// The newest known value of the same phase. Seasons of more than 288 steps are remembered as 288 phase means, with
/// linear interpolation between them; a missing phase keeps its older value. NaN before one whole season was seen.
class SeasonalNaive final : public Model {
 public:
  explicit SeasonalNaive(int season_length) : clock_(season_length), cells_(clock_.phases()) {}

  std::string_view name() const override { return "seasonal_naive"; }
  void Update(double value) override;
  void Skip(int64_t cells) override;
  void Forecast(std::span<const int> steps, std::span<double> out) const override;
  size_t StateBytes() const override { return sizeof(*this) + cells_.HeapBytes(); }

 private:
  void ClosePhase();
  double At(int steps) const;

  SeasonClock clock_;
  PhaseMemory cells_;
  PhaseMean open_;
  bool whole_season_ = false;
};

}  // namespace promcast
