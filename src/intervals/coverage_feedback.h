#pragma once

#include <span>
#include <vector>

namespace promcast {

/// What bands are told to do about the coverage that earlier ones realised. An answer in proportion to what was lacking
/// or too much over a long time, bounded: the saturated error integral of conformal PID control (Angelopoulos, Candes
/// and Tibshirani 2023), forgotten. Beside it, where values come late, a quick one to the newest misses, as
/// with a second learning rate of adaptive conformal inference (Gibbs and Candes 2022): it only widens, and is soon
/// over.
struct CoverageFeedback {
  /// Of one coverage.
  struct Answer {
    double aim = 0;   ///< coverage to realise
    double gain = 0;  ///< by what share a band widens for one unit of lacking coverage
  };

  float keep = 1;          ///< what is kept of the sums of realised coverage each time a band is checked
  double most = 1;         ///< of the long answer, either way; all answers are natural logarithms of a width
  double recent_rate = 0;  ///< weight of the newest check in the share of recent misses
  double recent_gain = 0;  ///< of the quick answer
  double missed = 0;       ///< share that the widest band may miss
  std::vector<Answer> answers;

  /// `gain` is in units of what a normal residual's band needs. Each band aims at `reserve` beyond its coverage.
  static CoverageFeedback Make(std::span<const double> coverages, double gain, double reserve);

  /// What to multiply the band of that coverage with that realised that share of late, when that share of the newest
  /// missed the widest band.
  double Factor(size_t coverage, double realised, double recently_missed) const;
};

}  // namespace promcast
