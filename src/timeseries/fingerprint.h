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

/// The first and the last bytes of a text, overlapping in the middle: up to 16 bytes, they and the size tell all of it.
struct EdgeWords {
  static constexpr size_t kWholeTextBytes = 16;

  uint64_t first = 0;
  uint64_t last = 0;

  EdgeWords() = default;
  explicit EdgeWords(std::string_view text) {
    const char* const end = text.data() + text.size();
    if (text.size() >= 8) {
      first = Word(text.data(), 8);
      last = Word(end - 8, 8);
    } else if (text.size() >= 4) {
      first = Word(text.data(), 4);
      last = Word(end - 4, 4);
    } else if (!text.empty()) {
      first = Word(text.data(), 1) << 8 | Word(text.data() + text.size() / 2, 1);
      last = Word(end - 1, 1);
    }
  }
  friend bool operator==(const EdgeWords&, const EdgeWords&) = default;

  static uint64_t Word(const char* at, size_t bytes) {
    uint64_t value = 0;
    std::memcpy(&value, at, bytes);
    return value;
  }
};

/// The upper half of a product. (The lower one is multiplied anew: GCC stores a whole product before it takes it
/// apart.)
inline uint64_t HighProduct(uint64_t a, uint64_t b) {
  return static_cast<uint64_t>(static_cast<unsigned __int128>(a) * b >> 64);
}

/// The two halves of a product, one upon the other, as wyhash mixes (https://github.com/wangyi-fudan/wyhash).
inline uint64_t FoldedProduct(uint64_t a, uint64_t b) {
  return (a * b) ^ HighProduct(a, b);
}

/// Two words of a text of `size` bytes under keys of their place in it.
inline uint64_t FoldedWords(const EdgeWords& words, size_t size, uint64_t seed, uint64_t first_key, uint64_t last_key) {
  return FoldedProduct(words.first ^ (seed + first_key), words.last ^ (std::rotl(seed, 32) + last_key * (size + 1)));
}

/// HashLabelText of a text of up to 16 bytes, and what the first 16 of a longer one add to it.
inline uint64_t HashShortLabelText(const EdgeWords& words, size_t size, uint64_t seed) {
  return FoldedWords(words, size, seed, 0x9E3779B97F4A7C15u, 0xD1B54A32D192ED03u);
}

/// Hash of one label name or label value under the process's seed; remote write 2.0 takes it once per symbol. Up to 16
/// bytes, as most names and values have, one folded product, up to 48 one for each 16 bytes, longer ones XXH3.
inline uint64_t HashLabelText(std::string_view text, uint64_t seed) {
  constexpr size_t kStep = EdgeWords::kWholeTextBytes;
  const size_t size = text.size();
  if (size <= kStep) return HashShortLabelText(EdgeWords(text), size, seed);
  if (size > 3 * kStep) return XXH3_64bits_withSeed(text.data(), size, seed);
  const auto words = [&](size_t at) { return EdgeWords(text.substr(at, kStep)); };
  const uint64_t edges = HashShortLabelText(words(0), size, seed) ^
                         FoldedWords(words(size - kStep), size, seed, 0xA0761D6478BD642Fu, 0xE7037ED1A0B428DBu);
  if (size <= 2 * kStep) return edges;
  return edges ^ FoldedWords(words(kStep), size, seed, 0x8EBC6AF09C88C6E3u, 0x589965CC75374CC3u);
}

/// What one label adds to its series' fingerprint. The product of two random words is what makes the sum a hash (NH:
/// Black et al. 1999, "UMAC").
inline Fingerprint LabelFingerprint(uint64_t name_hash, uint64_t value_hash) {
  const uint64_t name_factor = name_hash + 0x9E3779B97F4A7C15u;
  const uint64_t low = name_factor * (value_hash | 1);
  const uint64_t high = HighProduct(name_factor, value_hash | 1);
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
