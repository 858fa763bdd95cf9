#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "forecast/fetch_memory.h"

namespace promcast {

/// One value a phase in 16 bits each: a base plus whole multiples of a unit, both fitted to the values held, so that an
/// error is at most 1/48000 of their range, whatever their magnitude. A value far beyond that range is drawn towards it
/// (to four ranges), so that one wild value cannot cost the others their precision.
class PhaseMemory {
 public:
  explicit PhaseMemory(int phases);

  /// NaN: never set.
  double Get(int phase) const;
  void Set(int phase, double value);
  struct Reading {
    double sharp;   ///< the two nearest phases, interpolated
    double smooth;  ///< the mean of all within the width
  };
  /// Reads at a place that lies `part` (0 to 1) of the way from `phase` (-1 to phases - 1) to the next one, and over
  /// +-width phases around it, at the ends round the season. Phases never set are left out; NaN when all are.
  Reading Around(int phase, double part, int width) const;
  /// Makes the unit fine again after the values' range has shrunk. Costs a pass: meant for once a season.
  void Fit();
  /// See FetchMemory(): the phases about `phase`.
  void Fetch(int phase) const { FetchMemory(cells_.get() + phase, 1); }
  /// What this holds on the heap.
  size_t HeapBytes() const { return phases_ * sizeof(int16_t); }
  template <class Archive>
  void Persist(Archive& archive);

 private:
  bool empty() const { return unknown_ == phases_; }
  struct Range {
    double low, high;
  };
  Range Known() const;
  void Recode(Range range);

  static constexpr int16_t kUnknown = INT16_MIN;
  std::unique_ptr<int16_t[]> cells_;
  double base_ = 0;
  double unit_ = 0;  // 0: all known values equal the base
  int phases_;
  int unknown_;  // phases never set
};

}  // namespace promcast
