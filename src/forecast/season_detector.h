#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "forecast/expanding_means.h"
#include "forecast/period_search.h"

namespace promcast {

/// What the detectors of all series on one grid share. In cells; 0 where the grid is too coarse for it.
struct SeasonSearchPlan {
  static SeasonSearchPlan Make(int64_t step_ms);

  int hour = 0, day = 0, week = 0;
  int fast_most = 0;   ///< cells a mean in the fast window at most; 0: there is none
  int slow_least = 1;  ///< in the slow window at first, and at most
  int slow_most = 1;
};

/// Finds the seasons of a series while it streams: of any length from kShortest cells to a week, several at once. The
/// state is two expanding windows of means (so periods over five octaves are seen at enough detail, in a few hundred
/// bytes): a fast one from single cells to about a day, and a slow one from two days to three weeks. Each time a window
/// has filled it is searched, then it expands, and after its longest span it begins anew; while nothing is found the
/// fast one rests longer and longer, up to a week.
///
/// An hour, a day and a week are likelier than other periods: they need less evidence, and what is as long as one of
/// them, as far as can be told, is taken to be it. A multiple of a season is none, nor is a sixth or more of one. A
/// season that is not seen any more in several windows in a row is given up. Not thread-safe.
class SeasonDetector {
 public:
  static constexpr size_t kMostSeasons = 3;

  /// `plan` must outlive this.
  explicit SeasonDetector(const SeasonSearchPlan& plan);

  /// Moves the windows of series that begin together apart, so that they are not all searched at the same cell. Before
  /// the first Update.
  void Spread(uint64_t seed);
  /// The next cell; NaN when it is missing. True when the seasons have changed.
  bool Update(double value);
  /// As Update(NaN) `cells` times, at the cost of a few hundred.
  bool Skip(int64_t cells);

  /// Their number, and how long one of them is, in cells: first the one that shows the series' shape best.
  size_t seasons() const { return count_; }
  int season(size_t index) const { return found_[index].cells; }
  /// The finest window that holds a whole season of so many cells, with enough detail; null when none does.
  const ExpandingMeans* MemoryOf(int season) const;

  size_t HeapBytes() const { return fast_.HeapBytes() + slow_.HeapBytes(); }
  template <class Archive>
  void Persist(Archive& archive);

 private:
  struct Season {
    int cells;
    float variance;
    uint8_t cycles;  // that make this whole number of cells
    uint8_t misses;  // windows in a row that did not show it
  };

  int LongestRest() const;
  bool LookAt(ExpandingMeans& window, bool slow);
  bool Search(const ExpandingMeans& window);
  bool Review(const PeriodSearch& search, double cells_a_mean, int means);
  void Look(const PeriodSearch& search, double cells_a_mean, int means, Season& season) const;
  bool Take(const Repetition& repetition, double cells_a_mean);
  std::optional<Repetition> Likely(const PeriodSearch& search, double cells_a_mean, int means) const;
  bool Known(double cells) const;
  Season SeasonOf(const Repetition& repetition, double cells_a_mean) const;

  const SeasonSearchPlan& plan_;
  ExpandingMeans fast_, slow_;
  std::array<Season, kMostSeasons> found_{};
  int rest_ = 0;  // cells between two rounds of the fast window
  uint8_t count_ = 0;
  bool changed_ = false;  // in this round of the fast window
};

}  // namespace promcast
