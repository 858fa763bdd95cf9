#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "concurrency/mutex.h"
#include "pipeline/shard_engine.h"

namespace promcast {

/// A shard engine, which one thread at a time runs: whoever brings a few samples while it is free and its series have
/// their models applies them itself, which saves two wake-ups a request; all else, and what comes meanwhile, waits in a
/// mailbox for the shard's own thread. Commands go before samples, and both before predictions. All methods are
/// thread-safe.
class SeriesShard {
 public:
  /// `max_batches`: more waiting ones are refused.
  SeriesShard(const ShardContext& context, const PipelineOptions& options, std::shared_ptr<const RuleSet> rules,
              size_t max_batches);
  /// Applies what has been accepted, then stops.
  ~SeriesShard();

  /// A larger batch is left to the shard's thread.
  static constexpr size_t kMostAppliedAtOnce = 2048;

  /// False when the mailbox is full or the shard is stopping. Otherwise the batch's `done` is called: before this
  /// returns, or by the shard's thread.
  bool Submit(ShardBatch& batch);
  /// Runs `command` on the shard's thread, before every batch that is submitted later. False when the shard is
  /// stopping: the command will not run then, while one that was accepted always does.
  bool Run(std::function<void(ShardEngine&)> command);
  /// At most about a second old.
  ShardReport report() const;
  /// Returns when all that was accepted has been applied; who applied a batch itself may still be about to call `done`.
  void Stop();

 private:
  enum class Accepted : uint8_t { kNo, kWaits, kToRun };

  Accepted Accept(ShardBatch& batch);
  void ApplyAndGiveBack(ShardBatch& batch) noexcept;
  void Loop();
  bool WaitForWork(std::deque<ShardBatch*>& batches, std::deque<std::function<void(ShardEngine&)>>& commands);
  void PublishReport(int64_t now_ms);

  const Clock& clock_;
  const size_t max_batches_;
  ShardEngine engine_;  // touched by who runs it, or with the mutex held while nobody does
  int64_t next_report_ms_ = 0;

  mutable Mutex mutex_;
  CondVar changed_;  // what thread_ waits for
  std::deque<ShardBatch*> batches_ PROMCAST_GUARDED_BY(mutex_);
  std::deque<std::function<void(ShardEngine&)>> commands_ PROMCAST_GUARDED_BY(mutex_);
  ShardReport report_ PROMCAST_GUARDED_BY(mutex_);
  bool is_running_ PROMCAST_GUARDED_BY(mutex_) = true;   // thread_ does until it first waits
  bool is_claimed_ PROMCAST_GUARDED_BY(mutex_) = false;  // thread_ waits for a submitter, and is the next to run
  bool stopping_ PROMCAST_GUARDED_BY(mutex_) = false;

  std::thread thread_;  // last: uses all of the above
};

}  // namespace promcast
