#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace promcast {

/// Identity of a series: 128 bits, the wrapping sum of a mix of each label's name hash and value hash. A sum does not
/// depend on the order of the labels, and lets one label be exchanged without hashing the rest again. The seed is drawn
/// once per process, so that nobody outside can construct collisions; two series are the same when their fingerprints
/// are.
struct Fingerprint {
  uint64_t low = 0;
  uint64_t high = 0;
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;

  Fingerprint& operator+=(Fingerprint other) { return low += other.low, high += other.high, *this; }
  Fingerprint& operator-=(Fingerprint other) { return low -= other.low, high -= other.high, *this; }
};

/// Hash of one label name or label value under the process's seed; remote write 2.0 takes it once per symbol. Up to 16
/// bytes, as most names and values have, are two words and one folded multiplication (as wyhash ends:
/// https://github.com/wangyi-fudan/wyhash), longer ones XXH3.
inline uint64_t HashLabelText(std::string_view text, uint64_t seed) {
  const auto word = [](const char* at, size_t bytes) {
    uint64_t value = 0;
    std::memcpy(&value, at, bytes);
    return value;
  };
  const size_t size = text.size();
  const char* const end = text.data() + size;
  uint64_t first = 0;
  uint64_t last = 0;
  if (size > 16) return XXH3_64bits_withSeed(text.data(), size, seed);
  if (size >= 8) {
    first = word(text.data(), 8);
    last = word(end - 8, 8);
  } else if (size >= 4) {
    first = word(text.data(), 4);
    last = word(end - 4, 4);
  } else if (size > 0) {
    first = word(text.data(), 1) << 8 | word(text.data() + size / 2, 1);
    last = word(end - 1, 1);
  }
  const unsigned __int128 product = static_cast<unsigned __int128>(first ^ (seed + 0x9E3779B97F4A7C15u)) *
                                    (last ^ (std::rotl(seed, 32) + 0xD1B54A32D192ED03u * (size + 1)));
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

/// What one label adds to its series' fingerprint. The product of two random words is what makes the sum a hash (NH:
/// Black et al. 1999, "UMAC").
inline Fingerprint LabelFingerprint(uint64_t name_hash, uint64_t value_hash) {
  const auto product = static_cast<unsigned __int128>(name_hash + 0x9E3779B97F4A7C15u) * (value_hash | 1);
  const auto low = static_cast<uint64_t>(product);
  const auto high = static_cast<uint64_t>(product >> 64);
  return {low ^ high, high + value_hash};
}

inline Fingerprint LabelFingerprint(std::string_view name, std::string_view value, uint64_t seed) {
  return LabelFingerprint(HashLabelText(name, seed), HashLabelText(value, seed));
}

/// For hash tables: the fingerprint is already random.
struct FingerprintHash {
  size_t operator()(const Fingerprint& f) const { return f.low; }
};

}  // namespace promcast
