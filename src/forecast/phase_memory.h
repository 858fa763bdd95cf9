#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "forecast/fetch_memory.h"

namespace promcast {

/// One value a phase in 16 or 8 bits each: a base plus whole multiples of a unit, both fitted to the values held, so
/// that an error is at most 1/16000, or 1/100, of their range, whatever their magnitude. In 8 bits a value is rounded
/// up or down by chance, mostly to the nearer one (stochastic rounding, Croci et al. 2022), so that steps smaller
/// than the unit add up; the chance comes of the value's own bits and of `turn`. A value far beyond the range is drawn
/// towards it (to four ranges), so that one wild value cannot cost the others their precision. What is held lies in the
/// owner's memory; this is the way to it.
template <class Cell>
class PhaseMemory;

/// The present base and unit.
struct PhaseUnit {
  double base = 0;
  double size = 0;  ///< 0: all known values equal the base
};

/// What is read at one place.
struct PhaseReading {
  double sharp;   ///< the two nearest phases, interpolated
  double smooth;  ///< the mean of all within the width
};

template <class Cell>
class PhaseMemory {
 public:
  /// `cells`: one a phase. `unknown`: how many of these were never set.
  PhaseMemory(PhaseUnit& unit, uint16_t& unknown, std::span<Cell> cells)
      : unit_(unit), unknown_(unknown), cells_(cells) {}

  /// No phase is set.
  void Clear();

  /// NaN: never set.
  double Get(int phase) const;
  /// `turn`: in 8 bits, a number that is another one when the same value is set again.
  void Set(int phase, double value, uint32_t turn = 0);
  /// Reads at a place that lies `part` (0 to 1) of the way from `phase` (-1 to phases - 1) to the next one, and over
  /// +-width phases around it, at the ends round the season. Phases never set are left out; NaN when all are.
  PhaseReading Around(int phase, double part, int width) const;
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
  Range Grown(Range range, double value) const;
  void Recode(Range range);
  template <size_t count>
  static bool AllUnknown(std::span<const Cell, count> cells);
  static Cell Rounded(double code, double value, uint32_t turn);

  static constexpr Cell kUnknown = std::numeric_limits<Cell>::min();
  static constexpr int kLargest = std::numeric_limits<Cell>::max();
  PhaseUnit& unit_;
  uint16_t& unknown_;
  std::span<Cell> cells_;
};

}  // namespace promcast
