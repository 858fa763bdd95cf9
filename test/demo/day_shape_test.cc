#include "demo/day_shape.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace promcast {
namespace {

TEST(DayShapeTest, IsZeroAtMidnightNeverNegativeAndHalfOnAverage) {
  EXPECT_NEAR(DayShape(0), 0, 1e-12);
  EXPECT_NEAR(DayShape(1), 0, 1e-12);
  for (int i = 0; i <= 10'000; ++i) EXPECT_GE(DayShape(i / 10'000.0), -1e-12) << i;
  EXPECT_NEAR(DayShapeIntegral(1), 0.5, 1e-12);
}

TEST(DayShapeTest, PeaksInTheAfternoon) {
  double best = 0;
  for (int i = 0; i <= 1000; ++i) {
    if (DayShape(i / 1000.0) > DayShape(best)) best = i / 1000.0;
  }
  EXPECT_GT(best, 0.5);
  EXPECT_LT(best, 0.75);
}

TEST(DayShapeTest, IntegralAgreesWithTheTrapezoidalRule) {
  constexpr int kSteps = 20'000;
  double sum = 0;
  for (int i = 0; i < kSteps; ++i) {
    const double from = static_cast<double>(i) / kSteps, to = static_cast<double>(i + 1) / kSteps;
    sum += 0.5 * (DayShape(from) + DayShape(to)) / kSteps;
    ASSERT_NEAR(DayShapeIntegral(to), sum, 1e-6) << to;
  }
}

TEST(BlockNoiseTest, SumBeforeIsTheRunningSumAndZeroAtEveryBlock) {
  for (const uint64_t key : {0ull, 7ull, ~0ull}) {
    const BlockNoise noise(key);
    double sum = 0;
    for (int64_t cell = 0; cell < 10 * BlockNoise::kBlockCells; ++cell) {
      ASSERT_NEAR(noise.SumBefore(cell), sum, 1e-9) << cell;
      sum += noise.At(cell);
    }
    EXPECT_NEAR(noise.SumBefore(10 * BlockNoise::kBlockCells), 0, 1e-9);
  }
}

TEST(BlockNoiseTest, HasUnitVarianceWithinItsBounds) {
  const BlockNoise noise(3);
  constexpr int64_t kCells = 64 * 1024;
  double squares = 0, largest = 0;
  for (int64_t cell = 0; cell < kCells; ++cell) {
    squares += noise.At(cell) * noise.At(cell);
    largest = std::max(largest, std::abs(noise.At(cell)));
  }
  EXPECT_NEAR(squares / kCells, 1.0, 0.05);
  EXPECT_LE(largest, 6.0);
}

TEST(HashUnitTest, FillsTheUnitIntervalEvenly) {
  int buckets[10] = {};
  for (int64_t i = 0; i < 100'000; ++i) {
    const double value = HashUnit(5, i);
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    ++buckets[static_cast<int>(value * 10)];
  }
  for (const int count : buckets) EXPECT_NEAR(count, 10'000, 500);
}

}  // namespace
}  // namespace promcast
