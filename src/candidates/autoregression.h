#pragma once

#include <array>
#include <vector>

#include "candidates/candidate.h"
#include "candidates/discounted_least_squares.h"

namespace promcast {

/// Autoregression around the seasonal naive forecast: how far a value is from the one a season before, by ridge
/// regression with forgetting on how far the last values were from theirs, on the same phase of earlier seasons and on
/// the running mean. A seasonal ARIMA without moving-average part (Box & Jenkins 1970, Time Series Analysis) as
/// recursive least squares (Ljung & Soderstrom 1983, Theory and Practice of Recursive Identification). The ridge (Hoerl
/// & Kennard 1970, Technometrics 12) is in proportion to each feature's mean square, so that many lags do no harm in a
/// short history. A target counts as at most kFarthest usual errors from its forecast (Huber 1964). Weights move by one
/// sweep of Gauss-Seidel a value. Further steps are iterated; beyond a bound the last season of them is repeated.
///
/// Seasons of more than kMaxSeason cells are not used; without any it is drawn towards the newest value. It says that,
/// then the season before, until the longest season's lags are there. Missing cells count as their forecasts and are
/// not learnt from. Shift- and scale-equivariant.
class Autoregression final : public PersistentCandidate<Autoregression> {
 public:
  static constexpr int kMaxSeason = 336;
  static constexpr int kLeastMemory = 500;  ///< cells; else kSeasonsRemembered of the longest season
  static constexpr int kSeasonsRemembered = 3;
  static constexpr double kRidge = .3;  ///< in rows of the memory
  static constexpr double kFarthest = 4;

  /// Lengths >= 2 cells; the first two that are short enough are used; may be empty.
  explicit Autoregression(std::span<const int> season_lengths);

  std::string_view name() const override { return "autoregression"; }
  size_t StateBytes() const override;
  template <class Archive>
  void PersistFields(Archive& archive);

 private:
  static constexpr size_t kMaxFeatures = 32;
  using Features = std::array<double, kMaxFeatures>;
  /// What the regression is on: differences between values `lag` and `from` cells before the target.
  struct Lags {
    struct Distance {
      int lag, from;
    };
    explicit Lags(std::span<const int> season_lengths);
    void Add(int lag, int from);
    size_t features() const { return count + 2; }  // a constant and the mean as well

    int season = 1;   // what is drawn towards; 1 without any
    int longest = 1;  // season
    int reach = 1;    // the farthest lag
    size_t count = 0;
    std::array<Distance, kMaxFeatures - 2> distances;
  };

  void Learn(double value, int64_t cells) override;
  double Expect(int64_t steps) const override;
  void LearnRow(double value);
  void Push(double value);
  /// The value `steps` cells after the newest one, of those seen (<= 0) and those forecast.
  double At(int64_t steps) const;
  double Lagged(int64_t steps, int lag) const;
  /// A season before that cell; the newest value while less was seen.
  double Base(int64_t steps) const;
  /// Whether the longest season's lags are there.
  bool learns() const { return seen_cells_ > lags_.longest + lags_.season; }
  Features FeaturesOf(int64_t steps) const;
  void Iterate(int64_t steps) const;
  /// As far ahead as is iterated: the cell so many longest seasons before this one.
  int64_t Repeated(int64_t steps) const;

  Lags lags_;
  double forgetting_;
  DiscountedLeastSquares regression_;
  Features weights_{};
  std::vector<double> values_;  // a ring
  int64_t seen_cells_ = 0;
  SeenRange seen_;
  double mean_ = 0, mean_weight_ = 0;
  double error_ = 0, error_weight_ = 0;  // absolute, one step ahead
  mutable std::vector<double> path_;     // forecasts of the next cells
  mutable int64_t path_cells_ = 0;       // those made since the newest value
};

}  // namespace promcast
