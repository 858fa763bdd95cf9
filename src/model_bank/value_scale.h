#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace promcast {

/// The models' own unit: values as distances from the first one, in the power of two nearest to the first change. Exact
/// for all but absurd values, which are drawn to +-1e30 units, so that no sum or square of the models can overflow.
class ValueScale {
 public:
  void Start(double first) { origin_ = first; }
  /// The first value that differs from the first.
  void SetUnit(double value) {
    const double change = std::abs(value / 2 - origin_ / 2);
    const int exponent = change > 0 ? std::ilogb(change) + 1 : -kLargestExponent;
    unit_ = std::ldexp(1., std::clamp(exponent, -kLargestExponent, kLargestExponent));
  }
  double unit() const { return unit_; }
  double ToModel(double value) const {
    const double inverse = 1 / unit_;
    return std::clamp(value * inverse - origin_ * inverse, -kFarthest, kFarthest);
  }
  double FromModel(double z) const {
    constexpr double kMost = std::numeric_limits<double>::max();
    const double value = z * unit_ + origin_;
    return std::isfinite(value) ? value : std::copysign(kMost, z);
  }
  template <class Archive>
  void Persist(Archive& archive) {
    auto& [origin, unit] = *this;
    archive(origin, unit);
    const double least = std::ldexp(1., -kLargestExponent);
    archive.Require(std::isfinite(origin) && unit >= least && unit <= 1 / least, "the unit of the values");
  }

 private:
  static constexpr int kLargestExponent = 1000;
  static constexpr double kFarthest = 1e30;

  double origin_ = 0;
  double unit_ = 1;
};

}  // namespace promcast
