#pragma once

#include "candidates/candidate.h"

namespace promcast {

/// The theta method (Assimakopoulos & Nikolopoulos 2000, International Journal of Forecasting 16) in the form of
/// Hyndman & Billah (2003, "Unmasking the theta method", the same journal 19): simple exponential smoothing with a
/// drift of half the slope of a straight line through the past, here through a past that is forgotten (discounted least
/// squares). Says the first value after it. Shift- and scale-equivariant.
class Theta final : public PersistentCandidate<Theta> {
 public:
  /// `rate`: weight of the newest value in the level, in (0, 1]. `memory_cells` of the line, > 1; infinity forgets
  /// nothing.
  explicit Theta(double memory_cells, double rate = .3) : forgetting_(1 - 1 / memory_cells), rate_(rate) {}

  std::string_view name() const override { return "theta"; }
  size_t StateBytes() const override { return sizeof(*this); }
  template <class Archive>
  void PersistFields(Archive& archive) {
    archive(origin_, level_, unlearnt_, weights_, times_, squared_times_, values_, times_values_);
  }

 private:
  void Learn(double value, int64_t cells) override;
  double Expect(int64_t steps) const override;
  void Age(double cells);
  double Slope() const;

  double forgetting_;
  double rate_;
  double origin_ = 0;    // the first value; the line is through distances from it
  double level_ = 0;     // distance from the origin
  double unlearnt_ = 1;  // (1 - rate)^values
  // Forgotten sums over the values seen; time is 0 at the newest value and negative before.
  double weights_ = 0, times_ = 0, squared_times_ = 0, values_ = 0, times_values_ = 0;
};

}  // namespace promcast
