#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "forecast/phase_memory.h"

namespace promcast {

/// How finely a phase's value is kept: in 16 bits or in 8.
enum PhaseGrain : uint8_t { kFine, kCoarse };

/// The shape of a season: an exponentially updated value a phase, smoothed over neighbouring phases when read. It
/// learns with a delay of three phases, so that what it says of now holds nothing of today. NaN cells are not learnt
/// from. A value far off its phase's usual distance is learnt from as if it were at eight times that distance.
///
/// All of it is one piece of memory, and a profile is a pointer to that; one without memory is none.
class SeasonProfile {
 public:
  /// None.
  SeasonProfile() = default;
  /// `newest_weight`: of the newest season in a phase's value, at least 1/255; `smoothing`: phases to either side;
  /// `grain`: of a phase's value, see PhaseMemory.
  SeasonProfile(int season_length, int max_phases, double newest_weight, int smoothing, PhaseGrain grain = kFine);
  explicit operator bool() const { return memory_ != nullptr; }

  void Update(double value);
  /// As Update(NaN) `cells` times, at the cost of a few.
  void Skip(int64_t cells);
  /// The season's value `steps` (>= 0) cells after the newest cell: as it is, and smoothed over the neighbouring
  /// phases. NaN before one whole season was seen.
  PhaseReading At(int64_t steps) const;
  /// One whole season was seen.
  bool known() const;
  int season_length() const;
  /// See FetchMemory(): what stands before the phases, then the phases about now.
  void FetchHead() const { FetchMemory(memory_.get(), 1); }
  void FetchPhases() const;
  /// Those that At(steps) looks at.
  void FetchAhead(int64_t steps) const;
  size_t HeapBytes() const;
  template <class Archive>
  void Persist(Archive& archive);

 private:
  static constexpr int kDelay = 3;
  struct Head;  // the phases' cells follow it in memory

  Head& head() const;
  template <class Use>
  auto WithCells(Use&& use) const;
  void ClosePhase();
  void Learn(int phase, double value, int season);
  template <class Change>
  void ChangeCells(Change&& change);

  std::unique_ptr<std::byte[]> memory_;
};

}  // namespace promcast
