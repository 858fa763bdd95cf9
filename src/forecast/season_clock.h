#pragma once

#include <cstdint>

namespace promcast {

/// The phase of a step (>= 0) of a season of `length` steps that is remembered in so many phases.
inline int PhaseAt(int step, int phases, int length) {
  const uint64_t part = static_cast<uint64_t>(step) * static_cast<uint64_t>(phases);
  // Shorter divisions are quicker.
  if (part <= UINT32_MAX) return static_cast<int>(static_cast<uint32_t>(part) / static_cast<uint32_t>(length));
  return static_cast<int>(part / static_cast<uint64_t>(length));
}

/// Where the newest cell stands in a season of `length` steps that is remembered in at most so many phases.
class SeasonClock {
 public:
  /// `max_phases` is at most 65535.
  SeasonClock(int length, int max_phases)
      : length_(length), phases_(static_cast<uint16_t>(length < max_phases ? length : max_phases)) {}

  int length() const { return length_; }
  int phases() const { return phases_; }
  /// Step of the newest cell within its season; -1 before the first.
  int step() const { return step_; }
  void Set(int step) { step_ = step; }

  int PhaseOf(int step) const { return PhaseAt(step, phases_, length_); }
  bool IsLastOfPhase(int step) const { return step + 1 == length_ || PhaseOf(step + 1) != PhaseOf(step); }
  /// Where the cell `steps` after the newest one stands, in units of a phase: whole at the middle of a phase.
  double Position(int64_t steps) const {
    int64_t ahead = step_ + steps;
    if (ahead >= length_) ahead = ahead < 2 * int64_t{length_} ? ahead - length_ : ahead % length_;
    const auto step = static_cast<double>(ahead);
    return phases_ == length_ ? step : (step + .5) * phases_ / length_ - .5;
  }

 private:
  int length_;
  int step_ = -1;
  uint16_t phases_;
};

}  // namespace promcast
