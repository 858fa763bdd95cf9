#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace promcast {

/// Milliseconds of a duration as Prometheus writes it: `5m`, `1h30m`, `1d`, `500ms`; the units y, w, d, h, m, s, ms in
/// this order, each at most once, whole numbers; `0` needs no unit. A year has 365 days. At most what fits int64
/// nanoseconds (292 years), as in Prometheus. Source: prometheus/common/model, ParseDuration.
absl::StatusOr<int64_t> ParseDurationMs(std::string_view text);

/// The form Prometheus itself prints: 3600000 is `1h`, 5400000 `1h30m`, 0 `0s`; years and weeks only when nothing is
/// left over (8 days are `8d`). ParseDurationMs() reads back what this prints; a negative duration is printed with `-`.
std::string FormatDuration(int64_t duration_ms);

}  // namespace promcast
