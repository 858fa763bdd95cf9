#include "forecast/trend_line.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace promcast {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

// The same line from all values at once.
double Recomputed(const std::vector<double>& values, double keep, double steps) {
  double weights = 0, ages = 0, squares = 0, sum = 0, products = 0;
  for (size_t i = 0; i < values.size(); i++) {
    if (std::isnan(values[i])) continue;
    const auto age = static_cast<double>(values.size() - 1 - i);
    const double weight = std::pow(keep, age);
    weights += weight, ages += weight * age, squares += weight * age * age;
    sum += weight * values[i], products += weight * age * values[i];
  }
  const double slope = (weights * products - ages * sum) / (weights * squares - ages * ages);
  return (sum - slope * ages) / weights - slope * steps;
}

TEST(TrendLine, IsThatOfAllValuesWithAndWithoutGaps) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> uniform(-5, 5);
  for (const double window : {5., 60., 1440.}) {
    const double keep = TrendLine::KeepOf(window);
    TrendLine line;
    std::vector<double> values;
    for (int i = 0; i < 3000; i++) {
      const bool missing = i % 50 > 42;
      values.push_back(missing ? kMissing : 1000 + .3 * i + uniform(random));
      if (missing) {
        line.Skip(1, keep);
      } else {
        line.Update(values.back(), keep);
      }
    }
    EXPECT_NEAR(line.Ahead(30), Recomputed(values, keep, 30), 1e-6) << window;
    line.Skip(20, keep);
    values.insert(values.end(), 20, kMissing);
    EXPECT_NEAR(line.Ahead(7), Recomputed(values, keep, 7), 1e-6) << window;
  }
}

TEST(TrendLine, SaysNothingOfFewerThanTwoValuesAndContinuesALine) {
  TrendLine line;
  const double keep = TrendLine::KeepOf(60);
  for (int i = 0; i < 10; i++) {
    EXPECT_EQ(std::isnan(line.Ahead(1)), i < 2);
    line.Update(2 * i, keep);
  }
  EXPECT_NEAR(line.Ahead(5), 28, 1e-9);
}

}  // namespace
}  // namespace promcast
