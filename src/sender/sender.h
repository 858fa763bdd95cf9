#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "remote_write/encoder.h"
#include "self_metrics/metrics.h"
#include "sender/options.h"
#include "timeseries/clock.h"

namespace promcast {

/// Samples on their way out, one block of memory for many: label blocks and samples.
class OutputBatch {
 public:
  void Append(std::string_view label_block, Sample sample);
  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  size_t bytes() const { return labels_.size() + entries_.size() * sizeof(Entry); }
  void Clear();
  OutgoingSample operator[](size_t i) const;

 private:
  struct Entry {
    uint32_t label_offset, label_bytes;
    Sample sample;
  };
  std::string labels_;
  std::vector<Entry> entries_;
};

/// Writes output series to every destination: one bounded queue per destination and shard, drained in order; batches,
/// compresses, retries with backoff, drops what is too old or does not fit (oldest first) and counts everything under
/// promcast_remote_write_* with a `destination` label. All methods are thread-safe.
class Sender {
 public:
  Sender(std::vector<DestinationOptions> destinations, const Clock& clock, MetricRegistry& metrics);
  /// Stops at once; call Drain first to lose nothing.
  ~Sender();

  /// Never blocks: copies the batch into every destination's queue.
  void Enqueue(const OutputBatch& batch);
  /// Sends what is queued, until `deadline_ms` from now. True when everything went out.
  bool Drain(int64_t deadline_ms);
  /// Swaps the destinations; queues of destinations whose options did not change are kept.
  void Reload(std::vector<DestinationOptions> destinations);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace promcast
