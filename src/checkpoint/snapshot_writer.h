#pragma once

#include <absl/status/status.h>

#include <functional>
#include <string>
#include <string_view>

#include "checkpoint/record_block.h"
#include "checkpoint/snapshot_format.h"

namespace promcast {

/// Writes the bytes of one snapshot, front to back: blocks of any kinds, then Finish(). What was written without it is
/// refused by readers. After an error nothing more may be written. Not thread-safe.
class SnapshotWriter {
 public:
  /// Takes the bytes as they become ready.
  using Sink = std::function<absl::Status(std::string_view)>;

  SnapshotWriter(const SnapshotHeader& header, Sink sink);

  /// An empty block is left out. At most 4 GiB.
  absl::Status Add(BlockKind kind, const RecordBlock& block);
  absl::Status Finish();

  const SnapshotTotals& totals() const { return totals_; }
  uint64_t written_bytes() const { return written_bytes_; }

 private:
  absl::Status Write(std::string_view bytes);
  absl::Status WriteBlock(const BlockHeader& header, std::string_view payload);

  const Sink sink_;
  std::string header_;  // until the first block is written
  std::string payload_, checksums_;
  SnapshotTotals totals_;
  uint64_t written_bytes_ = 0;
};

}  // namespace promcast
