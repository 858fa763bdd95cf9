#include "intervals/checked_band.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace promcast {
namespace {
constexpr float kWholeShare = 255;
}

void CheckedBand::Write(float point, std::span<const double> half_widths) {
  const auto widest = static_cast<float>(*std::max_element(half_widths.begin(), half_widths.end()));
  const auto upper = static_cast<uint16_t>((uint64_t{std::bit_cast<uint32_t>(widest)} + 0x8000) >> 16);
  if (!std::isfinite(point) || !std::isfinite(std::bit_cast<float>(uint32_t{upper} << 16))) return Clear();
  std::memcpy(code_, &point, kPointBytes);
  std::memcpy(code_ + kPointBytes, &upper, kWidestBytes);
  double least = 0;
  for (size_t i = 0; i + 1 < half_widths.size(); i++) {
    least = std::max(least, half_widths[i]);
    const auto share = widest > 0 ? static_cast<uint8_t>(std::lround(kWholeShare * least / widest)) : uint8_t{0};
    code_[kPointBytes + kWidestBytes + i] = std::byte{share};
  }
}

void CheckedBand::Clear() {
  constexpr float kNothing = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(code_, &kNothing, kPointBytes);
}

float CheckedBand::Read(std::span<float> half_widths) const {
  float point = 0;
  uint16_t upper = 0;
  std::memcpy(&point, code_, kPointBytes);
  std::memcpy(&upper, code_ + kPointBytes, kWidestBytes);
  const float widest = std::bit_cast<float>(uint32_t{upper} << 16);
  for (size_t i = 0; i < half_widths.size(); i++) half_widths[i] = widest;
  for (size_t i = 0; i + 1 < half_widths.size(); i++) {
    half_widths[i] *= std::to_integer<int>(code_[kPointBytes + kWidestBytes + i]) / kWholeShare;
  }
  return point;
}

}  // namespace promcast
