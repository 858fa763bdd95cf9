#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace promcast {

/// One value a phase in 8 bits each: phases in blocks of 32, each with a base and a unit of its own that follow the
/// values held, so that an error is about 1/100 of the range of its block; a value far beyond that range is drawn
/// towards it (to sixteen ranges). For what is looked up as a hint and written round and round, one phase after the
/// other. Not thread-safe.
class BlockMemory {
 public:
  explicit BlockMemory(int phases);
  ~BlockMemory();
  BlockMemory(BlockMemory&&) noexcept;

  /// NaN: never set.
  double Get(int phase) const;
  /// Forgets all.
  void Clear();
  /// `value` must be finite.
  void Set(int phase, double value);
  /// Mean of the known values of the phases from `phase` - width to `phase` + width, at the ends round the season; NaN
  /// when none is known.
  double MeanAround(int phase, int width) const;
  /// What this holds on the heap.
  size_t HeapBytes() const;
  template <class Archive>
  void Persist(Archive& archive);

 private:
  static constexpr int kBlockPhases = 32;
  struct Block;

  size_t blocks() const { return (static_cast<size_t>(phases_) + kBlockPhases - 1) / kBlockPhases; }

  int phases_;
  std::unique_ptr<Block[]> blocks_;
};

}  // namespace promcast
