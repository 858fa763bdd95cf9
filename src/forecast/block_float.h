#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "forecast/float4.h"

namespace promcast {

/// Numbers that share one unit, as 16-bit multiples of it ("block floating point"), for storage: each is off by at most
/// half a unit, which is 1/32767 of the largest magnitude among them. NaN stays NaN.
using BlockInt = int16_t;
inline constexpr BlockInt kBlockNaN = std::numeric_limits<BlockInt>::min();

/// Calls `use` with where vectors of four begin that cover `count` (at least four) places: the last one may overlap.
template <class Use>
void ForEachFour(size_t count, Use use) {
  for (size_t i = 0; i + 4 <= count; i += 4) use(i);
  if (count % 4 != 0) use(count - 4);
}

using BlockInt4 = BlockInt __attribute__((vector_size(8)));

/// Of numbers within the range of codes, rounded towards zero; what is not finite becomes kBlockNaN.
inline BlockInt4 BlockCodes(Float4 values) {
#ifdef __SSE2__
  // What has no integer becomes the least one, and the pack draws that to the least code.
  const __m128i codes = _mm_cvttps_epi32(values);
  const int64_t packed = _mm_cvtsi128_si64(_mm_packs_epi32(codes, codes));
  return std::bit_cast<BlockInt4>(packed);
#else
  const Mask4 known = Abs(values) <= std::numeric_limits<float>::max();
  const Mask4 codes = __builtin_convertvector(Where(known, values), Mask4);
  return __builtin_convertvector((codes & known) | (kBlockNaN & ~known), BlockInt4);
#endif
}

/// Writes `count` codes for finite values or NaN and returns their unit; 0 when all are zero (or below 1e-30).
inline float PackBlock(const float* values, size_t count, BlockInt* codes) {
  constexpr float kLargestFinite = std::numeric_limits<float>::max();
  constexpr float kLargestCode = std::numeric_limits<BlockInt>::max();
  if (count < 4) {
    std::array<float, 4> padded{};
    std::array<BlockInt, 4> all;
    std::copy_n(values, count, padded.begin());
    const float unit = PackBlock(padded.data(), padded.size(), all.data());
    std::copy_n(all.begin(), count, codes);
    return unit;
  }
  Float4 largest{};
  ForEachFour(count, [&](size_t i) {
    const Float4 magnitude = Abs(Load4(values + i));
    largest = Max(Where(magnitude <= kLargestFinite, magnitude), largest);
  });
  const float most = Largest(largest);
  const float inverse = most > 1e-30F ? kLargestCode / most : 0;
  ForEachFour(count, [&](size_t i) {
    const Float4 value = Load4(values + i);
    const auto half = Float4((Mask4(value) & std::numeric_limits<int32_t>::min()) | Mask4(All4(.5F)));
    const BlockInt4 code = BlockCodes(value * inverse + half);
    std::memcpy(codes + i, &code, sizeof(code));
  });
  return inverse > 0 ? most / kLargestCode : 0;
}

inline Mask4 Widened(BlockInt4 codes) {
#ifdef __SSE2__
  const __m128i twice = _mm_cvtsi64_si128(std::bit_cast<int64_t>(codes));
  return Mask4(_mm_srai_epi32(_mm_unpacklo_epi16(twice, twice), 16));
#else
  return __builtin_convertvector(codes, Mask4);
#endif
}

inline void UnpackBlock(const BlockInt* codes, size_t count, float unit, float* values) {
  constexpr auto kNaNBits = std::bit_cast<int32_t>(std::numeric_limits<float>::quiet_NaN());
  if (count < 4) {
    std::array<BlockInt, 4> padded{};
    std::array<float, 4> all;
    std::copy_n(codes, count, padded.begin());
    UnpackBlock(padded.data(), padded.size(), unit, all.data());
    std::copy_n(all.begin(), count, values);
    return;
  }
  ForEachFour(count, [&](size_t i) {
    BlockInt4 code;
    std::memcpy(&code, codes + i, sizeof(code));
    const Mask4 wide = Widened(code);
    const Float4 value = unit * __builtin_convertvector(wide, Float4);
    Store4(values + i, Float4(Mask4(value) | ((wide == kBlockNaN) & kNaNBits)));
  });
}

}  // namespace promcast
