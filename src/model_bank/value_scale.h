#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
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
    exponent_ = static_cast<int16_t>(std::clamp(exponent, -kLargestExponent, kLargestExponent));
  }
  double unit() const { return PowerOfTwo(exponent_); }
  double ToModel(double value) const {
    const double inverse = PowerOfTwo(-exponent_);
    return std::clamp(value * inverse - origin_ * inverse, -kFarthest, kFarthest);
  }
  double FromModel(double z) const {
    constexpr double kMost = std::numeric_limits<double>::max();
    const double value = z * unit() + origin_;
    return std::isfinite(value) ? value : std::copysign(kMost, z);
  }
  template <class Archive>
  void Persist(Archive& archive) {
    auto& [origin, exponent] = *this;
    archive(origin, exponent);
    archive.Require(std::isfinite(origin) && std::abs(exponent) <= kLargestExponent, "the unit of the values");
  }

 private:
  static constexpr int kLargestExponent = 1000;
  static constexpr double kFarthest = 1e30;

  // As ldexp(1., exponent), for exponents of normal numbers.
  static double PowerOfTwo(int exponent) {
    constexpr int kBias = 1023, kFractionBits = 52;
    return std::bit_cast<double>(static_cast<uint64_t>(exponent + kBias) << kFractionBits);
  }

  double origin_ = 0;
  int16_t exponent_ = 0;  // of the unit
};

}  // namespace promcast
