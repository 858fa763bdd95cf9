#pragma once

#include <atomic>
#include <cstddef>

#include "pipeline/memory_watch.h"

namespace promcast {

/// Counts against the limits that all shards share. Thread-safe.
class Quota {
 public:
  /// True when `n` more fit under `limit`; they are then taken.
  bool Take(size_t n, size_t limit) {
    if (used_.fetch_add(n, std::memory_order_relaxed) + n <= limit) return true;
    used_.fetch_sub(n, std::memory_order_relaxed);
    return false;
  }
  void Return(size_t n) { used_.fetch_sub(n, std::memory_order_relaxed); }
  size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  std::atomic<size_t> used_{0};
};

/// The quotas of `limits:` in the configuration.
struct Admission {
  Quota series;  ///< with a model
  Quota output_series;
  std::atomic<bool> memory_full{false};      ///< no new series until memory is below its limit again
  std::atomic<bool> memory_pressed{false};   ///< series with more than `relief` allows give it up, one after the other
  std::atomic<uint64_t> relieved_series{0};  ///< how often one gave something up
  std::atomic<MemoryRelief> relief{MemoryRelief::kNone};  ///< what new series do without
};

}  // namespace promcast
