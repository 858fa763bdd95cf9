#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <optional>
#include <span>
#include <vector>

#include "forecast/fetch_memory.h"
#include "intervals/checked_band.h"
#include "intervals/conformal_band.h"
#include "intervals/phase_scale.h"
#include "model_bank/horizon_plan.h"

namespace promcast {

inline constexpr size_t kMaxModels = 32;
inline constexpr size_t kMaxCoverages = 8;

/// A forecast mixed from the models' forecasts, and how far these lie from it.
struct Mixed {
  double point;
  double scale;                          ///< of its residual, see ConformalBand
  float mean;                            ///< of the models, weighted; like all below, as its distance from the point
  float median;                          ///< weighted as well
  std::array<float, kMaxModels> models;  ///< NaN for a model that has no forecast
  double line = std::numeric_limits<double>::quiet_NaN();  ///< a straight one's forecast, only to compare with
};

/// How a forecast turned out.
struct ResolvedForecast {
  double error = 0;       ///< the value less the forecast
  double half_width = 0;  ///< of the band of the largest coverage; NaN when none was given
};

/// One horizon of a bank: forecasts that wait for their value, each model's forgotten loss, and the band.
///
/// Two mixtures, themselves mixed by the sixteenth power of their own losses. The weighted median: weights are the
/// fourth power of (smallest loss / own loss). The weighted mean: the sixteenth power, times a tilt that each model
/// gains while more of it would have brought the mean nearer to the value, and loses else (exponentiated gradient,
/// Kivinen and Warmuth 1997, forgotten): models whose errors cancel then share the weight, and one that only repeats
/// another's gets little. A model that has no forecast (NaN) sleeps: it is charged the mix's loss and a quarter (Freund
/// et al. 1997, "specialists"), so that it starts from a modest weight; when it first wakes, all past losses count a
/// tenth, so that it can show soon what it is worth. A residual far beyond the usual counts as if it were at that
/// bound, so that one wild value does not decide the weights.
///
/// What is learnt lies in the bank's memory; this is the way to it.
class HorizonMix {
 public:
  /// Tells the plan how large the parts of its mix are; the plan knows all else.
  static void Lay(HorizonPlan& plan);
  /// What a mix of that plan takes: a multiple of kAlignment.
  static size_t Bytes(const HorizonPlan& plan);
  static constexpr size_t kAlignment = alignof(float);
  /// Loops over models go in whole vectors.
  static constexpr size_t Lanes(size_t models) { return (models + 3) / 4 * 4; }
  /// Begins in `memory`, which is as long as Bytes() tells and aligned. The first model is the naive one.
  static void Start(const HorizonPlan& plan, std::byte* memory);

  /// Where one began. Both must outlive this.
  HorizonMix(const HorizonPlan& plan, std::byte* memory) : plan_(plan), memory_(memory) {}

  const HorizonPlan& plan() const { return plan_; }
  const ConformalBand& band() const { return head().band; }

  /// Mixes the models' forecasts for the cell `target`; NaN for a model that has none. The first must have one. There
  /// are Lanes() of them: NaN follows the models'.
  Mixed Mix(std::span<const double> forecasts, int64_t target) const;
  /// Half width of the band at the coverage with this index.
  double HalfWidth(size_t index, double scale) const;

  /// Whether a forecast made now is one that is kept.
  bool Keeps(int64_t now) const { return plan_.grid.Keeps(now); }
  /// Whether its bands are kept to be checked.
  bool Checks(int64_t now) const { return plan_.checks && plan_.checks->Keeps(now); }
  /// Keeps a forecast made at `now` until its value arrives. `half_widths`: one a coverage, or empty when no band was
  /// given.
  void Issue(int64_t now, const Mixed& mixed, std::span<const double> half_widths);
  /// Keeps the bands of a forecast made at `now` until its value arrives. `half_widths`: one a coverage.
  void IssueCheck(int64_t now, double point, std::span<const double> half_widths);
  /// The value at `now`: scores the forecast that was made for it, if one was.
  std::optional<ResolvedForecast> Resolve(int64_t now, double value);
  /// The values at the `cells` cells up to `now` are missing: forgets the forecasts that were made for them.
  void Miss(int64_t now, int64_t cells);

