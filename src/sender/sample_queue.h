#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <span>
#include <vector>

#include "concurrency/mutex.h"
#include "sender/output_batch.h"

namespace promcast {

/// Samples that wait for one shard, oldest first, at most `capacity` of them: when it is full the oldest leave.
/// Kept as the batches in which they will be sent. Thread-safe; one thread takes.
class SampleQueue {
 public:
  struct Limits {
    size_t capacity;
    size_t max_samples_per_send;
    std::chrono::milliseconds batch_send_deadline;
  };

  /// The samples of one request: those of `samples` from `first` on (the ones before were dropped).
  struct Batch {
    OutputBatch samples;
    size_t first = 0;
    size_t size() const { return samples.size() - first; }
  };

  explicit SampleQueue(const Limits& limits) : limits_(limits) {}

  struct Pushed {
    size_t dropped = 0;  ///< oldest samples that left for the new ones
    size_t refused = 0;  ///< new samples that were not taken: the queue is stopped
  };
  /// Appends those of `samples` that `indices` names. Never blocks for longer than another call needs.
  Pushed Push(const OutputBatch& samples, std::span<const size_t> indices);

  /// Waits for a batch that is full or whose oldest sample has waited for batch_send_deadline (while flushing: for any
  /// sample). The batch counts as taken until Done. The memory of what `batch` was before is used again.
  /// False once stopped.
  bool Take(Batch& batch);
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
  struct Chunk {
    Batch batch;
    std::chrono::steady_clock::time_point due;
  };
  static constexpr size_t kMaxSpares = 4;

  Batch Spare() PROMCAST_REQUIRES(mutex_);
  bool BatchIsReady() const PROMCAST_REQUIRES(mutex_);
  bool Full(const Chunk& chunk) const { return chunk.batch.samples.size() >= limits_.max_samples_per_send; }

  const Limits limits_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<Chunk> chunks_ PROMCAST_GUARDED_BY(mutex_);  // none is empty; all but the last are full
  std::vector<Batch> spares_ PROMCAST_GUARDED_BY(mutex_);  // taken before; their memory is used again
  size_t size_ PROMCAST_GUARDED_BY(mutex_) = 0;
  bool taken_ PROMCAST_GUARDED_BY(mutex_) = false;
  bool flushing_ PROMCAST_GUARDED_BY(mutex_) = false;
  bool stopped_ PROMCAST_GUARDED_BY(mutex_) = false;
};

}  // namespace promcast
