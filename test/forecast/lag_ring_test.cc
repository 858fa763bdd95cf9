#include "forecast/lag_ring.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace promcast {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kPrecision = 1.5;  // 8 bits over the range of the values below, rounded a few times

std::vector<double> RandomValues(int count, double missing_share, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<double> values(count);
  for (double& value : values) value = uniform(random) < missing_share ? kNaN : 100 * uniform(random);
  return values;
}

// The newest known value at or before that cell and of its phase; NaN when there is none.
double Reference(const std::vector<double>& values, int cell, int season) {
  for (; cell >= 0; cell -= season) {
    if (!std::isnan(values[cell])) return values[cell];
  }
  return kNaN;
}

TEST(LagRing, AnswersTheValueOfThatAgeOrTheNewestKnownOfItsPhase) {
  for (int season : {9, 24, 288}) {
    auto values = RandomValues(5 * season, .1, 1);
    values[0] = 0;  // the range is known from the start: one that is not draws far values nearer
    values[1] = 100;
    LagRing ring(season, 1440);
    for (int now = 0; now < static_cast<int>(values.size()); now++) {
      ring.Update(values[now]);
      for (int ago = 0; ago < season + LagRing::kRecent; ago += 1 + season / 20) {
        // A missing cell that has not entered its phase yet shows what the phase held before.
        const double expected = Reference(values, now - ago, season);
        const double answer = ring.Ago(ago);
        if (std::isnan(expected)) {
          ASSERT_TRUE(std::isnan(answer)) << now << " -" << ago;
        } else {
          ASSERT_NEAR(answer, expected, kPrecision) << now << " -" << ago;
        }
      }
    }
  }
}

TEST(LagRing, TheSeasonAgoIsStillThereWhenItsPhaseHasComeAgain) {
  LagRing ring(10, 1440);
  for (int t = 0; t < 25; t++) ring.Update(t);
  for (int ago = 10; ago < 10 + LagRing::kRecent; ago++) EXPECT_NEAR(ring.Ago(ago), 24 - ago, .2);
}

TEST(LagRing, AroundAgoIsTheMeanOfTheCellsAround) {
  const int season = 100;
  const auto values = RandomValues(3 * season, 0, 2);
  LagRing ring(season, 1440);
  for (double value : values) ring.Update(value);
  const int now = 3 * season - 1;
  for (int ago = 0; ago < season; ago++) {
    double sum = 0;
    int count = 0;
    for (int k = std::max(0, ago - 6); k <= ago + 6; k++, count++) sum += values[now - k];
    EXPECT_NEAR(ring.AroundAgo(ago, 6), sum / count, kPrecision) << ago;
  }
}

TEST(LagRing, ALongSeasonIsRememberedCoarselyButInFull) {
  const int season = 5760;
  LagRing ring(season, 1440);
  auto shape = [&](int t) { return 100 + 20 * std::sin(2 * M_PI * t / season); };
  for (int t = 0; t < 2 * season + 333; t++) ring.Update(shape(t));
  for (int steps = 1; steps <= season; steps += 7) {
    ASSERT_NEAR(ring.Ago(ring.AgoOfPhaseAhead(steps)), shape(2 * season + 332 + steps), .15) << steps;
  }
  EXPECT_EQ(ring.HeapBytes(), 1440 / 32 * 40U);
}

TEST(LagRing, SkipEqualsThatManyMissingCells) {
  std::mt19937 random(3);
  for (int season : {9, 120, 1440, 5000}) {
    LagRing skipping(season, 1440);
    LagRing stepping(season, 1440);
    for (int part = 0; part < 8; part++) {
      for (double value : RandomValues(static_cast<int>(random() % (2 * season)), .05, part)) {
        skipping.Update(value);
        stepping.Update(value);
      }
      const int missing = static_cast<int>(random() % (3 * season));
      skipping.Skip(missing);
      for (int i = 0; i < missing; i++) stepping.Update(kNaN);
      for (int ago = 0; ago < season + LagRing::kRecent; ago += 1 + season / 50) {
        const double a = skipping.Ago(ago);
        const double b = stepping.Ago(ago);
        ASSERT_TRUE(std::abs(a - b) < kPrecision || (std::isnan(a) && std::isnan(b))) << season << " -" << ago;
      }
    }
    skipping.Skip(int64_t{1} << 60);
    skipping.Update(1);
  }
}

}  // namespace
}  // namespace promcast
