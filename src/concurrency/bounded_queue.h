#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "concurrency/mutex.h"

namespace promcast {

/// First in, first out, with a bound on the number of elements: many producers, one consumer. Producers never wait: a
/// full queue refuses. Thread-safe.
///
/// After Close() nothing more goes in; what is in still comes out, then Pop returns nothing at once.
template <typename T>
class BoundedQueue {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {}

  /// False when the queue is full or closed; `value` is then untouched.
  bool TryPush(T&& value) PROMCAST_EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      if (closed_ || queue_.size() >= capacity_) return false;
      queue_.push_back(std::move(value));
    }
    not_empty_.NotifyOne();
    return true;
  }

  /// Waits for an element; nothing when the deadline passed, or when the queue is closed and empty.
  std::optional<T> Pop(SteadyTime deadline) PROMCAST_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    not_empty_.WaitUntil(mutex_, deadline, [this]() PROMCAST_REQUIRES(mutex_) { return closed_ || !queue_.empty(); });
    return TakeFront();
  }
  std::optional<T> PopFor(std::chrono::nanoseconds timeout) PROMCAST_EXCLUDES(mutex_) {
    return Pop(std::chrono::steady_clock::now() + timeout);
  }
  /// Waits without a deadline; nothing only when the queue is closed and empty.
  std::optional<T> Pop() PROMCAST_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    not_empty_.Wait(mutex_, [this]() PROMCAST_REQUIRES(mutex_) { return closed_ || !queue_.empty(); });
    return TakeFront();
  }
  /// What is there now, without waiting.
  std::optional<T> TryPop() PROMCAST_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return TakeFront();
  }

  void Close() PROMCAST_EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      closed_ = true;
    }
    not_empty_.NotifyAll();
  }
  bool closed() const PROMCAST_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return closed_;
  }
  size_t size() const PROMCAST_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return queue_.size();
  }
  size_t capacity() const { return capacity_; }

 private:
  std::optional<T> TakeFront() PROMCAST_REQUIRES(mutex_) {
    if (queue_.empty()) return std::nullopt;
    std::optional<T> front(std::move(queue_.front()));
    queue_.pop_front();
    return front;
  }

  const size_t capacity_;
  mutable Mutex mutex_;
  CondVar not_empty_;
  std::deque<T> queue_ PROMCAST_GUARDED_BY(mutex_);
  bool closed_ PROMCAST_GUARDED_BY(mutex_) = false;
};

}  // namespace promcast
