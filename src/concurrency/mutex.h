#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "concurrency/thread_annotations.h"

namespace promcast {

/// std::mutex that Clang's thread-safety analysis knows.
class PROMCAST_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() PROMCAST_ACQUIRE() { mutex_.lock(); }
  void Unlock() PROMCAST_RELEASE() { mutex_.unlock(); }
  bool TryLock() PROMCAST_TRY_ACQUIRE(true) { return mutex_.try_lock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

/// Holds a mutex for a scope.
class PROMCAST_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) PROMCAST_ACQUIRE(mutex) : mutex_(mutex) { mutex_.Lock(); }
  ~MutexLock() PROMCAST_RELEASE() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// A condition variable for Mutex. Every wait takes its predicate, which is called with the mutex held; under Clang's
/// analysis a lambda that reads guarded fields says so: `[this]() PROMCAST_REQUIRES(mutex_) { return !queue_.empty();
/// }`.
class CondVar {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  template <typename Predicate>
  void Wait(Mutex& mutex, Predicate predicate) PROMCAST_REQUIRES(mutex) PROMCAST_NO_THREAD_SAFETY_ANALYSIS {
    Held held(mutex);
    cond_.wait(held.lock, std::move(predicate));
  }
  /// Returns the predicate's value at the end: false when the deadline passed first.
  template <typename Predicate>
  bool WaitUntil(Mutex& mutex, SteadyTime deadline, Predicate predicate)
      PROMCAST_REQUIRES(mutex) PROMCAST_NO_THREAD_SAFETY_ANALYSIS {
    Held held(mutex);
    return cond_.wait_until(held.lock, deadline, std::move(predicate));
  }
  template <typename Predicate>
  bool WaitFor(Mutex& mutex, std::chrono::nanoseconds timeout, Predicate predicate)
      PROMCAST_REQUIRES(mutex) PROMCAST_NO_THREAD_SAFETY_ANALYSIS {
    return WaitUntil(mutex, std::chrono::steady_clock::now() + timeout, std::move(predicate));
  }
  void NotifyOne() { cond_.notify_one(); }
  void NotifyAll() { cond_.notify_all(); }

 private:
  /// Lends the caller's lock to the standard library and gives it back still held.
  struct Held {
    explicit Held(Mutex& mutex) : lock(mutex.mutex_, std::adopt_lock) {}
    ~Held() { lock.release(); }
    std::unique_lock<std::mutex> lock;
  };
  std::condition_variable cond_;
};

}  // namespace promcast
