#pragma once

#include "candidates/candidate.h"

namespace promcast {

/// Intermittent demand (Croston 1972, "Forecasting and stock control for intermittent demands"): sizes of the values
/// that are not zero and the intervals between them, each smoothed exponentially; the forecast of every cell ahead is
/// their ratio, times 1 - rate / 2, the correction of Syntetos & Boylan (2005, International Journal of Forecasting
/// 21).
///
/// Takes the raw values: zero means nothing happened. So scale-equivariant, not shift-equivariant. A missing cell is
/// not a zero: the interval does not grow. NaN before the first value that is not zero.
class Croston final : public PersistentCandidate<Croston> {
 public:
  /// `rate`: weight of the newest size and interval, in (0, 1].
  explicit Croston(double rate = .1) : rate_(rate) {}

  std::string_view name() const override { return "croston"; }
  size_t StateBytes() const override { return sizeof(*this); }
  template <class Archive>
  void PersistFields(Archive& archive) {
    archive(size_, interval_, waited_);
  }

 private:
  void Learn(double value, int64_t cells) override;
  double Expect(int64_t steps) const override;

  double rate_;
  double size_ = 0;
  double interval_ = 0;  // cells; 0: nothing has happened yet
  double waited_ = 0;    // cells since the newest value that is not zero
};

}  // namespace promcast
