#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "concurrency/mutex.h"
#include "remote_write/output_batch.h"

namespace promcast {

/// Samples that wait for one shard, oldest first, at most `capacity` of them: when it is full the oldest leave.
/// Batches are shared with whoever else sends from them, so one stays in memory as long as any of its samples waits.
/// Thread-safe; one thread takes.
class SampleQueue {
 public:
  struct Limits {
    size_t capacity;
    size_t max_samples_per_send;
    std::chrono::milliseconds batch_send_deadline;
  };

  /// The samples of one request, and the batches that they are of.
  struct Taken {
    std::vector<std::shared_ptr<const OutputBatch>> batches;
    std::vector<OutgoingSample> samples;
  };

  explicit SampleQueue(const Limits& limits) : limits_(limits) {}

  struct Pushed {
    size_t dropped = 0;  ///< oldest samples that left for the new ones
    size_t refused = 0;  ///< new samples that were not taken: the queue is stopped
  };
  /// Appends those samples of `batch` that `indices` names. Never blocks for longer than another call needs.
  Pushed Push(std::shared_ptr<const OutputBatch> batch, std::vector<uint32_t> indices);

  /// Replaces `taken`: waits until there are enough samples for a request or the oldest has waited for
  /// batch_send_deadline (while flushing: for any sample). They count as taken until Done. False once stopped.
  bool Take(Taken& taken);
  void Done();

  /// Waits as long as nothing stops the queue; false once stopped. For the pause between two attempts.
  bool Pause(std::chrono::milliseconds duration);

  /// While true, Take does not wait for a batch to fill.
  void SetFlushing(bool flushing);
  /// Waits until nothing is queued nor taken; false at the deadline or once stopped.
  bool WaitUntilEmpty(std::chrono::steady_clock::time_point deadline);

  void Stop();
  size_t size() const;

 private:
  /// The samples that one call pushed, those before `first` are gone.
  struct Slice {
    std::shared_ptr<const OutputBatch> batch;
    std::vector<uint32_t> indices;
    std::chrono::steady_clock::time_point due;
    size_t first = 0;
  };

  bool IsReady() const PROMCAST_REQUIRES(mutex_);
  size_t DropOldest() PROMCAST_REQUIRES(mutex_);

  const Limits limits_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Slice> slices_ PROMCAST_GUARDED_BY(mutex_);  // none is empty
  size_t size_ PROMCAST_GUARDED_BY(mutex_) = 0;
  bool taken_ PROMCAST_GUARDED_BY(mutex_) = false;
  bool flushing_ PROMCAST_GUARDED_BY(mutex_) = false;
  bool stopped_ PROMCAST_GUARDED_BY(mutex_) = false;
};

}  // namespace promcast
