#include "capacity/time_to_threshold.h"

#include <cmath>

namespace promcast {

std::optional<double> TimeToThreshold(std::span<const CurvePoint> curve, double threshold, ThresholdSide side) {
  const auto crossed = [&](double value) {
    return side == ThresholdSide::kBelow ? value < threshold : value > threshold;
  };
  const CurvePoint* before = nullptr;
  for (const CurvePoint& point : curve) {
    if (!std::isfinite(point.value)) continue;
    if (!crossed(point.value)) {
      before = &point;
      continue;
    }
    if (before == nullptr) return point.ahead_seconds;
    const double part = (threshold - before->value) / (point.value - before->value);
    return before->ahead_seconds + part * (point.ahead_seconds - before->ahead_seconds);
  }
  return std::nullopt;
}

}  // namespace promcast
