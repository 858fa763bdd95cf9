#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "concurrency/mutex.h"
#include "logging/log.h"
#include "pipeline/history_group.h"
#include "pipeline/options.h"
#include "pipeline/series_shard.h"
#include "remote_read/history_walk.h"
#include "self_metrics/metrics.h"

namespace promcast {

/// A store that history is read from, by the name that logs and metrics have for it.
struct HistorySource {
  std::string name;
  std::function<std::unique_ptr<HistoryReader>()> connect;  ///< thread-safe; a reader for each thread that reads
};

/// Brings the series that wait in the shards their history. One thread asks the shards who waits and gathers series
/// into groups; `concurrency` others read one group each, window by window, and feed the shards, a few thousand samples
/// ahead of them at most. A window that fails is read again, from the next source, until nothing has come for
/// `patience_ms`: then the series of that group go on without the rest. Thread-safe.
class HistoryBackfill {
 public:
  HistoryBackfill(const BackfillOptions& options, std::vector<HistorySource> sources,
                  const std::vector<std::unique_ptr<SeriesShard>>& shards, MetricRegistry& metrics);
  /// Stops at once; series that still wait go on waiting.
  ~HistoryBackfill();

 private:
  class Worker;

  void CollectLoop();
  void Collect();
  void ReportProgress();
  bool TakeGroup(HistoryGroup& group);
  void GroupDone();
  /// False once stopped.
  bool Pause(std::chrono::milliseconds duration);
  bool stopping() const;

  const BackfillOptions options_;
  const std::vector<HistorySource> sources_;
  const std::vector<std::unique_ptr<SeriesShard>>& shards_;
  std::vector<Counter*> windows_read_, windows_failed_;  // by source
  LogThrottle failure_log_{10'000};
  std::atomic<uint64_t> samples_{0}, series_{0};  // read, and gone live, since the progress log began
  std::atomic<int64_t> read_until_ms_{0};
  std::atomic<std::chrono::steady_clock::time_point> last_success_{}, last_failure_{};

  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<HistoryGroup> groups_ PROMCAST_GUARDED_BY(mutex_);
  size_t groups_at_work_ PROMCAST_GUARDED_BY(mutex_) = 0;
  bool stopping_ PROMCAST_GUARDED_BY(mutex_) = false;

  // Of the collecting thread alone.
  bool reporting_ = false, first_report_ = true;
  std::chrono::steady_clock::time_point began_, last_report_;

  std::vector<std::unique_ptr<Worker>> workers_;
  std::thread collector_;  // last: uses all of the above
};

}  // namespace promcast
