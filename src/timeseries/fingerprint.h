#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace promcast {

/// Identity of a series: 128 bits, the wrapping sum of a mix of each label's name hash and value hash. A sum does not
/// depend on the order of the labels, and lets one label be exchanged without hashing the rest again. The seed is drawn
/// once per process, so that nobody outside can construct collisions; two series are the same when their fingerprints are.
struct Fingerprint {
  uint64_t low = 0;
  uint64_t high = 0;
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;

  Fingerprint& operator+=(Fingerprint other) { return low += other.low, high += other.high, *this; }
  Fingerprint& operator-=(Fingerprint other) { return low -= other.low, high -= other.high, *this; }
};

/// Hash of one label name or label value under the process's seed; remote write 2.0 takes it once per symbol.
inline uint64_t HashLabelText(std::string_view text, uint64_t seed) { return XXH3_64bits_withSeed(text.data(), text.size(), seed); }

/// What one label adds to its series' fingerprint.
inline Fingerprint LabelFingerprint(uint64_t name_hash, uint64_t value_hash) {
  const auto product = static_cast<unsigned __int128>(name_hash ^ 0x9E3779B97F4A7C15u) * (value_hash ^ 0xD1B54A32D192ED03u);
  const auto low = static_cast<uint64_t>(product);
  const auto high = static_cast<uint64_t>(product >> 64);
  return {low ^ high, (name_hash + 0x2545F4914F6CDD1Du) * 0x9FB21C651E98DF25u ^ (value_hash + high)};
}

inline Fingerprint LabelFingerprint(std::string_view name, std::string_view value, uint64_t seed) {
  return LabelFingerprint(HashLabelText(name, seed), HashLabelText(value, seed));
}

/// For hash tables: the fingerprint is already random.
struct FingerprintHash {
  size_t operator()(const Fingerprint& f) const { return f.low; }
};

}  // namespace promcast
