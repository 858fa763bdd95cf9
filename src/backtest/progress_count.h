#pragma once

#include <cstddef>
#include <functional>
#include <utility>

#include "concurrency/mutex.h"

namespace promcast {

/// Called as work gets done, by several threads but never by two at a time.
using BacktestProgress = std::function<void(size_t done, size_t total)>;

/// Counts what is done and tells of it; the total grows as more becomes known. Thread-safe.
class ProgressCount {
 public:
  explicit ProgressCount(BacktestProgress progress) : progress_(std::move(progress)) {}

  void Expect(size_t more) {
    MutexLock lock(mutex_);
    total_ += more;
  }
  void Done() {
    MutexLock lock(mutex_);
    done_++;
    if (progress_) progress_(done_, total_);
  }

 private:
  const BacktestProgress progress_;
  Mutex mutex_;
  size_t done_ PROMCAST_GUARDED_BY(mutex_) = 0, total_ PROMCAST_GUARDED_BY(mutex_) = 0;
};

}  // namespace promcast
