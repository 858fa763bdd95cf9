#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace promcast {

/// Quantiles of a stream of ratios (>= 0) whose weights halve every `half_life` values: counts in 36 logarithmic
/// buckets from .06 to 27, nineteen per cent wide, read with interpolation inside the bucket. New values weigh more and
/// more; when a new value weighs twice what it did, all counts are halved ("forward decay", Cormode et al. 2009). 80
/// bytes, O(1).
class DecayedHistogram {
 public:
  static constexpr int kLongestHalfLife = 2048;  // values; more would overflow a count

  void Add(double ratio, int half_life);
  /// The smallest ratio that a share of `level` in [0, 1] of the weight lies at or below. Beyond the last bucket the
  /// greatest ratio it can tell is returned; 0 while empty.
  double Quantile(double level) const;
  /// Weight of all values, in newest values.
  double Count() const;
  template <class Archive>
  void Persist(Archive& archive);

 private:
  static constexpr int kBuckets = 36;
  static constexpr int kUnit = 8;  // weight of a value right after halving

  static int BucketOf(double ratio);
  int Weight(int half_life) const { return kUnit + kUnit * since_halving_ / half_life; }

  std::array<uint16_t, kBuckets> counts_{};
  uint16_t since_halving_ = 0;
  uint16_t newest_weight_ = kUnit;
  uint32_t total_ = 0;
};

}  // namespace promcast
