#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>

#include "forecast/divisor.h"

namespace promcast {

/// Which forecasts of one horizon are kept until their value arrives: every `stride`th cell's. The stride shares no
/// divisor with the season's length, so that in time forecasts for every phase are kept: a stride that divides the day
/// would learn of the same few times of it for ever.
struct HorizonGrid {
  int steps = 1;
  int stride = 1;
  Divisor by_stride{1};
  Divisor by_pending{1};

  /// At most `max_pending` forecasts wait. `season_length` in cells; 1 when there is none.
  static HorizonGrid Make(int steps, int max_pending, int season_length) {
    int stride = (steps + max_pending - 1) / max_pending;
    while (stride > 1 && std::gcd(stride, season_length) > 1) stride++;
    HorizonGrid grid{steps, stride};
    grid.by_stride = Divisor(static_cast<uint32_t>(stride));
    grid.by_pending = Divisor(static_cast<uint32_t>(grid.pending()));
    return grid;
  }
  /// Forecasts that wait at the same time.
  int pending() const { return (steps + stride - 1) / stride; }
  bool Keeps(int64_t now) const { return by_stride.Remainder(now) == 0; }
  /// Where the forecast issued at that cell waits.
  int SlotOf(int64_t issued) const { return static_cast<int>(by_pending.Remainder(by_stride.Quotient(issued))); }
  /// The cell at which the forecast for `now` was issued; negative when none was kept.
  int64_t IssuedFor(int64_t now) const {
    const int64_t issued = now - steps;
    return issued >= 0 && Keeps(issued) ? issued : -1;
  }
  /// Calls `free` with the slot of each forecast that was due at one of the `cells` cells up to `now`.
  template <typename Free>
  void ForEachDue(int64_t now, int64_t cells, Free free) const {
    if (cells >= steps) {
      for (int slot = 0; slot < pending(); slot++) free(slot);
      return;
    }
    int64_t issued = std::max<int64_t>(0, now - cells + 1 - steps);
    issued += (stride - issued % stride) % stride;
    for (; issued + steps <= now; issued += stride) free(SlotOf(issued));
  }
};

/// The two rungs of a ladder around a horizon, and how far between them it lies: on the square root of time, as errors
/// grow. Beyond either end both are the same rung.
struct BetweenRungs {
  size_t lower = 0, upper = 0;
  double part = 1;  ///< weight of the upper one
};

inline BetweenRungs RungsAround(std::span<const HorizonGrid> ladder, int64_t steps) {
  BetweenRungs between;
  while (between.upper + 1 < ladder.size() && ladder[between.upper].steps < steps) between.upper++;
  between.lower = ladder[between.upper].steps > steps && between.upper > 0 ? between.upper - 1 : between.upper;
  if (between.lower == between.upper) return between;
  const double below = std::sqrt(ladder[between.lower].steps);
  between.part = (std::sqrt(static_cast<double>(steps)) - below) / (std::sqrt(ladder[between.upper].steps) - below);
  return between;
}

}  // namespace promcast
