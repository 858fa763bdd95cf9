#include "capacity/time_to_threshold.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace promcast {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(TimeToThreshold, FindsTheFirstCrossing) {
  const std::vector<CurvePoint> sawtooth = {{0, 100}, {10, 50}, {20, 0}, {30, 100}, {40, -100}};
  EXPECT_DOUBLE_EQ(*TimeToThreshold(sawtooth, 25, ThresholdSide::kBelow), 15);
  EXPECT_DOUBLE_EQ(*TimeToThreshold(sawtooth, 75, ThresholdSide::kBelow), 5);
  EXPECT_DOUBLE_EQ(*TimeToThreshold(sawtooth, -50, ThresholdSide::kBelow), 37.5);
  const std::vector<CurvePoint> rising = {{0, 0}, {100, 1}};
  EXPECT_DOUBLE_EQ(*TimeToThreshold(rising, 0.25, ThresholdSide::kAbove), 25);
}

TEST(TimeToThreshold, IsNowWhenItIsCrossedAlready) {
  EXPECT_DOUBLE_EQ(*TimeToThreshold(std::vector<CurvePoint>{{0, -1}, {10, 5}}, 0, ThresholdSide::kBelow), 0);
}

TEST(TimeToThreshold, IsAbsentWhenNothingCrosses) {
  const std::vector<CurvePoint> flat = {{0, 1}, {10, 1}};
  EXPECT_FALSE(TimeToThreshold(flat, 0, ThresholdSide::kBelow));
  EXPECT_FALSE(TimeToThreshold(flat, 2, ThresholdSide::kAbove));
  EXPECT_FALSE(TimeToThreshold(flat, 1, ThresholdSide::kAbove));  // touching is not crossing
  EXPECT_FALSE(TimeToThreshold({}, 0, ThresholdSide::kBelow));
}

TEST(TimeToThreshold, PassesOverPointsThatAreNoNumbers) {
  const std::vector<CurvePoint> holes = {{0, 10}, {10, kNaN}, {20, -10}};
  EXPECT_DOUBLE_EQ(*TimeToThreshold(holes, 0, ThresholdSide::kBelow), 10);
  EXPECT_FALSE(TimeToThreshold(std::vector<CurvePoint>{{0, kNaN}, {10, kNaN}}, 0, ThresholdSide::kBelow));
}

}  // namespace
}  // namespace promcast
