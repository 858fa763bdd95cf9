#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checkpoint/storage_folder.h"

namespace promcast {

/// A snapshot that is whole, as far as its checksums tell.
struct WholeSnapshot {
  SnapshotFile file;
  SnapshotReader reader;
};

/// One that is not used, and why.
struct RefusedSnapshot {
  SnapshotFile file;
  std::string problem;
};

/// The newest of `files`, which are in that order, that is whole and of this format; nothing where none is. Those that
/// were looked at before it go to `refused`. Reads the file once, with so many threads.
std::optional<WholeSnapshot> OpenNewestWhole(const std::vector<SnapshotFile>& files, size_t threads,
                                             std::vector<RefusedSnapshot>& refused);

}  // namespace promcast
