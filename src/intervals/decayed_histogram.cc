#include "intervals/decayed_histogram.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

#include "archive/archive.h"

namespace promcast {
namespace {
constexpr double kLowest = .06;              // upper edge of bucket 0
constexpr double kGrowth = 1.19;             // of a bucket's upper edge
constexpr double kLogWidth = .1739533;       // its logarithm
constexpr float kBitsOfBucket = .25096154F;  // its logarithm to base two
constexpr float kBitsOfLowest = -4.0588937F;

template <size_t count>
constexpr std::array<double, count> UpperEdges() {
  std::array<double, count> edges{kLowest};
  for (size_t i = 1; i < count; i++) edges[i] = kGrowth * edges[i - 1];
  return edges;
}

// Of a positive number: its exponent, and the rest as if the logarithm were straight between two exponents, which is
// too little by less than .0861.
float LogarithmAtMost(float x) {
  constexpr float kBitsOfExponent = 1 << 23;
  constexpr float kBias = 127;
  return static_cast<float>(std::bit_cast<int32_t>(x)) / kBitsOfExponent - kBias;
}

}  // namespace

int DecayedHistogram::BucketOf(double ratio) {
  static constexpr std::array<double, kBuckets> kEdges = UpperEdges<kBuckets>();
  if (!(ratio > kLowest)) return 0;
  if (ratio > kEdges[kBuckets - 2]) return kBuckets - 1;
  // At most one bucket too low.
  int bucket = static_cast<int>((LogarithmAtMost(static_cast<float>(ratio)) - kBitsOfLowest) / kBitsOfBucket);
  while (ratio > kEdges[bucket]) bucket++;
  return bucket;
}

void DecayedHistogram::Add(double ratio, int half_life) {
  half_life = std::clamp(half_life, 1, kLongestHalfLife);
  if (since_halving_ >= half_life) {
    total_ = 0;
    for (uint16_t& count : counts_) total_ += count /= 2;
    since_halving_ = 0;
  }
  newest_weight_ = static_cast<uint16_t>(Weight(half_life));
  since_halving_++;
  const int bucket = BucketOf(ratio);
  const int added = std::min<int>(newest_weight_, UINT16_MAX - counts_[bucket]);
  counts_[bucket] = static_cast<uint16_t>(counts_[bucket] + added);
  total_ += added;
}

double DecayedHistogram::Quantile(double level) const {
  if (total_ == 0) return 0;
  double left = std::clamp(level, 0., 1.) * total_;
  int bucket = 0;
  while (bucket + 1 < kBuckets && (counts_[bucket] == 0 || left > counts_[bucket])) left -= counts_[bucket++];
  const double inside = counts_[bucket] > 0 ? std::clamp(left / counts_[bucket], 0., 1.) : 0;
  if (bucket == 0) return kLowest * inside;
  return kLowest * std::exp(kLogWidth * (bucket - 1 + inside));
}

double DecayedHistogram::Count() const {
  return static_cast<double>(total_) / newest_weight_;
}

template <class Archive>
void DecayedHistogram::Persist(Archive& archive) {
  auto& [counts, since_halving, newest_weight, total] = *this;
  archive(counts, since_halving, newest_weight);
  archive.Require(newest_weight >= kUnit && newest_weight <= 2 * kUnit, "the weight of the newest value");
  total = std::accumulate(counts.begin(), counts.end(), uint32_t{0});
}
template void DecayedHistogram::Persist(ArchiveWriter&);
template void DecayedHistogram::Persist(ArchiveReader&);

}  // namespace promcast
