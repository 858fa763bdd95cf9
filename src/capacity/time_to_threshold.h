#pragma once

#include <optional>
#include <span>

namespace promcast {

/// A point of a forecast curve.
struct CurvePoint {
  double ahead_seconds = 0;  ///< from now
  double value = 0;
};

enum class ThresholdSide { kBelow, kAbove };

/// Seconds from now until the curve first lies beyond the threshold on the given side: its first point's time when it
/// does there already, nothing when it never does. Between points the curve is a straight line. Points must ascend in
/// time; one whose value is not finite is passed over. Thread-safe.
std::optional<double> TimeToThreshold(std::span<const CurvePoint> curve, double threshold, ThresholdSide side);

}  // namespace promcast
