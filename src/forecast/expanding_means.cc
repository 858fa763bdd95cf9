#include "forecast/expanding_means.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "archive/archive.h"

namespace promcast {
namespace {
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr int kCoarsest = 1 << 26;  // cells a mean
}  // namespace

bool ExpandingMeans::Update(double value) {
  if (delay_ > 0) {
    delay_--;
    return false;
  }
  if (filled_ == 0 && count_ == kMeans) Merge();
  if (!std::isnan(value)) {
    sum_ += value;
    present_++;
  }
  return Pass(1);
}

bool ExpandingMeans::Skip(int64_t cells) {
  const int64_t waited = std::min<int64_t>(cells, delay_);
  delay_ -= static_cast<int>(waited);
  cells -= waited;
  if (cells / scale_ >= kMeans / 2) {  // too much is missing
    Restart(scale_, 0);
    return false;
  }
  bool closed = false;
  while (cells > 0) {
    if (filled_ == 0 && count_ == kMeans) Merge();
    const int64_t part = std::min<int64_t>(cells, scale_ - filled_);
    cells -= part;
    closed = Pass(part) || closed;
  }
  return closed;
}

bool ExpandingMeans::Pass(int64_t cells) {
  filled_ += static_cast<int>(cells);
  if (filled_ < scale_) return false;
  const double mean = 2 * present_ >= scale_ ? sum_ / present_ : kNaN;
  sum_ = 0;
  filled_ = present_ = 0;
  Append(mean);
  return true;
}

void ExpandingMeans::Append(double mean) {
  known_[count_] = !std::isnan(mean);
  if (known_[count_]) cells_.Set(count_, mean);
  count_++;
}

float ExpandingMeans::Mean(int index) const {
  return known_[index] ? static_cast<float>(cells_.Get(index)) : kNaN;
}

void ExpandingMeans::Restart(int scale, int delay) {
  cells_.Clear();
  known_.reset();
  scale_ = scale;
  delay_ = delay;
  sum_ = 0;
  count_ = filled_ = present_ = 0;
}

void ExpandingMeans::Merge() {
  std::array<float, kMeans> means;
  for (int i = 0; i < kMeans; i++) means[i] = Mean(i);
  Restart(2 * scale_, 0);
  for (int i = 0; i + 1 < kMeans; i += 2) {
    const float left = std::isnan(means[i]) ? means[i + 1] : means[i];
    const float right = std::isnan(means[i + 1]) ? means[i] : means[i + 1];
    Append((left + right) / 2);
  }
}

template <class Archive>
void ExpandingMeans::Persist(Archive& archive) {
  auto& [cells, known, sum, scale, delay, count, filled, present] = *this;
  archive(cells, sum, scale, delay, count, filled, present);
  archive.Require(scale >= 1 && scale <= kCoarsest && delay >= 0, "the scale of a window of means");
  archive.Require(count >= 0 && count <= kMeans && (count < kMeans || filled == 0), "how many means a window holds");
  archive.Require(present >= 0 && present <= filled && filled < scale && std::isfinite(sum), "the mean under way");
  if (!Archive::kReads || !archive.ok()) return;
  for (int i = 0; i < kMeans; i++) known[i] = i < count && !std::isnan(cells.Get(i));
}
template void ExpandingMeans::Persist(ArchiveWriter&);
template void ExpandingMeans::Persist(ArchiveReader&);

}  // namespace promcast
