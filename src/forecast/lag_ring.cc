#include "forecast/lag_ring.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "archive/archive.h"

namespace promcast {

LagRing::LagRing(int length, int max_phases) : length_(length), phases_(std::min(length, max_phases)), cells_(phases_) {
  recent_.fill(std::numeric_limits<float>::quiet_NaN());
}

void LagRing::Update(double value) {
  if (++step_ == length_) step_ = 0;
  newest_ = (newest_ + 1) % kRecent;
  const float leaving = recent_[newest_];
  recent_[newest_] = static_cast<float>(value);
  Leave(StepAgo(kRecent), leaving);
}

void LagRing::Leave(int step, float value) {
  if (!std::isnan(value)) {
    open_sum_ += value;
    open_count_++;
  }
  const int phase = PhaseOf(step);
  if (step + 1 < length_ && PhaseOf(step + 1) == phase) return;
  if (open_count_ > 0) cells_.Set(phase, open_sum_ / static_cast<float>(open_count_));
  open_sum_ = 0;
  open_count_ = 0;
}

void LagRing::Skip(int64_t cells) {
  // Once the newest cells have entered their phases, only the clock moves.
  const int64_t one_by_one = std::min<int64_t>(cells, kRecent + length_ / phases_ + 1);
  for (int64_t i = 0; i < one_by_one; i++) Update(std::numeric_limits<double>::quiet_NaN());
  const int64_t left = cells - one_by_one;
  if (left == 0) return;
  step_ = static_cast<int>((step_ + left) % length_);
}

double LagRing::AroundAgo(int cells, int width) const {
  const int newest = std::max(cells - width, 0);
  const int oldest = std::min(cells + width, length_ + kRecent - 1);
  if (newest >= kRecent) {
    // All are in their phases, evenly on both sides of the middle one.
    const int phases = PhaseOf((oldest - newest) / 2);
    return cells_.MeanAround(PhaseOf(StepAgo((newest + oldest) / 2)), phases);
  }
  double sum = 0;
  int count = 0;
  for (int ago = newest; ago <= oldest; ago++) {
    const double value = Ago(ago);
    if (std::isnan(value)) continue;
    sum += value;
    count++;
  }
  return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

template <class Archive>
void LagRing::Persist(Archive& archive) {
  auto& [length, phases, step, newest, recent, open_sum, open_count, cells] = *this;
  archive(step, newest, recent, open_sum, open_count, cells);
  archive.Require(step >= -1 && step < length && newest < kRecent, "a place in the last season");
  archive.Require(open_count >= 0 && open_count <= length, "a phase of the last season");
}
template void LagRing::Persist(ArchiveWriter&);
template void LagRing::Persist(ArchiveReader&);

}  // namespace promcast
