#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace promcast {

/// Four numbers that are added, multiplied and compared at once, in what every x86-64 and every AArch64 has. Sums go
/// over the lanes in a fixed order, so that all machines agree to the last bit.
using Float4 = float __attribute__((vector_size(16)));
/// What a comparison of Float4 gives: all bits of a lane where it holds, else none.
using Mask4 = int32_t __attribute__((vector_size(16)));

inline Float4 Load4(const float* from) {
  Float4 x;
  std::memcpy(&x, from, sizeof(x));
  return x;
}
inline void Store4(float* to, Float4 x) {
  std::memcpy(to, &x, sizeof(x));
}
/// The first `count` (1 to 4) lanes; nothing beyond is touched.
template <size_t count>
Float4 LoadFirst(const float* from) {
  Float4 x{};
  std::memcpy(&x, from, count * sizeof(float));
  return x;
}
template <size_t count>
void StoreFirst(float* to, Float4 x) {
  std::memcpy(to, &x, count * sizeof(float));
}

/// The lanes where the mask holds, zero elsewhere.
inline Float4 Where(Mask4 mask, Float4 x) {
  return Float4(Mask4(x) & mask);
}
/// The lanes where the mask holds from the first, else from the second.
inline Float4 Select(Mask4 mask, Float4 x, Float4 y) {
  return Float4((Mask4(x) & mask) | (Mask4(y) & ~mask));
}
/// Of two numbers; the second where one is NaN.
inline Float4 Min(Float4 x, Float4 y) {
#ifdef __SSE2__
  return _mm_min_ps(x, y);
#else
  return Select(x < y, x, y);
#endif
}
inline Float4 Max(Float4 x, Float4 y) {
#ifdef __SSE2__
  return _mm_max_ps(x, y);
#else
  return Select(x > y, x, y);
#endif
}
inline Float4 Abs(Float4 x) {
  return Float4(Mask4(x) & 0x7fffffff);
}
inline Float4 All4(float x) {
  return Float4{x, x, x, x};
}
/// The first `count` lanes, zero elsewhere.
template <size_t count>
Float4 FirstLanes(Float4 x) {
  constexpr Mask4 kKept{count > 0 ? -1 : 0, count > 1 ? -1 : 0, count > 2 ? -1 : 0, count > 3 ? -1 : 0};
  return Where(kKept, x);
}

inline float Sum(Float4 x) {
  const Float4 pairs = x + __builtin_shufflevector(x, x, 2, 3, 2, 3);
  return pairs[0] + pairs[1];
}
inline float Smallest(Float4 x) {
  const Float4 pairs = Min(x, __builtin_shufflevector(x, x, 2, 3, 2, 3));
  return pairs[0] < pairs[1] ? pairs[0] : pairs[1];
}
inline float Largest(Float4 x) {
  const Float4 pairs = Max(x, __builtin_shufflevector(x, x, 2, 3, 2, 3));
  return pairs[0] > pairs[1] ? pairs[0] : pairs[1];
}
/// Lane i: the sum over the lanes of the ith.
inline Float4 Sums(Float4 a, Float4 b, Float4 c, Float4 d) {
  const Float4 low_ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);  // a0 b0 a1 b1
  const Float4 high_ab = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Float4 low_cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const Float4 high_cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const Float4 ab = low_ab + high_ab;
  const Float4 cd = low_cd + high_cd;
  return __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}
/// Lane i: the sum of the lanes up to it.
inline Float4 RunningSums(Float4 x) {
  constexpr Float4 zero{};
  x += __builtin_shufflevector(zero, x, 0, 4, 5, 6);
  return x + __builtin_shufflevector(zero, x, 0, 1, 4, 5);
}

}  // namespace promcast
