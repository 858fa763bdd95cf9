#pragma once

#include <cstdint>

namespace promcast {

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

  int PhaseOf(int step) const { return static_cast<int>(static_cast<int64_t>(step) * phases_ / length_); }
  bool IsLastOfPhase(int step) const { return step + 1 == length_ || PhaseOf(step + 1) != PhaseOf(step); }
  /// Where the cell `steps` after the newest one stands, in units of a phase: whole at the middle of a phase.
  double Position(int64_t steps) const {
    const auto step = static_cast<double>((step_ + steps) % length_);
    return phases_ == length_ ? step : (step + .5) * phases_ / length_ - .5;
  }

 private:
  int length_;
  int step_ = -1;
  uint16_t phases_;
};

}  // namespace promcast
