#include "candidates/phase_profile.h"

#include <gtest/gtest.h>

#include <cmath>

namespace promcast {
namespace {

constexpr int kLong = 10 * PhaseProfile::kMaxPhases;

TEST(Profile, TheFirstSeasonOfALongOneIsMeansOverEvenShares) {
  PhaseProfile profile(kLong);
  for (int i = 0; i < kLong; i++) {
    profile.Advance(1);
    profile.Collect(i % 10 ? i / 10 : i / 10 + 50);  // the first cell of a phase stands out by 50
  }
  EXPECT_EQ(profile.elapsed(), kLong);
  // The mean of phase p is p + 5; between the middles it rises evenly.
  for (int cell : {14, 15, 84, 1000}) EXPECT_NEAR(profile.Get(cell + 1), (cell - 4.5) / 10 + 5, 1e-4) << cell;
}

TEST(Profile, ALongSeasonIsReadBetweenTheMiddlesOfPhases) {
  PhaseProfile profile(kLong);
  for (int i = 0; i < kLong; i++) {
    profile.Advance(1);
    profile.Collect(i);
  }
  for (int cell = 5; cell < kLong - 5; cell++) EXPECT_NEAR(profile.Get(cell + 1), cell, 1e-3);
}

TEST(Profile, AWeightASeasonIsSharedByTheCellsOfAPhase) {
  EXPECT_DOUBLE_EQ(PhaseProfile(12).CellRate(.2), .2);
  EXPECT_NEAR(std::pow(1 - PhaseProfile(kLong).CellRate(.2), 10), .8, 1e-12);
}

TEST(Profile, FindsItsPhaseAfterAnyTime) {
  PhaseProfile profile(12);
  profile.Advance(1);
  profile.Collect(7);
  for (int i = 0; i < 4; i++) profile.Advance(int64_t{1} << 62);  // each is 4 modulo 12
  EXPECT_EQ(profile.Get(8), 7);
  EXPECT_TRUE(std::isnan(profile.Get(0)));
  EXPECT_FALSE(profile.KnowsNewestPhase());
  EXPECT_GE(profile.elapsed(), 12);
}

TEST(Profile, UnknownPhasesAreLikeTheMean) {
  PhaseProfile sums(4), ratios(4);
  for (auto* profile : {&sums, &ratios}) {
    for (double value : {1., 3.}) {
      profile->Advance(1);
      profile->Collect(value);
    }
  }
  EXPECT_EQ(sums.Centre(), 2);
  EXPECT_EQ(ratios.CentreRatios(.75), 2);
  EXPECT_EQ(sums.Get(0), 1);
  EXPECT_EQ(sums.Get(1), 0);
  EXPECT_EQ(sums.Get(3), -1);
  EXPECT_NEAR(ratios.Get(0), 1 / .75, 1e-6);
  EXPECT_EQ(ratios.Get(1), 1);
  EXPECT_EQ(ratios.Get(3), .75);
}

}  // namespace
}  // namespace promcast
