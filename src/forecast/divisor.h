#pragma once

#include <cstdint>

namespace promcast {

/// A divisor that many numbers are divided by: a multiplication takes the division's place (Lemire, Kaser and Kurz
/// 2019, "Faster remainder by direct computation").
class Divisor {
 public:
  /// At least 1.
  explicit constexpr Divisor(uint32_t by) : by_(by), inverse_(by > 1 ? UINT64_MAX / by + 1 : 0) {}

  /// Of a number that is not negative.
  constexpr int64_t Quotient(int64_t number) const {
    if (by_ == 1) return number;
    const auto dividend = static_cast<uint64_t>(number);
    if (dividend >> 32 != 0) return number / by_;
    return static_cast<int64_t>(static_cast<Wide>(inverse_) * dividend >> 64);
  }
  constexpr int64_t by() const { return by_; }
  constexpr int64_t Remainder(int64_t number) const { return number - Quotient(number) * by_; }

 private:
  __extension__ using Wide = unsigned __int128;

  int64_t by_;
  uint64_t inverse_;  // 2^64 / by, rounded up
};

}  // namespace promcast
