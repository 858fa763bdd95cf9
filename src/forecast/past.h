#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "forecast/expanding_means.h"
#include "forecast/innovation_filter.h"
#include "forecast/lag_ring.h"
#include "forecast/season_profile.h"

namespace promcast {

/// How much of its seasons a past remembers.
struct SeasonMemory {
  int lag_phases = 1440;     ///< of the last cycle of the first season; 0: it is not kept
  int profile_phases = 360;  ///< of the first season's shape
  int longer_phases = 168;   ///< of a longer season's distance from it; 0: longer seasons are not learnt
  PhaseGrain grain = kFine;  ///< of the shapes
};

/// A season that was found while the series ran, and means of the cells up to now from which it can be learnt; null:
/// it must be learnt from what comes.
struct FoundSeason {
  int length;
  const ExpandingMeans* means;
};

/// What the past says of one cell ahead.
struct Ahead {
  int64_t steps;
  double season;             ///< the first season's shape there; NaN while unknown
  double longer_seasons;     ///< how far the longer ones usually are from it; 0 while unknown
  double usual;              ///< the first season's shape, before it is known the slowest level
  double sharp_usual;        ///< the same unsmoothed
  double last_cycle;         ///< the value that the first season had last in this phase; NaN while unknown
  double around_last_cycle;  ///< the mean of +-kWidth cells around it
  double offset_left;        ///< what of the present distance from a shape is expected to be left
};

/// What the models of one series look at: its last values, levels at four rates, running moments and the shapes of its
/// seasons. One for all models, so that nothing is kept twice. Values are in whatever unit they are given in. Not
/// thread-safe.
class Past {
 public:
  static constexpr std::array<double, 4> kLevelRates{.5, .2, .05, .01};
  /// After so many far values in a row a level starts anew: what lasts a few minutes must not move tomorrow.
  static constexpr std::array<int, 4> kShiftAfter{4, 6, 12, 24};
  static constexpr int kWidth = 6;
  enum Shape { kFirstSeason, kAllSeasons };

  /// Season lengths in cells. The first is the one that models take for the series' shape; of each longer one what is
  /// kept is its distance from the shape that the seasons before it make.
  Past(std::span<const int> season_lengths, const SeasonMemory& memory);

  /// The next cell; finite.
  void Update(double value);
  /// That many missing cells.
  void Skip(int64_t cells);

  /// Takes these seasons for those known so far. Those that stay in their place keep what they know, the others learn
  /// from the means.
  void Adopt(std::span<const FoundSeason> seasons, const SeasonMemory& memory);

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
  int first_season() const { return profile_ ? profile_.season_length() : 0; }
  /// Whether the first season's shape is known: one whole cycle was seen.
  bool seasonal() const { return profile_ && profile_.known(); }
  bool has_longer_seasons() const { return cycles_ && !cycles_->longer.empty(); }

  /// Distance of the newest values from a shape, smoothed (rate .1 a cell); after a shift the distance itself.
  double offset(Shape shape) const {
    if (shape == kFirstSeason) return offset_.value;
    return cycles_ ? cycles_->offset.value : 0;
  }
  /// What is usual at the newest cell.
  double usual_now() const { return usual_now_; }
  double sharp_usual_now() const;
  double longer_seasons_now() const { return cycles_ ? cycles_->longer_now : 0; }
  /// What the past says of the cell `steps` (>= 1) ahead.
  Ahead LookAhead(int64_t steps) const;

  /// The value one season before the newest cell, and the mean of +-kWidth cells around it; NaN while unknown.
  double SeasonAgo() const;
  double AroundSeasonAgo() const;

  /// See FetchMemory(): what lies a pointer away.
  void Fetch() const;
  /// What lies two pointers away: what is known of the phases around now.
  void FetchPhases() const;
  /// The same of what LookAhead(steps) looks at; of longer seasons only what stands before their phases.
  void FetchAhead(int64_t steps) const;
  size_t HeapBytes() const;
  /// Read into a past that has the same seasons.
  template <class Archive>
  void Persist(Archive& archive);

 private:
  struct Level {
    double value = 0;
    [[no_unique_address]] InnovationFilter filter;
    uint8_t seen = 0;  // since a shift, up to the most that matters; in the filter's last byte

    void Update(double value, double rate, int shift_after);
    /// An offset moves at a rate of its own.
    void Follow(double distance);
    template <class Archive>
    void Persist(Archive& archive) {
      auto& [level, guard, since] = *this;
      archive(level, guard, since);
    }
  };
  static_assert(sizeof(Level) == 16);

  // What only banks remember that keep more of the first season than its shape, or longer ones.
  struct Cycles {
    double sharp_usual_now = 0, longer_now = 0;
    Level offset;                // from the shape of all seasons
    std::optional<LagRing> lag;  // where it is kept
    std::vector<SeasonProfile> longer;
  };

  void MakeFirstSeason(int length, const SeasonMemory& memory);
  static SeasonProfile MakeLonger(int length, const SeasonMemory& memory);
  void AdoptLonger(std::span<const FoundSeason> seasons, const SeasonMemory& memory);
  void LearnLonger(SeasonProfile& longer, const ExpandingMeans& means) const;
  void UpdateMoments(double value);
  void UpdateLongerSeasons(double value);
  void UpdateOffsets(double value);
  double LongerSeasons(int64_t steps) const;
  double OrSlowestLevel(double value) const;
  void LookAtNow();
  LagRing* lag() { return cycles_ && cycles_->lag ? &*cycles_->lag : nullptr; }
  const LagRing* lag() const { return cycles_ && cycles_->lag ? &*cycles_->lag : nullptr; }

  int64_t seen_ = 0;
  double newest_ = 0;
  double usual_now_ = 0;
  std::array<Level, kLevelRates.size()> levels_;
  Level offset_;  // from the first season's shape
  double mean_ = 0;
  double deviation_ = 0;  // 0 before the first value
  double low_ = 0, high_ = 0;
  SeasonProfile profile_;           // of the first season
  std::unique_ptr<Cycles> cycles_;  // null without a season, and where nothing of it is kept there
};

}  // namespace promcast
