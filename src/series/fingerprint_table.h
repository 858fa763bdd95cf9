#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "timeseries/fingerprint.h"

namespace promcast {

/// Fingerprint -> slot number. Open addressing with linear probing in 24 bytes an entry, at most four fifths full; an
/// erased entry is closed by moving its followers back, so there are no tombstones and probes stay short. Not
/// thread-safe.
///
/// Growth doubles the table at once: the insertion that triggers it at a million entries takes about 20 ms. The table
/// does not shrink. Source: Knuth, The Art of Computer Programming 3, 6.4, algorithm R.
class FingerprintTable {
 public:
  /// All 32-bit numbers but this one can be slots.
  static constexpr uint32_t kNoSlot = 0xFFFFFFFF;

  std::optional<uint32_t> Find(const Fingerprint& fingerprint) const {
    if (size_ == 0) return std::nullopt;
    for (size_t at = Home(fingerprint);; at = Next(at)) {
      const Entry& entry = entries_[at];
      if (entry.slot_plus_one == 0) return std::nullopt;
      if (entry.fingerprint() == fingerprint) return entry.slot_plus_one - 1;
    }
  }

  /// Starts to load what Find() will look at; to be called for a batch of fingerprints before the first is looked up.
  void Prefetch(const Fingerprint& fingerprint) const {
    if (entries_ != nullptr) __builtin_prefetch(&entries_[Home(fingerprint)]);
  }

  /// False, and nothing changed, when the fingerprint is there already.
  bool Insert(const Fingerprint& fingerprint, uint32_t slot) {
    if (Find(fingerprint)) return false;
    if ((size_ + 1) * 5 > capacity() * 4) Grow();
    InsertNew(Entry(fingerprint, slot));
    size_++;
    return true;
  }

  /// False when the fingerprint is not there.
  bool Erase(const Fingerprint& fingerprint) {
    if (size_ == 0) return false;
    size_t hole = Home(fingerprint);
    while (!(entries_[hole].fingerprint() == fingerprint) || entries_[hole].slot_plus_one == 0) {
      if (entries_[hole].slot_plus_one == 0) return false;
      hole = Next(hole);
    }
    for (size_t at = Next(hole); entries_[at].slot_plus_one != 0; at = Next(at)) {
      const size_t from_home = (at - Home(entries_[at].fingerprint())) & mask_;
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
    Entry() = default;
    Entry(const Fingerprint& f, uint32_t slot) : low(f.low), high(f.high), slot_plus_one(slot + 1) {}
    Fingerprint fingerprint() const { return {low, high}; }

    uint64_t low = 0;
    uint64_t high = 0;
    uint32_t slot_plus_one = 0;  // 0: free
  };
  static_assert(sizeof(Entry) <= 24);

  /// Shards are told apart by some bits of the fingerprint, which then are equal throughout a table: all bits are mixed
  /// into the highest (Fibonacci hashing).
  size_t Home(const Fingerprint& f) const {
    return static_cast<size_t>(((f.low ^ std::rotl(f.high, 32)) * 0x9E3779B97F4A7C15u) >> shift_);
  }
  size_t Next(size_t at) const { return (at + 1) & mask_; }

  void InsertNew(const Entry& entry) {
    size_t at = Home(entry.fingerprint());
    while (entries_[at].slot_plus_one != 0) at = Next(at);
    entries_[at] = entry;
  }

  void Grow() {
    const size_t before = capacity();
    const size_t after = before == 0 ? kFirstCapacity : before * 2;
    const std::unique_ptr<Entry[]> old = std::exchange(entries_, std::make_unique<Entry[]>(after));
    mask_ = after - 1;
    shift_ = 64 - std::countr_zero(after);
    for (size_t i = 0; i < before; i++) {
      if (old[i].slot_plus_one != 0) InsertNew(old[i]);
    }
  }

  std::unique_ptr<Entry[]> entries_;
  size_t mask_ = 0;
  int shift_ = 0;
  size_t size_ = 0;
};

}  // namespace promcast
