#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <span>
#include <string>

#include "checkpoint/snapshot_reader.h"
#include "checkpoint/snapshot_writer.h"
#include "timeseries/selector.h"

namespace promcast {

/// How much was carried over, of how much.
struct TransferReport {
  uint64_t series = 0;    ///< carried over
  uint64_t seen = 0;      ///< in the snapshot that they come from
  uint64_t replaced = 0;  ///< import: that were there before
  uint64_t total = 0;     ///< import: in the snapshot that was written
};

/// Writes the series of `from` that any of `match` selects, all when there is none, as a snapshot of its own. Equal
/// series give equal bytes, whatever the order in which they stand in `from`: they are sorted, and the header's time is
/// that of the newest sample. Reads `from` once more for each 256 MiB of series, which is what it holds in memory.
absl::StatusOr<TransferReport> ExportSeries(const SnapshotReader& from, std::span<const Selector> match,
                                            const std::string& version, const SnapshotWriter::Sink& sink);

/// Writes a snapshot with the series of `from`, and those of `before`, unless null, that have other labels.
absl::StatusOr<TransferReport> ImportSeries(const SnapshotReader& from, const SnapshotReader* before,
                                            const SnapshotHeader& header, const SnapshotWriter::Sink& sink);

}  // namespace promcast
