#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace promcast {

/// A number in IEEE 754 binary16, for storage: eleven significant bits, 6e-5 to 65504. Below that it is zero, above it
/// the largest; NaN stays NaN. Whole arrays are converted without branches, so that a compiler makes vector code of
/// them.
using HalfFloat = uint16_t;

inline HalfFloat ToHalf(float value) {
  constexpr uint32_t kBias = 112U << 23;  // difference of the two formats' exponents
  constexpr uint32_t kLargest = 0x7bff, kNaN = 0x7e00;
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = bits >> 16 & 0x8000U;
  const auto magnitude = static_cast<int32_t>(bits & 0x7fffffffU);
  const auto shifted = static_cast<int32_t>(magnitude - static_cast<int32_t>(kBias));
  int32_t half = (shifted + 0xfff + (shifted >> 13 & 1)) >> 13;  // to nearest, ties to even
  half = half > static_cast<int32_t>(kLargest) ? static_cast<int32_t>(kLargest) : half;
  half = shifted < (1 << 23) ? 0 : half;
  half = magnitude > 0x7f800000 ? static_cast<int32_t>(kNaN) : half;
  return static_cast<HalfFloat>(sign | static_cast<uint32_t>(half));
}

inline float FromHalf(HalfFloat half) {
  const uint32_t magnitude = half & 0x7fffU;
  uint32_t bits = (magnitude << 13) + (112U << 23);
  bits = magnitude < 0x0400U ? 0 : bits;
  bits = magnitude > 0x7c00U ? 0x7fc00000U : bits;
  return std::bit_cast<float>(bits | (half & 0x8000U) << 16);
}

template <size_t N>
void ToHalf(std::span<const float, N> values, HalfFloat* out) {
  for (size_t i = 0; i < N; i++) out[i] = ToHalf(values[i]);
}

template <size_t N>
void FromHalf(const HalfFloat* halves, std::span<float, N> out) {
  for (size_t i = 0; i < N; i++) out[i] = FromHalf(halves[i]);
}

}  // namespace promcast
