#include "checkpoint/newest_snapshot.h"

#include <utility>

namespace promcast {

std::optional<WholeSnapshot> OpenNewestWhole(const std::vector<SnapshotFile>& files, size_t threads,
                                             std::vector<RefusedSnapshot>& refused) {
  for (const SnapshotFile& file : files) {
    const auto open = [&]() -> absl::StatusOr<SnapshotReader> {
      auto bytes = OpenFileBytes(file.path);
      if (!bytes.ok()) return bytes.status();
      auto reader = SnapshotReader::Open(*std::move(bytes));
      if (!reader.ok()) return reader.status();
      if (absl::Status status = reader->VerifyChecksums(threads); !status.ok()) return status;
      return reader;
    };
    absl::StatusOr<SnapshotReader> reader = open();
    if (reader.ok()) return WholeSnapshot{file, *std::move(reader)};
    refused.push_back({file, std::string(reader.status().message())});
  }
  return std::nullopt;
}

}  // namespace promcast
