#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "remote_write/output_batch.h"
#include "self_metrics/metrics.h"
#include "sender/options.h"
#include "timeseries/clock.h"

namespace promcast {

/// Writes output series to every destination: one bounded queue per destination and shard, drained in order; batches,
/// compresses, retries with backoff, drops what is too old or does not fit (oldest first) and counts everything under
/// promcast_remote_write_* with a `destination` label. All methods are thread-safe.
class Sender {
 public:
  /// Each of `destinations` must pass ValidateDestination. `clock` and `metrics` must outlive the sender.
  Sender(std::vector<DestinationOptions> destinations, const Clock& clock, MetricRegistry& metrics);
  /// Stops at once, also in the middle of a request or a backoff; call Drain first to lose nothing.
  ~Sender();

  /// Never blocks on a destination. The batch is shared by all of them until it is sent.
  void Enqueue(const std::shared_ptr<const OutputBatch>& batch);
  /// Sends what is queued without waiting for batches to fill, until `deadline_ms` from now. True when no sample is
  /// left waiting: each was written, or refused for good, and counted so.
  bool Drain(int64_t deadline_ms);
  /// Swaps the destinations. Those whose options did not change are kept, with their queues and what was learnt about
  /// their protocol; the samples that wait for the others are lost and counted under reason="stopped".
  void Reload(std::vector<DestinationOptions> destinations);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace promcast
