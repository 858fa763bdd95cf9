#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "forecast/phase_memory.h"
#include "forecast/season_clock.h"

namespace promcast {

/// Mean of the cells of one phase while that phase lasts.
struct PhaseMean {
  double sum = 0;
  int count = 0;

  void Add(double value) {
    sum += value;
    count++;
  }
  double Mean() const { return sum / count; }
  void Clear() { *this = {}; }
};

/// The shape of a season: an exponentially updated value a phase (the newest season weighs .2), smoothed over +-2
/// phases when read. It learns with a delay of three phases, so that what it says of now holds nothing of today. NaN
/// cells are not learnt from. A value far off its phase's usual distance is learnt from as if it were at eight times
/// that distance.
class SeasonProfile {
 public:
  explicit SeasonProfile(int season_length);

  void Update(double value);
  /// As Update(NaN) `cells` times, at the cost of a few.
  void Skip(int64_t cells);
  /// The season's value `steps` (>= 0) cells after the newest cell. NaN before one whole season was seen.
  double At(int64_t steps) const;
  size_t HeapBytes() const { return cells_.HeapBytes(); }

 private:
  static constexpr int kDelay = 3;
  static constexpr int kSmoothing = 2;

  void ClosePhase();
  void Learn(int phase, double value, int season);

  SeasonClock clock_;
  PhaseMemory cells_;
  PhaseMean open_;                      // the phase that is under way
  std::array<double, kDelay> waiting_;  // closed phases, oldest first; NaN: nothing seen
  float distance_ = 0;                  // running mean distance of a new value from its phase
  int learnt_ = 0;
  int seasons_ = 0;  // whole seasons that have passed
};

}  // namespace promcast
