#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "series/fingerprint_table.h"
#include "timeseries/fingerprint.h"

namespace promcast {

/// The series of one shard: finds a series' state by fingerprint and keeps it at a fixed address, named by a slot
/// number, until it is erased; slots of erased series are used again. Not thread-safe: each shard owns one.
template <class State>
class Registry {
 public:
  Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry() {
    Visit([this](uint32_t slot, State&) { At(slot).~Series(); });
  }

  std::optional<uint32_t> Find(const Fingerprint& fingerprint) const {
    return table_.Find(fingerprint, [&](uint32_t slot) { return this->fingerprint(slot) == fingerprint; });
  }
  /// See FingerprintTable::Prefetch().
  void Prefetch(const Fingerprint& fingerprint) const { table_.Prefetch(fingerprint); }

  /// The state that most likely is the one under `fingerprint`, null when none is; its memory is asked for, so that it
  /// is there a little later.
  const State* Fetch(const Fingerprint& fingerprint) const {
    const auto slot = table_.Find(fingerprint);
    if (!slot) return nullptr;
    __builtin_prefetch(Memory(*slot));
    __builtin_prefetch(Memory(*slot) + sizeof(Series) - 1);
    return &std::launder(reinterpret_cast<const Series*>(Memory(*slot)))->state;
  }

  /// The slot of the new state. The fingerprint must not be there yet.
  template <class From = State>
  uint32_t Insert(const Fingerprint& fingerprint, From&& state) {
    if (free_.empty()) AddChunk();
    const uint32_t slot = free_.back();
    assert(!Find(fingerprint));
    table_.InsertNew(fingerprint, slot);
    free_.pop_back();
    new (Memory(slot)) Series{std::forward<From>(state), fingerprint};
    live_[slot / kSlotsPerChunk] |= Bit(slot);
    return slot;
  }

  /// `slot` must be in use.
  void Erase(uint32_t slot) {
    assert(InUse(slot));
    table_.Erase(fingerprint(slot), [slot](uint32_t other) { return other == slot; });
    live_[slot / kSlotsPerChunk] &= ~Bit(slot);
    At(slot).~Series();
    free_.push_back(slot);
  }

  /// Whether a slot number, which may be stale, names a series now.
  bool InUse(uint32_t slot) const { return slot < slot_count() && (live_[slot / kSlotsPerChunk] & Bit(slot)) != 0; }
  State& operator[](uint32_t slot) { return At(slot).state; }
  const State& operator[](uint32_t slot) const { return At(slot).state; }
  const Fingerprint& fingerprint(uint32_t slot) const { return At(slot).fingerprint; }

  /// Calls `visit(uint32_t slot, State&)` for each series in order of slots. It may erase the slot it is given, and no
  /// other; it must not insert.
  template <class Visitor>
  void Visit(Visitor&& visit) {
    for (size_t c = 0; c < chunks_.size(); c++) {
      for (uint64_t left = live_[c]; left != 0; left &= left - 1) {
        const auto slot = static_cast<uint32_t>(c * kSlotsPerChunk + static_cast<size_t>(std::countr_zero(left)));
        visit(slot, At(slot).state);
      }
    }
  }

  size_t size() const { return table_.size(); }
  /// All slots ever in use at once are below this.
  size_t slot_count() const { return chunks_.size() * kSlotsPerChunk; }
  /// Heap memory held; what the states themselves hold outside of sizeof(State) is not counted. Never shrinks.
  size_t allocated_bytes() const {
    return table_.allocated_bytes() + chunks_.size() * sizeof(Chunk) + chunks_.capacity() * sizeof(chunks_[0]) +
           live_.capacity() * sizeof(live_[0]) + free_.capacity() * sizeof(uint32_t);
  }

 private:
  static constexpr size_t kSlotsPerChunk = 64;

  struct Series {
    State state;
    Fingerprint fingerprint;
  };
  /// Nothing but series, so that its size stays near one of the allocator's.
  struct Chunk {
    alignas(Series) std::array<std::byte, kSlotsPerChunk * sizeof(Series)> series;
  };

  static uint64_t Bit(uint32_t slot) { return uint64_t{1} << (slot % kSlotsPerChunk); }
  std::byte* Memory(uint32_t slot) const {
    return chunks_[slot / kSlotsPerChunk]->series.data() + slot % kSlotsPerChunk * sizeof(Series);
  }
  Series& At(uint32_t slot) { return *std::launder(reinterpret_cast<Series*>(Memory(slot))); }
  const Series& At(uint32_t slot) const { return *std::launder(reinterpret_cast<const Series*>(Memory(slot))); }

  void AddChunk() {
    const size_t first = slot_count();
    chunks_.push_back(std::make_unique_for_overwrite<Chunk>());
    live_.push_back(0);
    free_.reserve(free_.size() + kSlotsPerChunk);
    for (size_t i = kSlotsPerChunk; i > 0; i--) free_.push_back(static_cast<uint32_t>(first + i - 1));
  }

  FingerprintTagTable table_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<uint64_t> live_;  // a chunk each; bit i: its slot i is in use
  std::vector<uint32_t> free_;
};

}  // namespace promcast
