#pragma once

#include <cstdint>

namespace promcast {

/// Noise that is a pure function of (key, cell): mean 0, standard deviation about 1, within [-6, 6]. Cells are gathered
/// in blocks of `kBlockCells`, and each block sums to zero, so that the noise can be integrated over any stretch of
/// time in at most one block's work.
class BlockNoise {
 public:
  static constexpr int64_t kBlockCells = 32;

  explicit BlockNoise(uint64_t key) : key_(key) {}

  double At(int64_t cell) const;
  /// The sum of At(c) for 0 <= c < cell, for any cell >= 0.
  double SumBefore(int64_t cell) const;

 private:
  double Raw(int64_t cell) const;
  double BlockMean(int64_t block) const;

  uint64_t key_;
};

/// A uniform value in [0, 1) that is a pure function of (key, index).
double HashUnit(uint64_t key, int64_t index);

/// The course of a day: 0 at midnight, one wide peak in the afternoon with a smaller one before it, mean 0.5.
/// `day_fraction` is in [0, 1].
double DayShape(double day_fraction);
/// The integral of DayShape from 0 to `day_fraction`.
double DayShapeIntegral(double day_fraction);

}  // namespace promcast
