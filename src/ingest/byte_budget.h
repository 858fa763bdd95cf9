#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace promcast {

/// A bound on memory shared by all requests in flight. Thread-safe, lock-free.
class ByteBudget {
 public:
  explicit ByteBudget(size_t limit_bytes) : limit_(limit_bytes) {}

  /// Memory taken from the budget until it is destroyed. Movable.
  class Reservation {
   public:
    Reservation() = default;
    Reservation(Reservation&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Reservation& operator=(Reservation&& other) noexcept {
      Release();
      budget_ = std::exchange(other.budget_, nullptr), bytes_ = std::exchange(other.bytes_, 0);
      return *this;
    }
    ~Reservation() { Release(); }
    size_t bytes() const { return bytes_; }
    /// Takes more, up to `bytes` in all; false, with nothing changed, when the budget would not keep `leave_bytes`
    /// free.
    bool GrowTo(size_t bytes, size_t leave_bytes = 0) {
      if (bytes <= bytes_) return true;
      if (budget_ == nullptr || !budget_->Take(bytes - bytes_, leave_bytes)) return false;
      bytes_ = bytes;
      return true;
    }
    void Release() {
      if (budget_ != nullptr) budget_->used_.fetch_sub(bytes_, std::memory_order_relaxed);
      budget_ = nullptr, bytes_ = 0;
    }

   private:
    friend class ByteBudget;
    explicit Reservation(ByteBudget* budget) : budget_(budget) {}
    ByteBudget* budget_ = nullptr;
    size_t bytes_ = 0;
  };

  /// An empty reservation, to be grown.
  Reservation Open() { return Reservation(this); }
  size_t used_bytes() const { return used_.load(std::memory_order_relaxed); }
  size_t limit_bytes() const { return limit_; }

 private:
  bool Take(size_t bytes, size_t leave_bytes) {
    if (leave_bytes > limit_) return false;
    const size_t takeable = limit_ - leave_bytes;
    size_t used = used_.load(std::memory_order_relaxed);
    do {
      if (used > takeable || bytes > takeable - used) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }

  const size_t limit_;
  std::atomic<size_t> used_{0};
};

}  // namespace promcast
