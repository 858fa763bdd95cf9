#pragma once

#include <cstddef>
#include <cstdint>
#include <future>
#include <optional>

#include "checkpoint/record_block.h"

namespace promcast {

/// Where the state comes from that a snapshot holds: the shards. Thread-safe.
class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;
  virtual size_t shard_count() const = 0;
  /// All metric families whose type is known.
  virtual void SaveFamilies(RecordBlock& block) const = 0;
  /// Asks a shard to add its next series to `block`, from `first_slot` on, so many that its samples need not wait for
  /// long. It does so between two batches, by itself: `block` must stay until the future is ready. That says where to
  /// go on, or nothing after the last series. An invalid future: the process is ending.
  virtual std::future<std::optional<uint32_t>> SaveSeries(size_t shard, uint32_t first_slot,
                                                          RecordBlock& block) const = 0;
};

}  // namespace promcast
