#pragma once

#include <array>
#include <optional>
#include <span>

namespace promcast {

/// How much a series repeats itself after one period.
struct Repetition {
  double period = 0;        ///< in means
  double correlation = 0;   ///< of the values with those one period before, without their moving mean over a period
  double significance = 0;  ///< of that, in standard deviations of what two cycles that have nothing in common show
  double variance = 0;      ///< of what repeats
  double precision = 0;     ///< how far the period may be off
};

/// Looks for what repeats in a short window of a series. The correlation at a lag is taken after the moving mean over
/// that lag was taken off, so that neither trend nor a wandering level looks like a season; its significance counts
/// as many independent values as the correlation of neighbours leaves (Bartlett 1946), so that smooth series must
/// repeat themselves more often. Candidates are the peaks of that correlation, validated and refined over several
/// cycles (after AUTOPERIOD: Vlachos, Yu, Castelli 2005, "On periodicity detection and structural periodic
/// similarity"): a season repeats itself from nearly every cycle to the next, and after several cycles as well as after
/// one, which bursts and oscillations that wander do not. Values larger than the few largest are drawn to these: what
/// occurs once is no season.
class PeriodSearch {
 public:
  static constexpr int kMost = 160;
  static constexpr int kShortest = 5;  ///< period, in means

  /// At most kMost means, oldest first; NaN for a missing one.
  explicit PeriodSearch(std::span<const float> means);

  /// Enough is known, and it varies.
  bool usable() const { return usable_; }
  /// How the series repeats itself after `period` means, 2 to half the window.
  Repetition At(double period) const;
  /// The same at the best period near this one.
  Repetition Near(double period) const;
  /// The shortest of the clear periods, refined; nothing when none is significant by `least_significance`.
  std::optional<Repetition> Find(double least_significance) const;
  /// The shortest part of the found period that repeats itself as clearly; `found` itself when none does.
  Repetition Fundamental(const Repetition& found) const;
  /// Takes off the mean shape of a cycle, which may be shorter than a mean.
  void Remove(double period);

 private:
  using Values = std::array<float, kMost>;
  using Sums = std::array<float, kMost + 1>;

  void SumUp();
  Values WithoutMovingMean(double period) const;
  double Correlation(const Values& values, double lag) const;
  bool Lasts(const Values& values, const Repetition& found) const;

  int count_;
  bool usable_ = false;
  double unit_ = 1;  // of the values: the largest
  Values values_;    // 0 where missing
  std::array<bool, kMost> known_;
  Sums sums_{}, knowns_{};  // of the first so many values
};

}  // namespace promcast
