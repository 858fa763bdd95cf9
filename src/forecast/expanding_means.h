#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "forecast/block_memory.h"

namespace promcast {

/// The series since some cell, as means of equally many cells: at most kMeans of them. When all are taken, the
/// next cell merges neighbours, and means are of twice as many cells from then on. Not thread-safe.
class ExpandingMeans {
 public:
  static constexpr int kMeans = 160;

  /// `scale`: cells a mean at first. `delay`: cells that are left out before.
  explicit ExpandingMeans(int scale, int delay = 0) : cells_(kMeans), scale_(scale), delay_(delay) {}

  /// The next cell; NaN when it is missing. True when that closes a mean.
  bool Update(double value);
  /// As Update(NaN) `cells` times, at the cost of at most kMeans. True when it closes a mean.
  bool Skip(int64_t cells);
  /// Empties the window: it begins anew with means of `scale` cells, after `delay` cells.
  void Restart(int scale, int delay);

  int scale() const { return scale_; }
  int means() const { return count_; }
  int64_t cells() const { return int64_t{count_} * scale_; }
  /// Cells since the newest mean was closed.
  int open_cells() const { return filled_; }
  /// NaN: less than half of its cells had a value.
  float Mean(int index) const;
  /// Calls learn(value) for the `cells` newest cells, oldest first, as the means tell them: what lies between the
  /// middles of two means is interpolated. NaN where nothing is known.
  template <class Learn>
  void ForEachCell(int64_t cells, Learn&& learn) const;
  /// What this holds on the heap.
  size_t HeapBytes() const { return cells_.HeapBytes(); }
  template <class Archive>
  void Persist(Archive& archive);

 private:
  bool Pass(int64_t cells);
  void Merge();
  void Append(double mean);

  BlockMemory cells_;
  std::bitset<kMeans> known_;
  double sum_ = 0;  // of the mean under way
  int scale_;
  int delay_;
  int count_ = 0;
  int filled_ = 0;   // cells of the mean under way
  int present_ = 0;  // of which had a value
};

template <class Learn>
void ExpandingMeans::ForEachCell(int64_t cells, Learn&& learn) const {
  std::array<double, kMeans> means;
  for (int i = 0; i < count_; i++) means[i] = Mean(i);
  const int64_t end = this->cells() + filled_;
  for (int64_t cell = std::max<int64_t>(0, end - cells); cell < end && count_ > 0; cell++) {
    const double position = std::clamp((static_cast<double>(cell) + .5) / scale_ - .5, 0., count_ - 1.);
    const int below = static_cast<int>(position);
    const double left = means[below], right = means[std::min(below + 1, count_ - 1)];
    if (std::isnan(left) || std::isnan(right)) {
      learn(std::isnan(left) ? right : left);
    } else {
      learn(left + (position - below) * (right - left));
    }
  }
}

}  // namespace promcast
