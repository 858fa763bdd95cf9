#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace promcast {

/// Numbers that share one unit, as 16-bit multiples of it ("block floating point"), for storage: each is off by at most
/// half a unit, which is 1/32767 of the largest magnitude among them. NaN stays NaN. The loops have no branches, so
/// that a compiler makes vector code of them.
using BlockInt = int16_t;
inline constexpr BlockInt kBlockNaN = std::numeric_limits<BlockInt>::min();

/// Writes `count` codes for finite values or NaN and returns their unit; 0 when all are zero (or below 1e-30).
inline float PackBlock(const float* values, size_t count, BlockInt* codes) {
  constexpr int32_t kMagnitude = 0x7fffffff, kLargestFinite = 0x7f7fffff;
  constexpr float kLargestCode = std::numeric_limits<BlockInt>::max();
  int32_t largest = 0;  // magnitudes compare as their bits do
  for (size_t i = 0; i < count; i++) {
    const int32_t magnitude = std::bit_cast<int32_t>(values[i]) & kMagnitude;
    largest = std::max(largest, magnitude > kLargestFinite ? 0 : magnitude);
  }
  const auto most = std::bit_cast<float>(largest);
  const float inverse = most > 1e-30F ? kLargestCode / most : 0;
  for (size_t i = 0; i < count; i++) {
    const auto bits = std::bit_cast<int32_t>(values[i]);
    const int32_t known = (bits & kMagnitude) > kLargestFinite ? 0 : -1;
    const auto half = std::bit_cast<float>((bits & ~kMagnitude) | std::bit_cast<int32_t>(.5F));
    const auto code = static_cast<int32_t>(std::bit_cast<float>(bits & known) * inverse + half);
    codes[i] = static_cast<BlockInt>((code & known) | (kBlockNaN & ~known));
  }
  return inverse > 0 ? most / kLargestCode : 0;
}

inline void UnpackBlock(const BlockInt* codes, size_t count, float unit, float* values) {
  constexpr auto kNaNBits = std::bit_cast<int32_t>(std::numeric_limits<float>::quiet_NaN());
  for (size_t i = 0; i < count; i++) {
    const int32_t nan = codes[i] == kBlockNaN ? kNaNBits : 0;
    values[i] = std::bit_cast<float>(std::bit_cast<int32_t>(unit * static_cast<float>(codes[i])) | nan);
  }
}

}  // namespace promcast
