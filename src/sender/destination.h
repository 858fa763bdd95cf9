#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "remote_write/output_batch.h"
#include "sender/label_stripper.h"
#include "sender/options.h"
#include "sender/shard.h"

namespace promcast {

/// One receiver with its shards. Thread-safe.
class Destination {
 public:
  /// `options` must pass ValidateDestination.
  Destination(const DestinationOptions& options, const Clock& clock, MetricRegistry& metrics);
  /// Stops at once.
  ~Destination();

  const DestinationOptions& options() const { return state_.options; }
  /// Each series goes to the shard that the hash of its labels names, always the same one.
  void Enqueue(const std::shared_ptr<const OutputBatch>& batch);
  void SetFlushing(bool flushing);
  bool WaitUntilEmpty(std::chrono::steady_clock::time_point deadline);

 private:
  DestinationState state_;
  const LabelStripper stripper_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace promcast
