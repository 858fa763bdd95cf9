#include "intervals/decayed_histogram.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace promcast {
namespace {

double ExactQuantile(const std::vector<double>& ratios, double half_life, double level) {
  std::vector<std::pair<double, double>> weighted;
  double total = 0;
  for (size_t i = 0; i < ratios.size(); i++) {
    const double weight = std::exp2(-static_cast<double>(ratios.size() - 1 - i) / half_life);
    weighted.emplace_back(ratios[i], weight);
    total += weight;
  }
  std::sort(weighted.begin(), weighted.end());
  double sum = 0;
  for (const auto& [ratio, weight] : weighted) {
    sum += weight;
    if (sum >= level * total) return ratio;
  }
  return weighted.back().first;
}

TEST(DecayedHistogram, AgreesWithTheExactQuantileOfTheWeightedSample) {
  std::mt19937 random(1);
  for (int half_life : {100, 1000, 2048}) {
    DecayedHistogram sketch;
    std::vector<double> ratios;
    for (int i = 0; i < 6 * half_life; i++) {
      const double spread = i < 3 * half_life ? 1 : 2;  // the older half lies elsewhere, so that weights matter
      const double ratio = spread * std::abs(std::normal_distribution<double>(0, 1)(random));
      sketch.Add(ratio, half_life);
      ratios.push_back(ratio);
    }
    for (double level : {.5, .8, .9, .95}) {
      const double exact = ExactQuantile(ratios, half_life, level);
      // 3 % of the value, or what two points of level are worth in the sample where it is small.
      const double slack = half_life < 1000 ? .02 : .005;
      const double low = ExactQuantile(ratios, half_life, level - slack) * .97;
      const double high = ExactQuantile(ratios, half_life, level + slack) * 1.03;
      EXPECT_GE(sketch.Quantile(level), low) << half_life << " " << level << " exact " << exact;
      EXPECT_LE(sketch.Quantile(level), high) << half_life << " " << level << " exact " << exact;
    }
  }
}

TEST(DecayedHistogram, IsWithinABucketWhileNothingIsForgotten) {
  DecayedHistogram sketch;
  for (int i = 1; i <= 100; i++) sketch.Add(i * .1, 2048);
  EXPECT_NEAR(sketch.Count(), 100, 1);
  for (double level : {.1, .5, .9, .99}) EXPECT_NEAR(sketch.Quantile(level), level * 10, level * 10 * .1) << level;
}

TEST(DecayedHistogram, ARatioLiesInTheBucketThatReachesToIt) {
  for (double ratio = .0601; ratio < 26; ratio *= 1.0003) {
    DecayedHistogram sketch;
    sketch.Add(ratio, 100);
    const double upper = sketch.Quantile(1);
    ASSERT_GE(upper * (1 + 1e-5), ratio);
    ASSERT_LE(upper, 1.19 * ratio * (1 + 1e-5));
  }
}

TEST(DecayedHistogram, GrowsWithTheLevel) {
  std::mt19937 random(2);
  DecayedHistogram sketch;
  for (int i = 0; i < 5000; i++) sketch.Add(std::exp(std::normal_distribution<double>(0, 2)(random)), 300);
  for (double level = 0; level < 1; level += .001) {
    ASSERT_LE(sketch.Quantile(level), sketch.Quantile(level + .001)) << level;
  }
}

TEST(DecayedHistogram, TakesAnyRatioForEver) {
  DecayedHistogram sketch;
  EXPECT_EQ(sketch.Quantile(.95), 0);
  for (int i = 0; i < 200'000; i++) sketch.Add(0, 2048);
  EXPECT_LE(sketch.Quantile(.95), .06);
  for (int i = 0; i < 200'000; i++) sketch.Add(i % 2 ? 1e300 : 5e-324, 2048);
  EXPECT_TRUE(std::isfinite(sketch.Quantile(1)));
  EXPECT_GT(sketch.Quantile(.95), 25);
  EXPECT_LT(sketch.Quantile(.4), .07);
}

}  // namespace
}  // namespace promcast
