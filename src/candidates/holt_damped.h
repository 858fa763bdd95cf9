#pragma once

#include "candidates/candidate.h"

namespace promcast {

/// Level and damped trend by exponential smoothing (Gardner & McKenzie 1985, "Forecasting trends in time series",
/// Management Science 31): the trend shrinks by the factor `damping` with every cell ahead, and over missing cells.
/// Says its level after the first value, its trend starting at nought. Shift- and scale-equivariant.
class HoltDamped final : public PersistentCandidate<HoltDamped> {
 public:
  struct Rates {
    double level = .3;     ///< weight of the newest value, in (0, 1]
    double trend = .1;     ///< weight of the newest change of the level, in [0, 1]
    double damping = .98;  ///< in (0, 1)
  };
  HoltDamped() : HoltDamped(Rates()) {}
  explicit HoltDamped(const Rates& rates) : rates_(rates) {}

  std::string_view name() const override { return "holt_damped"; }
  size_t StateBytes() const override { return sizeof(*this); }
  template <class Archive>
  void PersistFields(Archive& archive) {
    archive(level_, trend_, started_);
  }

 private:
  void Learn(double value, int64_t cells) override;
  double Expect(int64_t steps) const override;

  Rates rates_;
  double level_ = 0;
  double trend_ = 0;
  bool started_ = false;
};

}  // namespace promcast
