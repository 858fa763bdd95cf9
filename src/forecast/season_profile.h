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

/// The shape of a season: an exponentially updated value a phase, smoothed over neighbouring phases when read. It
/// learns with a delay of three phases, so that what it says of now holds nothing of today. NaN cells are not learnt
/// from. A value far off its phase's usual distance is learnt from as if it were at eight times that distance.
class SeasonProfile {
 public:
  /// `newest_weight`: of the newest season in a phase's value; `smoothing`: phases to either side.
  SeasonProfile(int season_length, int max_phases, double newest_weight, int smoothing);

  void Update(double value);
  /// As Update(NaN) `cells` times, at the cost of a few.
  void Skip(int64_t cells);
  /// The season's value `steps` (>= 0) cells after the newest cell: as it is, and smoothed over the neighbouring
  /// phases. NaN before one whole season was seen.
  PhaseMemory::Reading At(int64_t steps) const;
  /// One whole season was seen.
  bool known() const { return seasons_ > 0; }
  int season_length() const { return clock_.length(); }
  void Fetch() const { cells_.Fetch(clock_.step() < 0 ? 0 : clock_.PhaseOf(clock_.step())); }
  size_t HeapBytes() const { return cells_.HeapBytes(); }
  template <class Archive>
  void Persist(Archive& archive);

 private:
  static constexpr int kDelay = 3;

  void ClosePhase();
  void Learn(int phase, double value, int season);

  SeasonClock clock_;
  PhaseMemory cells_;
  PhaseMean open_;                      // the phase that is under way
  std::array<double, kDelay> waiting_;  // closed phases, oldest first; NaN: nothing seen
  float newest_weight_;
  int smoothing_;
  float distance_ = 0;  // running mean distance of a new value from its phase
  int learnt_ = 0;
  int seasons_ = 0;  // whole seasons that have passed
};

}  // namespace promcast
