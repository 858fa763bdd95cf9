#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "timeseries/sample.h"

namespace promcast {

struct RingOptions {
  int64_t retention_ms = 2 * 3'600'000;  ///< older chunks leave; 0: no limit by age
  size_t max_bytes = 16 << 10;           ///< per series; the oldest chunk leaves when a new one would not fit
  int samples_per_chunk = 120;           ///< as Prometheus cuts them
};

/// Recent samples of one series, compressed in chunks of Prometheus's own XOR encoding (so that remote read can hand a chunk
/// out as it stands). Timestamps rise strictly. Not thread-safe.
class SampleRing {
 public:
  SampleRing() = default;
  /// `sample` must be newer than newest().
  void Append(Sample sample, const RingOptions& options);
  bool empty() const;
  size_t size() const;
  Sample newest() const;
  /// Calls `visit` in order of time for each sample in [from_ms, to_ms].
  void ForEach(int64_t from_ms, int64_t to_ms, const std::function<void(Sample)>& visit) const;
  /// Heap memory held; the object itself is not counted.
  size_t allocated_bytes() const;
};

}  // namespace promcast
