#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "timeseries/fingerprint.h"

namespace promcast {

/// All of a fingerprint's bits, mixed into the highest (Fibonacci hashing): shards are told apart by some of them,
/// which then are equal throughout a table.
inline uint32_t MixedBits(const Fingerprint& f) {
  return static_cast<uint32_t>(((f.low ^ std::rotl(f.high, 32)) * 0x9E3779B97F4A7C15u) >> 32);
}

/// A key that tells fingerprints apart by 96 of their bits, so that four entries fill a line of the cache: among a
/// billion series the odds that any two share them are one in 10^11.
struct FingerprintKey {
  explicit FingerprintKey(const Fingerprint& f)
      : low_words{static_cast<uint32_t>(f.low), static_cast<uint32_t>(f.low >> 32)},
        high_word(static_cast<uint32_t>(f.high)) {}
  uint32_t bits() const { return MixedBits({uint64_t{low_words[1]} << 32 | low_words[0], high_word}); }
  friend bool operator==(const FingerprintKey&, const FingerprintKey&) = default;
  uint32_t low_words[2], high_word;
};

/// A key of 32 bits that other fingerprints may have too: whoever uses it tells by the slot which one is meant.
struct FingerprintTag {
  explicit FingerprintTag(const Fingerprint& f) : mixed(MixedBits(f)) {}
  uint32_t bits() const { return mixed; }
  friend bool operator==(const FingerprintTag&, const FingerprintTag&) = default;
  uint32_t mixed;
};

/// Fingerprint -> slot number. Open addressing with linear probing, at most four fifths full; an erased entry is closed
/// by moving its followers back, so there are no tombstones and probes stay short. Not thread-safe.
///
/// Growth doubles the table at once: the insertion that triggers it at a million entries takes about 20 ms. The table
/// does not shrink. Source: Knuth, The Art of Computer Programming 3, 6.4, algorithm R.
template <class Key>
class ProbedTable {
 public:
  /// All 32-bit numbers but this one can be slots.
  static constexpr uint32_t kNoSlot = 0xFFFFFFFF;

  struct AnySlot {
    bool operator()(uint32_t) const { return true; }
  };

  /// The slot under that key for which `is_meant(slot)`.
  template <class IsMeant = AnySlot>
  std::optional<uint32_t> Find(const Fingerprint& fingerprint, IsMeant is_meant = {}) const {
    if (size_ == 0) return std::nullopt;
    const Key key(fingerprint);
    for (size_t at = Home(key);; at = Next(at)) {
      const Entry& entry = entries_[at];
      if (entry.slot_plus_one == 0) return std::nullopt;
      if (entry.key == key && is_meant(entry.slot_plus_one - 1)) return entry.slot_plus_one - 1;
    }
  }

  /// Starts to load what Find() will look at; to be called for a batch of fingerprints before the first is looked up.
  void Prefetch(const Fingerprint& fingerprint) const {
    if (entries_ != nullptr) __builtin_prefetch(&entries_[Home(Key(fingerprint))]);
  }

  /// False, and nothing changed, when the key is there already.
  bool Insert(const Fingerprint& fingerprint, uint32_t slot) {
    if (Find(fingerprint)) return false;
    InsertNew(fingerprint, slot);
    return true;
  }
  /// The slot must not be there yet; the key may, where it is no more than a tag.
  void InsertNew(const Fingerprint& fingerprint, uint32_t slot) {
    if ((size_ + 1) * 5 > capacity() * 4) Grow();
    Place({Key(fingerprint), slot + 1});
    size_++;
  }

  /// False when there is no slot under that key for which `is_meant(slot)`.
  template <class IsMeant = AnySlot>
  bool Erase(const Fingerprint& fingerprint, IsMeant is_meant = {}) {
    if (size_ == 0) return false;
    const Key key(fingerprint);
    size_t hole = Home(key);
    while (entries_[hole].slot_plus_one == 0 || !(entries_[hole].key == key) ||
           !is_meant(entries_[hole].slot_plus_one - 1)) {
      if (entries_[hole].slot_plus_one == 0) return false;
      hole = Next(hole);
    }
    for (size_t at = Next(hole); entries_[at].slot_plus_one != 0; at = Next(at)) {
      const size_t from_home = (at - Home(entries_[at].key)) & mask_;
      if (from_home < ((at - hole) & mask_)) continue;  // it would lie before its home
      entries_[hole] = entries_[at];
      hole = at;
    }
    entries_[hole] = Entry();
    size_--;
    return true;
  }

  size_t size() const { return size_; }
  size_t capacity() const { return entries_ == nullptr ? 0 : mask_ + 1; }
  size_t allocated_bytes() const { return capacity() * sizeof(Entry); }

 private:
  static constexpr size_t kFirstCapacity = 16;

  struct Entry {
    Key key{Fingerprint()};
    uint32_t slot_plus_one = 0;  // 0: free
  };

  size_t Home(const Key& key) const { return key.bits() >> shift_; }
  size_t Next(size_t at) const { return (at + 1) & mask_; }

  void Place(const Entry& entry) {
    size_t at = Home(entry.key);
    while (entries_[at].slot_plus_one != 0) at = Next(at);
    entries_[at] = entry;
  }

  void Grow() {
    const size_t before = capacity();
    const size_t after = before == 0 ? kFirstCapacity : before * 2;
    const std::unique_ptr<Entry[]> old = std::exchange(entries_, std::make_unique<Entry[]>(after));
    mask_ = after - 1;
    shift_ = 32 - std::countr_zero(after);
    for (size_t i = 0; i < before; i++) {
      if (old[i].slot_plus_one != 0) Place(old[i]);
    }
  }

  std::unique_ptr<Entry[]> entries_;
  size_t mask_ = 0;
  int shift_ = 0;
  size_t size_ = 0;
};

/// 16 bytes an entry.
using FingerprintTable = ProbedTable<FingerprintKey>;
/// 8 bytes an entry, for owners that keep the fingerprints themselves.
using FingerprintTagTable = ProbedTable<FingerprintTag>;

}  // namespace promcast
