#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

#include "checkpoint/checkpointer.h"
#include "checkpoint/newest_snapshot.h"
#include "concurrency/mutex.h"
#include "pipeline/pipeline.h"

namespace promcast {

/// The state that was found at start.
struct RestoredState {
  std::string snapshot;  ///< its path; empty when there was none
  int64_t written_ms = 0;
  double seconds = 0;
  RestoreReport report;
};

/// What the status page tells.
struct PersistenceReport {
  std::string storage_path;
  RestoredState restored;
  CheckpointReport written;
};

/// Keeps a pipeline's state in a storage folder: restores it once, then writes snapshots. One thread calls all but
/// report(), which is thread-safe.
class Persistence {
 public:
  /// Makes and locks the folder.
  static absl::StatusOr<std::unique_ptr<Persistence>> Open(const std::string& path, Pipeline& pipeline,
                                                           const Clock& clock, MetricRegistry& metrics);

  /// Restores the newest whole snapshot, if there is one, and says in the log what became of it. Before the pipeline
  /// gets samples, whose fingerprints have this seed.
  void Restore(uint64_t hash_seed);
  void Start(const StorageOptions& options) { checkpointer_->Start(options); }
  void Reconfigure(const StorageOptions& options) { checkpointer_->Reconfigure(options); }
  /// Ends the writing of snapshots; with a last one when `last`. The pipeline must not have been stopped yet.
  void Stop(bool last) { checkpointer_->Stop(last); }
  PersistenceReport report() const;

 private:
  Persistence(std::unique_ptr<StorageFolder> folder, Pipeline& pipeline, const Clock& clock, MetricRegistry& metrics);
  void PublishMetrics(const RestoredState& restored);
  void LogRestored(const RestoredState& restored) const;

  const std::unique_ptr<StorageFolder> folder_;
  Pipeline& pipeline_;
  const Clock& clock_;
  MetricRegistry& metrics_;
  mutable Mutex mutex_;
  RestoredState restored_ PROMCAST_GUARDED_BY(mutex_);
  std::unique_ptr<Checkpointer> checkpointer_;
};

}  // namespace promcast
