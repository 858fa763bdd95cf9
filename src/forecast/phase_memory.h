#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "forecast/fetch_memory.h"

namespace promcast {

/// One value a phase in 16 bits each: a base plus whole multiples of a unit, both fitted to the values held, so that an
/// error is at most 1/48000 of their range, whatever their magnitude. A value far beyond that range is drawn towards it
/// (to four ranges), so that one wild value cannot cost the others their precision. What is held lies in the owner's
/// memory; this is the way to it.
class PhaseMemory {
 public:
  struct Unit {
    double base = 0;
    double size = 0;  ///< 0: all known values equal the base
  };

  /// `cells`: one a phase. `unknown`: how many of these were never set.
  PhaseMemory(Unit& unit, uint16_t& unknown, std::span<int16_t> cells) : unit_(unit), unknown_(unknown), cells_(cells) {}

  /// No phase is set.
  void Clear();

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
  void Fetch(int phase) const { FetchMemory(cells_.data() + phase, 1); }
  /// None is known yet.
  bool empty() const { return unknown_ == cells_.size(); }
  template <class Archive>
  void Persist(Archive& archive);

 private:
  int phases() const { return static_cast<int>(cells_.size()); }
  struct Range {
    double low, high;
  };
  Range Known() const;
  void Recode(Range range);

  static constexpr int16_t kUnknown = INT16_MIN;
  Unit& unit_;
  uint16_t& unknown_;
  std::span<int16_t> cells_;
};

}  // namespace promcast
