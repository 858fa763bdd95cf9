#pragma once

#include <array>

#include "candidates/candidate.h"
#include "candidates/discounted_least_squares.h"

namespace promcast {

/// Harmonic regression with a trend that changes (Taylor & Letham 2018, "Forecasting at scale", The American
/// Statistician 72): a line and a few harmonics per season by least squares. In place of change points the past is
/// forgotten exponentially, so line and seasons follow; ahead, the line flattens over one memory. No holiday terms:
/// they need a calendar, and a streaming model of one grid has none. The ridge on all but the level is that of `kRidge`
/// rows.
///
/// NaN until the longest season has passed once. Of what lies a gap of many memories back nothing is left. Shift- and
/// scale-equivariant. Weights are solved for at every forecast (about 1 us).
class HarmonicTrend final : public PersistentCandidate<HarmonicTrend> {
 public:
  static constexpr size_t kMaxSeasons = 2;
  static constexpr double kRidge = 1;

  /// One or two lengths >= 2 cells (further ones are not used). The memory is kSeasonsRemembered of the longest.
  explicit HarmonicTrend(std::span<const int> season_lengths);
  HarmonicTrend(std::span<const int> season_lengths, double memory_cells);

  std::string_view name() const override { return "harmonic_trend"; }
  size_t StateBytes() const override { return sizeof(*this) + regression_.HeapBytes(); }
  template <class Archive>
  void PersistFields(Archive& archive);

 private:
  static constexpr double kSeasonsRemembered = 4;
  static constexpr size_t kMaxFeatures = 16;
  struct Season {
    int length = 0;
    int harmonics = 0;
    int64_t step = 0;  // of the newest value
  };

  void Learn(double value, int64_t cells) override;
  double Expect(int64_t steps) const override;
  void ExpectEach(std::span<const int> steps, int64_t gap, std::span<double> out) const override;
  std::array<double, kMaxFeatures> FeaturesOf(int64_t steps) const;

  std::array<Season, kMaxSeasons> seasons_;
  double memory_;
  int64_t cells_to_first_answer_;
  double origin_ = 0;  // the first value; the regression is on distances from it
  bool started_ = false;
  DiscountedLeastSquares regression_;
};

}  // namespace promcast
