#pragma once

#include <absl/status/status.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "checkpoint/options.h"
#include "checkpoint/snapshot_source.h"
#include "checkpoint/snapshot_writer.h"
#include "checkpoint/storage_folder.h"
#include "concurrency/mutex.h"
#include "self_metrics/metrics.h"
#include "timeseries/clock.h"

namespace promcast {

/// Writes all that `source` has, in slices, so that a shard is never asked for more than one at a time. Cancelled as
/// soon as `cancel` is set.
absl::Status WriteSnapshot(const SnapshotSource& source, const std::atomic<bool>& cancel, SnapshotWriter& writer);

/// What became of the snapshots so far.
struct CheckpointReport {
  int64_t written_ms = 0;  ///< when the last good one was begun, 0 before the first
  double seconds = 0;      ///< that it took
  uint64_t series = 0, bytes = 0;
  uint64_t failures = 0;
  std::string problem;  ///< of the last attempt; empty when it was good
};

/// Writes a snapshot every interval in a thread of its own, at low priority, and keeps the last two. Thread-safe but
/// for Start() and the two that end it, which one thread calls.
class Checkpointer {
 public:
  /// `folder`, `source` and `clock` must outlive it. `version`: that of this promcast.
  Checkpointer(const StorageFolder& folder, const SnapshotSource& source, const Clock& clock, MetricRegistry& metrics,
               std::string version);
  ~Checkpointer();

  /// Numbers of snapshots that do not count among those that are kept. Before Start().
  void LeaveOut(std::vector<uint64_t> refused) { refused_ = std::move(refused); }
  void Start(const StorageOptions& options);
  void Reconfigure(const StorageOptions& options);
  /// Gives up what is under way, and writes a last one when `last`.
  void Stop(bool last);
  CheckpointReport report() const;

 private:
  void Loop();
  bool WaitUntilDue();
  void Run();
  absl::Status TryToWrite(CheckpointReport& written);
  void Tell(const absl::Status& status, const CheckpointReport& written);

  const StorageFolder& folder_;
  const SnapshotSource& source_;
  const Clock& clock_;
  const std::string version_;
  std::vector<uint64_t> refused_;
  struct Metrics;
  const std::unique_ptr<Metrics> metrics_;
  std::atomic<bool> cancel_{false};

  mutable Mutex mutex_;
  CondVar woken_;
  int64_t interval_ms_ PROMCAST_GUARDED_BY(mutex_) = 0;
  bool stopping_ PROMCAST_GUARDED_BY(mutex_) = false;
  CheckpointReport report_ PROMCAST_GUARDED_BY(mutex_);

  std::thread thread_;  // last: uses all of the above
};

}  // namespace promcast
