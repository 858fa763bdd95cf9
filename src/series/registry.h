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
    Visit([this](uint32_t slot, State&) { At(slot).~State(); });
  }

  std::optional<uint32_t> Find(const Fingerprint& fingerprint) const { return table_.Find(fingerprint); }
  /// See FingerprintTable::Prefetch().
  void Prefetch(const Fingerprint& fingerprint) const { table_.Prefetch(fingerprint); }

  /// The slot of the new state. The fingerprint must not be there yet.
  template <class From = State>
  uint32_t Insert(const Fingerprint& fingerprint, From&& state) {
    if (free_.empty()) AddChunk();
    const uint32_t slot = free_.back();
    [[maybe_unused]] const bool is_new = table_.Insert(fingerprint, slot);
    assert(is_new);
    free_.pop_back();
    Chunk& chunk = *chunks_[slot / kSlotsPerChunk];
    new (chunk.Memory(slot % kSlotsPerChunk)) State(std::forward<From>(state));
    chunk.fingerprints[slot % kSlotsPerChunk] = fingerprint;
    chunk.live |= uint64_t{1} << (slot % kSlotsPerChunk);
    return slot;
  }

  /// `slot` must be in use.
  void Erase(uint32_t slot) {
    Chunk& chunk = *chunks_[slot / kSlotsPerChunk];
    const uint64_t bit = uint64_t{1} << (slot % kSlotsPerChunk);
    assert((chunk.live & bit) != 0);
    table_.Erase(chunk.fingerprints[slot % kSlotsPerChunk]);
    chunk.live &= ~bit;
    At(slot).~State();
    free_.push_back(slot);
  }

  /// Whether a slot number, which may be stale, names a series now.
  bool InUse(uint32_t slot) const {
    return slot < slot_count() && (chunks_[slot / kSlotsPerChunk]->live >> (slot % kSlotsPerChunk) & 1) != 0;
  }
  State& operator[](uint32_t slot) { return At(slot); }
  const State& operator[](uint32_t slot) const { return const_cast<Registry*>(this)->At(slot); }
  const Fingerprint& fingerprint(uint32_t slot) const {
    return chunks_[slot / kSlotsPerChunk]->fingerprints[slot % kSlotsPerChunk];
  }

  /// Calls `visit(uint32_t slot, State&)` for each series in order of slots. It may erase the slot it is given, and no
  /// other; it must not insert.
  template <class Visitor>
  void Visit(Visitor&& visit) {
    for (size_t c = 0; c < chunks_.size(); c++) {
      for (uint64_t left = chunks_[c]->live; left != 0; left &= left - 1) {
        const auto slot = static_cast<uint32_t>(c * kSlotsPerChunk + static_cast<size_t>(std::countr_zero(left)));
        visit(slot, At(slot));
      }
    }
  }

  size_t size() const { return table_.size(); }
  /// All slots ever in use at once are below this.
  size_t slot_count() const { return chunks_.size() * kSlotsPerChunk; }
  /// Heap memory held; what the states themselves hold outside of sizeof(State) is not counted. Never shrinks.
  size_t allocated_bytes() const {
    return table_.allocated_bytes() + chunks_.size() * sizeof(Chunk) + chunks_.capacity() * sizeof(chunks_[0]) +
           free_.capacity() * sizeof(uint32_t);
  }

 private:
  static constexpr size_t kSlotsPerChunk = 64;

  struct Chunk {
    void* Memory(size_t index) { return states.data() + index * sizeof(State); }

    uint64_t live = 0;  // bit i: slot i of this chunk is in use
    std::array<Fingerprint, kSlotsPerChunk> fingerprints;
    alignas(State) std::array<std::byte, kSlotsPerChunk * sizeof(State)> states;
  };

  State& At(uint32_t slot) {
    return *std::launder(reinterpret_cast<State*>(chunks_[slot / kSlotsPerChunk]->Memory(slot % kSlotsPerChunk)));
  }

  void AddChunk() {
    const size_t first = slot_count();
    chunks_.push_back(std::make_unique<Chunk>());
    free_.reserve(free_.size() + kSlotsPerChunk);
    for (size_t i = kSlotsPerChunk; i > 0; i--) free_.push_back(static_cast<uint32_t>(first + i - 1));
  }

  FingerprintTable table_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<uint32_t> free_;
};

}  // namespace promcast
