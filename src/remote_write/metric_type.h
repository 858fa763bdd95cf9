#pragma once

#include <cstdint>

namespace promcast {

/// By the numbers of remote write 2.0.
enum class MetricType : uint8_t { kUnknown, kCounter, kGauge, kHistogram, kGaugeHistogram, kSummary, kInfo, kStateset };

}  // namespace promcast
