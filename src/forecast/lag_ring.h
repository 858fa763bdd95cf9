#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "forecast/block_memory.h"
#include "forecast/season_clock.h"

namespace promcast {

/// The values of the last season of `length` cells. At most `max_phases` values are kept, each the mean of the cells of
/// its phase. The newest eight cells are kept whole, and a value enters its phase only when it leaves them, so that
/// around one season ago the values of that season are still there.
class LagRing {
 public:
  static constexpr int kRecent = 8;

  LagRing(int length, int max_phases);

  /// A missing cell (NaN) leaves in its phase what was there a season earlier.
  void Update(double value);
  /// As Update(NaN) `cells` times, at the cost of a few.
  void Skip(int64_t cells);

  /// The value `cells` ago, 0 to length() + kRecent - 1. NaN when unknown.
  double Ago(int cells) const {
    if (cells < kRecent) {
      const float value = recent_[(newest_ + kRecent - static_cast<uint32_t>(cells)) % kRecent];
      if (!std::isnan(value)) return value;
    }
    return cells_.Get(PhaseOf(StepAgo(cells)));
  }
  /// Mean of Ago over +-width cells (whole phases where those are longer), without those unknown or out of reach.
  double AroundAgo(int cells, int width) const;
  /// How long ago the newest cell of the same phase as the one `steps` (>= 1) ahead was.
  int AgoOfPhaseAhead(int64_t steps) const {
    const auto ahead = static_cast<int>(steps < length_ ? steps : steps % length_);
    return ahead == 0 ? 0 : length_ - ahead;
  }
  int length() const { return length_; }
  /// See FetchMemory(): the phases of the cells about now.
  void Fetch() const {
    cells_.Fetch(PhaseOf(StepAgo(kRecent)));
    cells_.Fetch(PhaseOf(StepAgo(std::max(length_ - kRecent, 0))));
  }
  /// See FetchMemory(): what AroundAgo looks at.
  void FetchAround(int cells, int width) const {
    cells_.Fetch(PhaseOf(StepAgo(std::max(cells - width, 0))));
    cells_.Fetch(PhaseOf(StepAgo(std::min(cells + width, length_ - 1))));
  }
  size_t HeapBytes() const { return cells_.HeapBytes(); }
  template <class Archive>
  void Persist(Archive& archive);

 private:
  int PhaseOf(int step) const { return phases_ == length_ ? step : PhaseAt(step, phases_, length_); }
  int StepAgo(int cells) const {
    int step = step_ - cells;
    while (step < 0) step += length_;
    return step;
  }
  void Leave(int step, float value);

  int length_;
  int phases_;
  int step_ = -1;  // of the newest cell within its season
  uint32_t newest_ = 0;
  std::array<float, kRecent> recent_;
  float open_sum_ = 0;  // of the phase that cells are entering
  int open_count_ = 0;
  BlockMemory cells_;
};

}  // namespace promcast
