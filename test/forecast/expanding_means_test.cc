#include "forecast/expanding_means.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace promcast {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int kMeans = ExpandingMeans::kMeans;

TEST(ExpandingMeans, HoldTheMeansOfAllCellsHoweverManyCame) {
  for (int cells : {1, 100, kMeans, kMeans + 1, 3 * kMeans, 1000, 20'000}) {
    ExpandingMeans window(1);
    for (int cell = 0; cell < cells; cell++) window.Update(cell);
    EXPECT_LE(window.means(), kMeans);
    EXPECT_EQ(window.cells() + window.open_cells(), cells);
    for (int i = 0; i < window.means(); i++) {
      const double mean = window.scale() * (i + .5) - .5;
      EXPECT_NEAR(window.Mean(i), mean, .02 * 32 * window.scale()) << cells << " " << i;
    }
  }
}

TEST(ExpandingMeans, TellTheCellsBackInOrderUpToNow) {
  ExpandingMeans window(4);
  for (int cell = 0; cell < 1003; cell++) window.Update(std::sin(cell / 100.));
  std::vector<double> told;
  window.ForEachCell(500, [&](double value) { told.push_back(value); });
  ASSERT_EQ(told.size(), 500u);
  for (int i = 0; i < 500; i++) EXPECT_NEAR(told[i], std::sin((503 + i) / 100.), .08) << i;
}

TEST(ExpandingMeans, AMeanNeedsHalfOfItsCells) {
  ExpandingMeans window(4);
  for (double value : {1., kNaN, kNaN, 3., /**/ 1., kNaN, kNaN, kNaN, /**/ kNaN, kNaN, kNaN, kNaN})
    window.Update(value);
  ASSERT_EQ(window.means(), 3);
  EXPECT_FLOAT_EQ(window.Mean(0), 2);
  EXPECT_TRUE(std::isnan(window.Mean(1)));
  EXPECT_TRUE(std::isnan(window.Mean(2)));
}

TEST(ExpandingMeans, SkipIsAsManyMissingCells) {
  for (int64_t gap : {1, 3, 4, 17, 300}) {
    ExpandingMeans skipping(4), updating(4);
    for (int cell = 0; cell < 450; cell++) {
      skipping.Update(cell);
      updating.Update(cell);
    }
    skipping.Skip(gap);
    for (int64_t i = 0; i < gap; i++) updating.Update(kNaN);
    for (int cell = 0; cell < 450; cell++) {
      skipping.Update(cell);
      updating.Update(cell);
    }
    ASSERT_EQ(skipping.means(), updating.means()) << gap;
    ASSERT_EQ(skipping.open_cells(), updating.open_cells()) << gap;
    for (int i = 0; i < skipping.means(); i++) {
      const float a = skipping.Mean(i), b = updating.Mean(i);
      EXPECT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << gap << " " << i;
    }
  }
}

TEST(ExpandingMeans, AGapOfMostOfTheWindowEmptiesIt) {
  ExpandingMeans window(2);
  for (int cell = 0; cell < 200; cell++) window.Update(cell);
  window.Skip(int64_t{1} << 40);
  EXPECT_EQ(window.means(), 0);
}

}  // namespace
}  // namespace promcast
