#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "forecast/innovation_filter.h"
#include "forecast/lag_ring.h"
#include "forecast/season_profile.h"

namespace promcast {

/// How much of its seasons a past remembers.
struct SeasonMemory {
  int lag_phases = 1440;     ///< of the last cycle of the first season; 0: it is not kept
  int profile_phases = 288;  ///< of the first season's shape
  int longer_phases = 168;   ///< of a longer season's distance from it; 0: longer seasons are not learnt
};

/// What the models of one series look at: its last values, levels at four rates, running moments and the shapes of its
/// seasons. One for all models, so that nothing is kept twice. Values are in whatever unit they are given in. Not
/// thread-safe.
class Past {
 public:
  static constexpr std::array<double, 4> kLevelRates{.5, .2, .05, .01};
  enum Shape { kFirstSeason, kAllSeasons };

  /// Season lengths in cells. The first is the one that models take for the series' shape; of each longer one what is
  /// kept is its distance from the shape that the seasons before it make.
  Past(std::span<const int> season_lengths, const SeasonMemory& memory);

  /// The next cell; finite.
  void Update(double value);
  /// That many missing cells.
  void Skip(int64_t cells);

  int64_t seen() const { return seen_; }  ///< values so far
  double newest() const { return newest_; }
  /// Simple exponential smoothing at kLevelRates[which]: the plain mean at first, anew after a shift.
  double level(int which) const { return levels_[which].value; }
  double mean() const { return mean_; }
  /// Standard deviation; never zero.
  double deviation() const { return deviation_; }
  double low() const { return low_; }
  double high() const { return high_; }

  /// 0 without seasons.
  int first_season() const { return profile_ ? profile_->season_length() : 0; }
  /// Whether the first season's shape is known: one whole cycle was seen.
  bool seasonal() const { return seasonal_; }
  bool has_longer_seasons() const { return !longer_.empty(); }

  /// The seasons' shape at the cell `steps` (>= 0) ahead; NaN while unknown.
  double Season(Shape shape, int64_t steps) const;
  /// Distance of the newest values from that shape, smoothed (rate .1 a cell); after a shift the distance itself.
  double offset(Shape shape) const { return offsets_[shape].value; }
  /// How far the longer seasons usually are from the first one's shape there; 0 while unknown.
  double LongerSeasons(int64_t steps) const;
  /// What is usual there: the first season's shape, before it is known the slowest level.
  double Usual(int64_t steps) const { return steps == 0 ? usual_now_ : OrSlowestLevel(Season(kFirstSeason, steps)); }
  /// The same with the shape unsmoothed.
  double SharpUsual(int64_t steps) const;

  /// The value that the first season had last in the phase of the cell `steps` (>= 1) ahead; NaN while unknown.
  double LastCycle(int64_t steps) const;
  /// The mean of +-width cells around it.
  double AroundLastCycle(int64_t steps, int width) const;
  /// The value one season before the newest cell, and the mean of +-width cells around it; NaN while unknown.
  double SeasonAgo() const;
  double AroundSeasonAgo(int width) const;

  size_t HeapBytes() const;

 private:
  struct Level {
    double value = 0;
    int seen = 0;
    InnovationFilter filter;

    void Update(double value, double rate);
  };

  void UpdateMoments(double value);
  void UpdateLongerSeasons(double value);
  void UpdateOffsets(double value);
  double OrSlowestLevel(double value) const;

  int64_t seen_ = 0;
  double usual_now_ = 0;
  double newest_ = 0;
  std::array<Level, kLevelRates.size()> levels_;
  std::array<Level, 2> offsets_;
  double mean_ = 0;
  double variance_ = 0;
  double deviation_ = 0;
  double low_ = 0, high_ = 0;
  bool seasonal_ = false;
  std::unique_ptr<LagRing> lag_;  // null: not kept
  std::optional<SeasonProfile> profile_;
  std::vector<SeasonProfile> longer_;
};

}  // namespace promcast
