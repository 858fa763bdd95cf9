#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/snapshot_reader.h"

namespace promcast {

/// A snapshot in a storage folder.
struct SnapshotFile {
  uint64_t number = 0;  ///< the highest is the newest: numbers rise whatever the clock does
  std::string path;
};

/// A snapshot on its way: bytes go to a temporary file beside the others, which Commit() makes one of them. Without
/// that it leaves nothing behind. Errors name the file. Not thread-safe.
class PendingSnapshot {
 public:
  ~PendingSnapshot();
  PendingSnapshot(const PendingSnapshot&) = delete;
  PendingSnapshot& operator=(const PendingSnapshot&) = delete;

  absl::Status Write(std::string_view bytes);
  /// Whole on disk under its own name when it returns OK; a crash before leaves the snapshots that were.
  absl::Status Commit();
  const std::string& path() const { return path_; }

 private:
  friend class StorageFolder;
  PendingSnapshot(std::string path, int descriptor, int folder);
  absl::Status Fail(std::string_view what) const;

  const std::string path_, temporary_path_;
  int descriptor_;
  const int folder_;
  bool committed_ = false;
};

/// The folder of --storage.path: `snapshot-<number>` files, and `lock`, which one process at a time holds. Thread-safe
/// but for Create() and Keep(), which one thread at a time calls.
class StorageFolder {
 public:
  /// Makes the folder where there is none, locks it, and removes what an interrupted write left. FailedPrecondition
  /// when another process holds it. A folder that can be read but not written opens, and then takes no snapshot:
  /// see write_problem().
  static absl::StatusOr<std::unique_ptr<StorageFolder>> Open(const std::string& path);
  ~StorageFolder();
  StorageFolder(const StorageFolder&) = delete;
  StorageFolder& operator=(const StorageFolder&) = delete;

  const std::string& path() const { return path_; }
  /// Why nothing can be written here; OK when it can.
  const absl::Status& write_problem() const { return write_problem_; }

  /// Newest first.
  std::vector<SnapshotFile> List() const;
  /// A file for a snapshot newer than all there are.
  absl::StatusOr<std::unique_ptr<PendingSnapshot>> Create() const;
  /// Removes what is older than the newest `count` of those that are not in `refused`.
  void Keep(size_t count, const std::vector<uint64_t>& refused) const;

 private:
  StorageFolder(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  absl::Status Lock();
  void RemoveTemporaryFiles() const;

  const std::string path_;
  const int descriptor_;  // of the folder
  int lock_ = -1;
  absl::Status write_problem_;
};

/// Those of `folder`, newest first; none where it cannot be read. For who does not hold its lock.
std::vector<SnapshotFile> ListSnapshots(const std::string& folder);

}  // namespace promcast
