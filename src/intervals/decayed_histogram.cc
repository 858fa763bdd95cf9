#include "intervals/decayed_histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "archive/archive.h"

namespace promcast {
namespace {
constexpr double kLowest = .06;         // upper edge of bucket 0
constexpr double kLogWidth = .1739533;  // ln 1.19
}  // namespace

void DecayedHistogram::Add(double ratio, int half_life) {
  half_life = std::clamp(half_life, 1, kLongestHalfLife);
  if (since_halving_ >= half_life) {
    total_ = 0;
    for (uint16_t& count : counts_) total_ += count /= 2;
    since_halving_ = 0;
  }
  newest_weight_ = static_cast<uint16_t>(Weight(half_life));
  since_halving_++;
  int bucket = 0;
  if (ratio > kLowest) {
    bucket = static_cast<int>(std::min(std::ceil(std::log(ratio / kLowest) / kLogWidth), kBuckets - 1.));
  }
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
