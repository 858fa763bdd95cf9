#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include "forecast/fetch_memory.h"

namespace promcast {

/// One value a phase in 8 bits each: phases in blocks of 32, each with a base and a unit of its own that follow the
/// values held, so that an error is about 1/100 of the range of its block; a value far beyond that range is drawn
/// towards it (to sixteen ranges). For what is looked up as a hint and written round and round, one phase after the
/// other. Not thread-safe.
class BlockMemory {
 public:
  explicit BlockMemory(int phases);

  /// NaN: never set.
  double Get(int phase) const {
    const Block& block = blocks_[static_cast<unsigned>(phase) / kBlockPhases];
    const int8_t code = block.codes[static_cast<unsigned>(phase) % kBlockPhases];
    return code == kUnknown ? std::numeric_limits<double>::quiet_NaN() : block.ValueOf(code);
  }
  /// Forgets all.
  void Clear();
  /// `value` must be finite.
  void Set(int phase, double value);
  /// Mean of the known values of the phases from `phase` - width to `phase` + width, at the ends round the season; NaN
  /// when none is known.
  double MeanAround(int phase, int width) const;
  /// See FetchMemory(): the block of `phase`.
  void Fetch(int phase) const { FetchMemory(&blocks_[static_cast<unsigned>(phase) / kBlockPhases], sizeof(Block)); }
  /// What this holds on the heap.
  size_t HeapBytes() const;
  template <class Archive>
  void Persist(Archive& archive);

 private:
  static constexpr int kBlockPhases = 32;
  static constexpr int kLargestCode = 127;
  static constexpr int8_t kUnknown = -128;

  struct CodeSum {
    int sum;
    int known;
  };
  struct CodeRange {
    int8_t low, high, known;
  };
  struct Block {
    float base = 0;
    float unit = 0;  // 0: all known values equal the base
    std::array<int8_t, kBlockPhases> codes;

    Block() { codes.fill(kUnknown); }
    float ValueOf(int8_t code) const { return base + unit * static_cast<float>(code); }
    // Whether the value has a code.
    bool Holds(float value) const { return unit > 0 ? std::abs(value - base) <= unit * kLargestCode : value == base; }
    int8_t CodeOf(float value) const;
    // Of the known codes among `count` from `first`.
    CodeSum SumOf(int first, int count) const;
    // Of the known codes but that of the phase `left_out`.
    CodeRange RangeBut(int left_out) const;
    // Fits base and unit to the known values, but that of the phase `left_out`, and to `value` as far as it is not
    // wild; not where these fill at least half of the present range.
    void Fit(int left_out, float value);
  };

  size_t blocks() const { return (static_cast<size_t>(phases_) + kBlockPhases - 1) / kBlockPhases; }

  int phases_;
  std::unique_ptr<Block[]> blocks_;
};

}  // namespace promcast
