#pragma once

#include <string_view>

#include "remote_write/decoder.h"

namespace promcast {

/// Reads one Histogram message (the same fields in 1.0 and 2.0) in a single pass that keeps no buckets. False when the
/// wire format is broken. `histogram.valid` follows Prometheus's rules (model/histogram, Validate): schema, spans
/// against the number of buckets, no negative bucket, custom bounds increasing, buckets adding up to the count. In
/// integers exactly; a NaN sum allows a count above the buckets. Prometheus does not compare the count of a float
/// histogram; here it may be off by one part in a million. A histogram whose sum is the stale marker is always valid.
bool ReadHistogram(std::string_view message, HistogramView& histogram);

}  // namespace promcast
