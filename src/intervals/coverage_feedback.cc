#include "intervals/coverage_feedback.h"

#include <algorithm>
#include <cmath>

#include "intervals/conformal_band.h"

namespace promcast {

CoverageFeedback CoverageFeedback::Make(std::span<const double> coverages, double gain, double reserve) {
  CoverageFeedback feedback;
  for (const double coverage : coverages) {
    feedback.answers.push_back({coverage + reserve, gain * NormalWidthSlope(coverage)});
  }
  if (!coverages.empty()) feedback.missed = 1 - coverages.back();
  return feedback;
}

double CoverageFeedback::Factor(size_t coverage, double realised, double recently_missed) const {
  const auto [aim, gain] = answers[coverage];
  const double wider = std::clamp(gain * (aim - realised), -most, most);
  return std::exp(wider + recent_gain * std::max(recently_missed - missed, 0.));
}

}  // namespace promcast
