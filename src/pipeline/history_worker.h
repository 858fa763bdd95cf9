#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "concurrency/mutex.h"
#include "pipeline/history_backfill.h"

namespace promcast {

/// A thread that reads one group after the other and feeds the shards.
class HistoryBackfill::Worker {
 public:
  explicit Worker(HistoryBackfill& backfill);
  ~Worker();
  /// Thread-safe. Ends the reading under way, for good.
  void Cancel();

 private:
  void Run();
  void ReadGroup();
  bool ReadWindows(HistoryWalk& walk);
  absl::Status Take(const HistoryPiece& piece);
  bool Send(size_t shard);
  bool SendAll();
  void WaitForShards(size_t most_outstanding);
  bool Finish(bool complete, HistoryGap& gap);

  HistoryBackfill& backfill_;
  std::vector<std::unique_ptr<HistoryReader>> readers_;  // by source
  size_t source_ = 0;                                    // the one that answered last

  HistoryGroup group_;
  std::vector<HistoryBatch> batches_;  // by shard
  std::string label_block_;
  size_t samples_ = 0;

  Mutex mutex_;
  CondVar applied_;
  size_t outstanding_ PROMCAST_GUARDED_BY(mutex_) = 0;  // batches that the shards have not applied yet

  std::thread thread_;  // last: uses all of the above
};

}  // namespace promcast
