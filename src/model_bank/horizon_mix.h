#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "forecast/horizon_grid.h"
#include "intervals/conformal_band.h"
#include "promcast/model_bank.h"

namespace promcast {

inline constexpr size_t kMaxModels = 32;
inline constexpr size_t kMaxCoverages = 8;

/// What follows from the options for one horizon.
struct HorizonPlan {
  HorizonGrid grid;     ///< which forecasts are kept for scoring
  float loss_keep = 1;  ///< what is kept of the losses each time a forecast resolves
  float feedback = 0;   ///< how much a lack of realised coverage widens the band; 1: as much as for a normal residual
  float reserve = 0;    ///< realised coverage aimed at beyond the one stated
  BandMemory band;

  /// At most `max_pending` forecasts wait for their value at the same time.
  static HorizonPlan Make(const BankOptions& options, int steps, int max_pending);
};

/// A forecast mixed from the models' forecasts.
struct Mixed {
  double point = 0;
  double mean = 0;    ///< weighted mean of the models
  double median = 0;  ///< weighted median of the models
  double scale = 0;   ///< of its residual, see ConformalBand
};

/// How a forecast turned out.
struct ResolvedForecast {
  double error = 0;       ///< the value less the forecast
  double half_width = 0;  ///< of the band of the largest coverage; NaN when none was given
};

/// One horizon of a bank: forecasts that wait for their value, each model's forgotten loss, and the band.
///
/// Weights are powers of (smallest loss / own loss): the eighth for the mean, the fourth for the median; both are mixed
/// by the sixteenth power of their own losses. A model that has no forecast (NaN) sleeps: it is charged the mix's loss
/// and a quarter (Freund et al. 1997, "specialists"), so that it starts from a modest weight; when it first wakes, all
/// past losses count a tenth, so that it can show soon what it is worth. A residual far beyond the usual counts as if
/// it were at that bound, so that one wild value does not decide the weights.
class HorizonMix {
 public:
  /// `plan` must outlive this. The first model is the naive one.
  HorizonMix(const HorizonPlan& plan, size_t models, size_t coverages);
  ~HorizonMix();
  HorizonMix(HorizonMix&&) noexcept;

  const HorizonPlan& plan() const { return plan_; }
  const ConformalBand& band() const { return band_; }

  /// Mixes the models' forecasts; NaN for a model that has none. At least one must have one.
  Mixed Mix(std::span<const double> forecasts) const;
  /// Half width of the band at the coverage with this index.
  double HalfWidth(size_t index, double coverage, double scale) const;

  /// Whether a forecast made now is one that is kept.
  bool Keeps(int64_t now) const { return plan_.grid.Keeps(now); }
  /// Keeps a forecast made at `now`, when the value was `value`, until its value arrives. `seasonal_naive` is the
  /// score's second baseline. `half_widths`: one a coverage, or empty when no band was given.
  void Issue(int64_t now, double value, std::span<const double> forecasts, const Mixed& mixed, double seasonal_naive,
             std::span<const double> half_widths);
  /// The value at `now`: scores the forecast that was made for it, if one was. `coverages` are the options'.
  std::optional<ResolvedForecast> Resolve(int64_t now, double value, std::span<const double> coverages);
  /// The values at the `cells` cells up to `now` are missing: forgets the forecasts that were made for them.
  void Miss(int64_t now, int64_t cells);

  /// `unit` turns losses into the values' own unit.
  HorizonScore Score(double unit) const;
  bool skilful() const { return mix_error_ < std::min(naive_error_, seasonal_naive_error_); }
  /// Index of the model of the greatest weight.
  size_t Leader() const;
  size_t PendingBytes() const { return record_bytes() * plan_.grid.pending(); }
  size_t SumBytes() const { return (models_ + 2 + 2 * coverages_) * sizeof(float); }

 private:
  // Where a record's distances from the value at issue stand: mix, mean, median, seasonal naive, models but the first;
  // then half widths. All in units of the record's scale.
  enum DistanceField { kMix, kMean, kMedian, kSeasonalNaive, kModels };
  struct Record;

  // Of a model but the first, the naive one, whose distance is zero.
  static size_t FieldOf(size_t model) { return kModels + model - 1; }
  size_t fields() const { return FieldOf(models_) + coverages_; }
  size_t record_bytes() const;
  Record& RecordAt(int slot) const;
  float* losses() const { return sums_.get(); }
  float* inside() const { return sums_.get() + models_ + 2; }
  float* ratios() const { return inside() + coverages_; }
  void Charge(float* loss, double error, double mix_error, double limit) const;
  void Wake(const Record& record);
  void ScoreBand(const Record& record, double residual);
  void RefreshRatios(std::span<const double> coverages);

  const HorizonPlan& plan_;
  uint16_t models_;
  uint16_t coverages_;
  uint32_t awake_ = 0;  // a bit a model: it had a forecast that resolved
  float resolved_ = 0;  // these five are forgotten as the losses are
  float banded_ = 0;
  float mix_error_ = 0;
  float naive_error_ = 0;
  float seasonal_naive_error_ = 0;
  ConformalBand band_;
  std::unique_ptr<float[]> sums_;         // losses of the models, of their mean, of their median | inside | ratios
  std::unique_ptr<std::byte[]> records_;  // forecasts that wait for their value
};

}  // namespace promcast
