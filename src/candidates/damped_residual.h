#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace promcast {

/// The newest residual of another model as a first-order autoregression, whose coefficient is learnt from the forgotten
/// lag-one product of residuals and kept within [0, .999].
class DampedResidual {
 public:
  /// The residual `cells` (>= 1) cells after the one before.
  void Update(double residual, int64_t cells) {
    if (cells == 1) {
      products_ += kRate * (residual * residual_ - products_);
      squares_ += kRate * (residual_ * residual_ - squares_);
    }
    residual_ = residual;
  }
  double coefficient() const { return squares_ > 0 ? std::clamp(products_ / squares_, 0., .999) : 0; }
  /// What is left of the newest residual so many cells later.
  double After(int64_t steps) const { return residual_ * std::pow(coefficient(), static_cast<double>(steps)); }
  template <class Archive>
  void Persist(Archive& archive) {
    auto& [residual, products, squares] = *this;
    archive(residual, products, squares);
  }

 private:
  static constexpr double kRate = .002;

  double residual_ = 0;
  double products_ = 0;
  double squares_ = 0;
};

}  // namespace promcast
