#include "forecast/float4.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>

#include "forecast/divisor.h"

namespace promcast {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

Float4 Random(std::mt19937& random) {
  std::normal_distribution<float> normal;
  return Float4{normal(random), normal(random), normal(random), normal(random)};
}

TEST(Float4, SumsAndExtremesAreThoseOfTheLanes) {
  std::mt19937 random(1);
  for (int round = 0; round < 1000; round++) {
    const std::array<Float4, 4> x{Random(random), Random(random), Random(random), Random(random)};
    const Float4 sums = Sums(x[0], x[1], x[2], x[3]);
    const Float4 running = RunningSums(x[0]);
    float upto = 0;
    for (int i = 0; i < 4; i++) {
      const float sum = x[i][0] + x[i][1] + x[i][2] + x[i][3];
      EXPECT_NEAR(sums[i], sum, 2e-6);
      EXPECT_NEAR(Sum(x[i]), sum, 2e-6);
      EXPECT_EQ(Smallest(x[i]), std::min({x[i][0], x[i][1], x[i][2], x[i][3]}));
      EXPECT_EQ(Largest(x[i]), std::max({x[i][0], x[i][1], x[i][2], x[i][3]}));
      upto += x[0][i];
      EXPECT_NEAR(running[i], upto, 2e-6);
    }
  }
}

TEST(Float4, OfANumberAndNaNTheSecondIsTaken) {
  const Float4 number = All4(3);
  const Float4 unknown = All4(kNaN);
  EXPECT_EQ(Min(unknown, number)[0], 3);
  EXPECT_EQ(Max(unknown, number)[0], 3);
  EXPECT_TRUE(std::isnan(Min(number, unknown)[0]));
  EXPECT_TRUE(std::isnan(Max(number, unknown)[0]));
}

TEST(Float4, LanesAreTakenAndLeftAsAsked) {
  const Float4 x{-1, 2, kNaN, -4};
  const Mask4 known = x == x;
  EXPECT_EQ(Where(known, x)[0], -1);
  EXPECT_EQ(Where(known, x)[2], 0);
  EXPECT_EQ(Select(known, x, All4(7))[2], 7);
  EXPECT_EQ(Select(known, x, All4(7))[3], -4);
  EXPECT_EQ(Abs(x)[3], 4);
  EXPECT_EQ(FirstLanes<1>(x)[0], -1);
  EXPECT_EQ(FirstLanes<1>(x)[1], 0);
  std::array<float, 4> to{10, 11, 12, 13};
  StoreFirst<2>(to.data(), x);
  EXPECT_EQ(to, (std::array<float, 4>{-1, 2, 12, 13}));
  EXPECT_EQ(LoadFirst<3>(to.data())[2], 12);
  EXPECT_EQ(LoadFirst<3>(to.data())[3], 0);
}

TEST(Divisor, DividesAsTheProcessorDoes) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 200'000; round++) {
    const auto by = static_cast<uint32_t>(std::max<uint64_t>(1, random() >> (32 + random() % 32)));
    const Divisor divisor(by);
    const auto number = static_cast<int64_t>(random() >> (1 + random() % 63));
    const int64_t near = number / by * by;
    for (const int64_t one : {number, near, near - 1, int64_t{UINT32_MAX}, int64_t{UINT32_MAX} + 1}) {
      if (one < 0) continue;
      ASSERT_EQ(divisor.Quotient(one), one / by) << one << " by " << by;
      ASSERT_EQ(divisor.Remainder(one), one % by) << one << " by " << by;
    }
  }
}

}  // namespace
}  // namespace promcast
