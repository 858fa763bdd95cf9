#include "forecast/half_float.h"

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <cmath>
#include <limits>
#include <random>

namespace promcast {
namespace {

TEST(HalfFloat, AgreesWithAnotherImplementationOnEveryNormalNumber) {
  for (uint32_t bits = 0; bits < 1 << 16; bits++) {
    const auto half = Eigen::numext::bit_cast<Eigen::half>(static_cast<uint16_t>(bits));
    const auto value = static_cast<float>(half);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(FromHalf(static_cast<HalfFloat>(bits))));
    } else if (std::abs(value) >= 6.2e-5F && std::isfinite(value)) {
      EXPECT_EQ(FromHalf(static_cast<HalfFloat>(bits)), value) << bits;
      EXPECT_EQ(ToHalf(value), bits) << value;
    }
  }
}

TEST(HalfFloat, RoundsToTheNearest) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> exponent(-13, 15.9F);
  for (int i = 0; i < 1'000'000; i++) {
    const float value = (i % 2 ? 1.F : -1.F) * std::exp2(exponent(random));
    if (std::abs(value) > 65'504) continue;
    EXPECT_EQ(ToHalf(value), Eigen::numext::bit_cast<uint16_t>(Eigen::half(value))) << value;
  }
}

TEST(HalfFloat, WhatItCannotTellIsZeroOrTheLargest) {
  EXPECT_EQ(FromHalf(ToHalf(1e-6F)), 0);
  EXPECT_EQ(FromHalf(ToHalf(0)), 0);
  EXPECT_EQ(FromHalf(ToHalf(1e30F)), 65'504);
  EXPECT_EQ(FromHalf(ToHalf(-std::numeric_limits<float>::infinity())), -65'504);
  EXPECT_TRUE(std::isnan(FromHalf(ToHalf(std::numeric_limits<float>::quiet_NaN()))));
}

}  // namespace
}  // namespace promcast
