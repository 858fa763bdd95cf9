#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace promcast {

/// One sample of a series: milliseconds since the Unix epoch, and a value.
struct Sample {
  int64_t timestamp_ms = 0;
  double value = 0;
  friend bool operator==(const Sample&, const Sample&) = default;
};

/// Prometheus marks the end of a series with one particular NaN. It is told from other NaNs by its bits alone, and must
/// never pass through arithmetic. Source: prometheus/model/value.
inline constexpr uint64_t kStaleMarkerBits = 0x7ff0000000000002;

inline double StaleMarker() { return std::bit_cast<double>(kStaleMarkerBits); }
inline bool IsStaleMarker(double value) { return std::bit_cast<uint64_t>(value) == kStaleMarkerBits; }

}  // namespace promcast