  /// `unit` turns losses into the values' own unit.
  void Score(double unit, HorizonScore& score) const;
  bool skilful() const { return head().mix_error < std::min(head().naive_error, head().seasonal_naive_error); }
  /// Of each model, without its name.
  std::vector<ModelWeight> Weights(uint32_t dropped) const;
  /// See FetchMemory(): all but what waits; of that, what the next value resolves.
  void FetchSums() const { FetchMemory(memory_, plan_.sum_bytes); }
  void FetchDue(int64_t now) const;
  size_t PendingBytes() const { return RecordBytes() + CheckBytes(); }
  template <class Archive>
  void Persist(Archive& archive);

 private:
  struct Record;
  using Fields = std::array<float, kMaxModels + 4 + kMaxCoverages>;  // a record's
  struct Head {
    uint32_t awake = 0;  // a bit a model: it had a forecast that resolved
    float banded = 0;    // checked bands, forgotten as the feedback is
    float resolved = 0;  // these four are forgotten as the losses are
    float mix_error = 0;
    float naive_error = 0;
    float seasonal_naive_error = 0;
    ConformalBand band;
  };

  Head& head() const { return *std::launder(reinterpret_cast<Head*>(memory_)); }
  // What a record holds of each forecast: the models' distances from the mix, then the two mixtures', then half widths,
  // the scale, last the line's.
  size_t models() const { return plan_.models; }
  size_t mean() const { return models(); }
  size_t median() const { return models() + 1; }
  size_t charged() const { return models() + 2; }
  size_t scale() const { return charged() + coverages(); }
  size_t line() const { return scale() + 1; }
  size_t fields() const { return line() + 1; }
  size_t RecordBytes() const { return plan_.record_bytes * plan_.grid.pending(); }
  size_t CheckBytes() const { return plan_.checks ? CheckedBand::Bytes(coverages()) * plan_.checks->pending() : 0; }
  Record& RecordAt(int slot) const;
  CheckedBand CheckAt(int slot) const;
  size_t coverages() const { return plan_.coverage_count; }
  // Sums: the models' tilts, the losses of what is charged, by coverage what lay inside and the band's ratios, then
  // the share of recent misses of the widest band, last the line's error. A whole vector over the tilts or the losses
  // reaches at most into what follows.
  size_t sums() const { return models() + charged() + 2 * coverages() + 2; }
  float* tilts() const { return std::launder(reinterpret_cast<float*>(memory_ + sizeof(Head))); }
  float* losses() const { return tilts() + models(); }
  float* inside() const { return losses() + charged(); }
  float* ratios() const { return inside() + coverages(); }
  float& recently_missed() const { return ratios()[coverages()]; }
  float& line_error() const { return ratios()[coverages() + 1]; }
  bool knows_phases() const { return plan_.phase_rate > 0; }
  PhaseScale& phase_scale() const;
  double Position(int64_t cell) const {
    return static_cast<double>(plan_.cycle.Remainder(cell)) / static_cast<double>(plan_.cycle.by());
  }
  float MeanShare() const;
  /// `blocks`: of four models, as a number or as a constant.
  template <class Blocks>
  Mixed MixBlocks(Blocks blocks, const double* forecasts, int64_t target) const;
  void Charge(const float* distances, float moved, float limit);
  void Tilt(const float* distances, float moved);
  void Wake(const float* distances);
  void ScoreBand(const float* half_widths, float residual);
  void ResolveCheck(int64_t now, double value);
  void RefreshRatios();

  const HorizonPlan& plan_;
  std::byte* memory_;  // head, sums, scales of phases where known, what waits for its value
};

}  // namespace promcast
