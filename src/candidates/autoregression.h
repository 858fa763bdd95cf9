#pragma once

#include <array>
#include <optional>

#include "candidates/candidate.h"
#include "candidates/discounted_least_squares.h"
#include "candidates/last_season.h"

namespace promcast {

/// Autoregression on the three newest values, the running mean, and per season the values one season before the target
/// and before the newest cell, by recursive least squares with forgetting (Ljung & Soderstrom 1983, Theory and Practice
/// of Recursive Identification); a seasonal ARIMA without moving-average part (Box & Jenkins 1970) in one pass. All
/// features are distances from the newest value, as is the target, and the ridge pulls the weights towards zero, that
/// is towards the naive forecast. Further steps are iterated, at most 2 kIterations of them: beyond that only the last
/// ones are, begun at a multiple of kIterations from the season before, where there is one.
///
/// A season of more than kMaxPhases cells is remembered as means over even shares of it; until a season has been seen
/// its features are zero. Cells after a gap are not learnt from. Says the newest value from the first one on.
///
/// kLinear: shift- and scale-equivariant. kLog: the same on the logarithm of the raw values (scale-equivariant); a
/// value of zero or below is not learnt from and silences the model (NaN) until kMemoryCells more cells passed without
/// one.
class Autoregression final : public Candidate {
 public:
  enum class Space { kLinear, kLog };
  static constexpr int kMaxPhases = 288;
  static constexpr size_t kMaxSeasons = 2;
  static constexpr int kMemoryCells = 1000;
  static constexpr int64_t kIterations = 144;
  static constexpr double kRidge = 4;  ///< in mean squares of the one-step change

  /// Lengths >= 2 cells of which the first kMaxSeasons are used; may be empty.
  Autoregression(std::span<const int> season_lengths, Space space);

  std::string_view name() const override { return space_ == Space::kLinear ? "autoregression" : "autoregression_log"; }
  size_t StateBytes() const override;

 private:
  static constexpr size_t kLags = 3;
  static constexpr size_t kMaxFeatures = kLags + 2 * kMaxSeasons;
  using Lags = std::array<double, kLags>;  // newest first
  using Features = std::array<double, kMaxFeatures>;
  struct Season {
    LastSeason values;
    double now;  // a season before the newest value
  };

  void Learn(double value, int64_t cells) override;
  double Expect(int64_t steps) const override;
  void ExpectEach(std::span<const int> steps, int64_t gap, std::span<double> out) const override;
  /// Of the cell `steps` after the newest, where `lags` end one cell before it.
  Features FeaturesOf(const Lags& lags, int64_t steps) const;
  double SeasonBefore(const Season& season, int64_t steps) const;
  void Advance(const Features& weights, Lags& lags, int64_t steps) const;
  Lags LagsAt(int64_t steps) const;

  Space space_;
  DiscountedLeastSquares regression_;
  std::array<std::optional<Season>, kMaxSeasons> seasons_;
  Lags lags_{};
  SeenRange seen_;  // in the space of the regression
  double mean_ = 0;
  double mean_weight_ = 0;
  int64_t unlearnt_cells_ = 0;  // since the newest value that was learnt
  int64_t silent_cells_ = 0;
};

}  // namespace promcast
