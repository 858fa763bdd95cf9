#pragma once

#include "candidates/candidate.h"
#include "candidates/last_season.h"

namespace promcast {

/// The value a week (or any long season) before (seasonal naive; Hyndman & Athanasopoulos, Forecasting: Principles and
/// Practice, 5.2), remembered in at most 336 phases: means over half hours of a week. NaN until the phase in question
/// has been seen. Shift- and scale-equivariant.
class SeasonalNaiveWeek final : public PersistentCandidate<SeasonalNaiveWeek> {
 public:
  static constexpr int kMaxPhases = 336;

  /// `season_length` >= 2 cells.
  explicit SeasonalNaiveWeek(int season_length) : season_(season_length, kMaxPhases) {}

  std::string_view name() const override { return "seasonal_naive_week"; }
  size_t StateBytes() const override { return sizeof(*this) + season_.HeapBytes(); }
  template <class Archive>
  void PersistFields(Archive& archive) {
    archive(season_);
  }

 private:
  void Learn(double value, int64_t cells) override { season_.Add(value, cells); }
  double Expect(int64_t steps) const override { return season_.Before(steps); }

  LastSeason season_;
};

}  // namespace promcast
