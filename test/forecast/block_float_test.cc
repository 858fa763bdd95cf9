#include "forecast/block_float.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace promcast {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

std::vector<float> ThroughABlock(const std::vector<float>& values) {
  std::vector<BlockInt> codes(values.size());
  const float unit = PackBlock(values.data(), values.size(), codes.data());
  std::vector<float> back(values.size());
  UnpackBlock(codes.data(), codes.size(), unit, back.data());
  return back;
}

TEST(BlockFloat, IsOffByAtMostHalfAUnitOfTheLargestMagnitude) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> exponent(-80, 120);
  std::normal_distribution<float> normal;
  for (int round = 0; round < 20'000; round++) {
    const float scale = std::exp2(exponent(random));
    std::vector<float> values(1 + random() % 40);
    float largest = 0;
    for (float& value : values) {
      value = scale * normal(random);
      largest = std::max(largest, std::abs(value));
    }
    const std::vector<float> back = ThroughABlock(values);
    for (size_t i = 0; i < values.size(); i++) EXPECT_LE(std::abs(back[i] - values[i]), largest * .51F / 32'767);
  }
}

TEST(BlockFloat, WhatIsUnknownStaysSoAndCostsTheOthersNothing) {
  const std::vector<float> back = ThroughABlock({kNaN, 1, kNaN, -.5F});
  EXPECT_TRUE(std::isnan(back[0]));
  EXPECT_TRUE(std::isnan(back[2]));
  EXPECT_NEAR(back[1], 1, 1e-6);
  EXPECT_NEAR(back[3], -.5, 2e-5);
  EXPECT_TRUE(std::isnan(ThroughABlock({kNaN})[0]));
}

TEST(BlockFloat, TheExtremesHaveACode) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  for (float value : {kLargest / 2, -kLargest / 2, 1e-20F, -1e-20F}) {
    EXPECT_NEAR(ThroughABlock({value})[0] / value, 1, 1e-6) << value;
  }
  EXPECT_EQ(ThroughABlock({0, -0.F, 0})[1], 0);
  EXPECT_EQ(ThroughABlock({std::numeric_limits<float>::denorm_min()})[0], 0);
}

}  // namespace
}  // namespace promcast
