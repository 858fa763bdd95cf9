#include "intervals/phase_scale.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace promcast {
namespace {

double Calm(double position) {
  return position < .5 ? .5 : 1.5;
}

TEST(PhaseScale, LearnsWhichTimesAreCalm) {
  PhaseScale scale;
  std::mt19937 random(1);
  std::exponential_distribution<double> noise;
  for (int i = 0; i < 200'000; i++) {
    const double position = i % 1440 / 1440.;
    scale.Learn(position, Calm(position) * noise(random), .002);
  }
  for (double position : {.1, .25, .4, .6, .75, .9}) {
    EXPECT_NEAR(scale.At(position), std::pow(Calm(position), .75), .07) << position;
  }
}

TEST(PhaseScale, ChangesNothingUntilItHasLearnt) {
  for (double position : {0., .3, .999}) EXPECT_EQ(PhaseScale().At(position), 1);
}

TEST(PhaseScale, IsContinuousAllTheWayRound) {
  PhaseScale scale;
  for (int i = 0; i < 12; i++) scale.Learn(i / 12. + .01, i % 5, 1);
  for (int i = 0; i < 1000; i++) {
    const double next = i == 999 ? 0 : (i + 1) / 1000.;
    EXPECT_NEAR(scale.At(i / 1000.), scale.At(next), .12) << i;
  }
}

TEST(PhaseScale, NoResidualCanMakeItZeroOrWild) {
  PhaseScale scale;
  for (int i = 0; i < 100; i++) scale.Learn(.5, 0, .5);
  EXPECT_GT(scale.At(.5), .1);
  for (int i = 0; i < 100; i++) scale.Learn(.5, 1e300, .5);
  EXPECT_LT(scale.At(.5), 4);
}

}  // namespace
}  // namespace promcast
