#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "candidates/candidate.h"
#include "forecast/direct_regression.h"
#include "forecast/past.h"
#include "forecast/season_detector.h"
#include "forecast/trend_line.h"
#include "model_bank/bank_plan.h"
#include "model_bank/horizon_mix.h"
#include "model_bank/value_scale.h"
#include "promcast/model_bank.h"

namespace promcast {

/// A candidate, which keeps a state of its own; some must see values with their true zero.
struct ExtraModel {
  std::unique_ptr<Candidate> model;  // null while it lacks a season, and once it is not needed any more
  bool true_zero;
  bool borrowed = false;  // needed until the first season was seen
};

/// All of a bank that its plan bounds is one piece of memory: this, the trend lines, and the state of the horizons.
struct ModelBank::Impl {
  using Forecasts = std::array<double, kMaxModels>;
  using Widths = std::array<double, kMaxCoverages>;
  static constexpr int64_t kWarmResolved = 5;
  static constexpr double kFarthestScore = 1000;

  /// How many bytes lie behind an Impl.
  struct Tail {
    size_t bytes;
  };
  struct Bounds {
    double low, high;
    /// NaN stays NaN.
    double Clamp(double value) const {
      const double at_least = value < low ? low : value;
      return at_least > high ? high : at_least;
    }
  };
  /// What few plans ask for.
  struct Further {
    explicit Further(const BankPlan& plan);
    std::vector<ExtraModel> models;
    std::unique_ptr<SeasonDetector> detector;  // null where seasons are told
  };

  static std::unique_ptr<Impl> Make(std::shared_ptr<const BankPlan> plan) {
    const Tail tail{plan->tail_bytes};
    return std::unique_ptr<Impl>(new (tail) Impl(std::move(plan)));
  }
  static void* operator new(size_t bytes, Tail tail) { return ::operator new(bytes + tail.bytes); }
  static void operator delete(void* memory) { ::operator delete(memory); }
  static void operator delete(void* memory, Tail) { ::operator delete(memory); }

  const BankOptions& options() const { return plan->options; }
  size_t rungs() const { return plan->ladder.size(); }
  HorizonMix mix(size_t rung) const {
    const HorizonPlan& horizon = plan->ladder[rung];
    return {horizon, tail() + horizon.offset};
  }
  std::span<TrendLine> lines() const {
    return {std::launder(reinterpret_cast<TrendLine*>(tail())), plan->line_keeps.size()};
  }
  std::span<ExtraModel> extra() const { return further ? std::span(further->models) : std::span<ExtraModel>(); }
  SeasonDetector* detector() const { return further ? further->detector.get() : nullptr; }
  /// As many as a mix takes. `features`: what the regressions, where there are any, know of that cell.
  std::span<const double> Ask(const Ahead& ahead, DirectRegressions::Features& features, Forecasts& out) const;
  std::span<const double> Ask(const Ahead& ahead, Forecasts& out) const {
    DirectRegressions::Features features;
    return Ask(ahead, features, out);
  }
  double HalfWidth(size_t rung, size_t coverage_index, double scale) const;
  void Learn(double value);
  std::vector<int> Seasons() const;
  void AdoptSeasons();
  void MakeSeasonalExtra(std::span<const int> seasons);
  template <class Archive>
  void Persist(Archive& archive);
  void IssueAll();
  void ScoreAnomaly(const std::optional<ResolvedForecast>& resolved);
  Bounds ForecastBounds() const;
  double Bounded(double value) const;
  bool warm() const { return past.seen() >= kWarmCells && mix(0).band().resolved() >= kWarmResolved; }

  std::shared_ptr<const BankPlan> plan;
  Past past;                                       // in the models' unit, like all values below
  std::unique_ptr<DirectRegressions> regressions;  // null without any
  std::unique_ptr<Further> further;                // null where nothing of it is asked for
  int64_t now = -1;                                // index of the newest cell
  [[no_unique_address]] ValueScale scale;
  bool constant = true;  // in the scale's last bytes, like the two below
  bool never_negative = true;
  float anomaly_score = std::numeric_limits<float>::quiet_NaN();

 private:
  explicit Impl(std::shared_ptr<const BankPlan> bank_plan);
  std::byte* tail() const { return reinterpret_cast<std::byte*>(const_cast<Impl*>(this) + 1); }
};

}  // namespace promcast
