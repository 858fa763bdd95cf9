#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "forecast/float4.h"
#include "forecast/horizon_grid.h"
#include "forecast/past.h"
#include "forecast/ud_covariance.h"

namespace promcast {

/// How one of the regressions learns.
struct DirectOptions {
  std::string_view name;
  float keep = .9998F;     ///< what the past weighs after one more cell
  float clip = 3;          ///< a residual counts as at most this many of its running deviations
  bool near_only = false;  ///< serves only horizons shorter than the first season
};

/// What the regressions of many series share.
struct DirectPlan {
  std::vector<DirectOptions> options;  ///< the longest memory first
  std::vector<HorizonGrid> ladder;     ///< ascending
  size_t all_rungs = 0;
  size_t near_rungs = 0;          ///< how many are shorter than the first season
  std::vector<int> first_record;  ///< of each rung
  int records = 0;                ///< that wait on all rungs together

  /// Rungs that a regression serves.
  size_t rungs(size_t regression) const { return options[regression].near_only ? near_rungs : all_rungs; }

  static DirectPlan Make(std::vector<DirectOptions> options, std::vector<HorizonGrid> ladder, int first_season);
};

/// Direct multi-horizon regression (Chevillon 2007, "Direct multi-step estimation"): recursive least squares from what
/// is known now straight to the value `steps` ahead, as its distance from what is usual then, learnt when that value
/// arrives. Two stages. The first regresses on thirteen features of now, whose covariance serves every horizon; the
/// second regresses what is left on six features of the target's phase. Each stage has one covariance, which serves
/// every horizon; only the weights are a horizon's own. Several such regressions, with different memory, share
/// features, pending records and covariances: theirs is the covariance of the longest memory, scaled to their own,
/// which is exact while the features' moments do not drift. Not thread-safe.
class DirectRegressions {
 public:
  static constexpr int kNow = 13, kThen = 6;
  using Now = UdCovariance<kNow>::Vector;
  using Then = UdCovariance<kThen>::Vector;
  /// Those of now but the constant, those of the target's phase, the constant, a zero.
  struct Features {
    static constexpr size_t kBlocks = 5;
    Float4 block[kBlocks];
  };

  /// Both must outlive this.
  DirectRegressions(const Past& past, const DirectPlan& plan);
  ~DirectRegressions();

  /// After the past's Update with the value of cell `now`: learns from the forecasts that were kept for it.
  void Update(int64_t now, double value);
  /// Learns anew: what is usual has changed.
  void Restart();
  /// What is known now of a cell ahead.
  Features FeaturesOf(const Ahead& ahead) const;
  /// Keeps it until the value arrives; `ahead` is the rung's distance.
  void Keep(size_t rung, int64_t now, const Ahead& ahead, const Features& features);
  /// The `cells` cells up to `now` are missing.
  void Skip(int64_t now, int64_t cells);
  /// out: one value a regression. Between the ladder's horizons the neighbours' distances from the usual are
  /// interpolated. NaN before 30 values, and where a regression does not serve so long a horizon.
  void Forecast(const Ahead& ahead, const Features& features, std::span<double> out) const;

  /// See FetchMemory(): of the object itself what FeaturesOf and Forecast look at, and what lies a pointer away.
  void FetchFeatures() const;
  void FetchWeights() const;
  /// What the value of the cell `now` resolves.
  void FetchDue(int64_t now) const;
  size_t ModelBytes() const;    ///< on the heap: what was learnt
  size_t PendingBytes() const;  ///< on the heap: forecasts that wait for their value
  template <class Archive>
  void Persist(Archive& archive);

 private:
  struct Record;   // features of a forecast that waits for its value
  struct Horizon;  // what one regression learnt for one horizon

  void Observe();
  void Learn(size_t rung, const Record& record, double value);
  Record* RecordsOf(size_t rung) const;
  Horizon* HorizonsOf(size_t regression) const;
  size_t rungs(size_t regression) const { return plan_.rungs(regression); }
  size_t horizons() const;
  float Memory(float keep) const;

  const Past& past_;
  const DirectPlan& plan_;
  UdCovariance<kNow> covariance_{1};
  UdCovariance<kThen> then_covariance_{1};
  std::unique_ptr<Horizon[]> horizons_;  // of the first regression, of the second, ...
  std::unique_ptr<Record[]> records_;    // of the first rung, of the second, ...
  std::array<float, kNow - 1> now_{};    // the features but the constant
  bool seasonal_ = false;                // what the weights were learnt against
  bool ready_ = false;
};

}  // namespace promcast
