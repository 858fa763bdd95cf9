#include "intervals/conformal_band.h"

#include <cmath>
#include <random>

namespace promcast {
namespace {

TEST(NormalWidthRatio, IsThatOfTheNormalQuantiles) {
  EXPECT_NEAR(NormalWidthRatio(.95, .8), 1.959964 / 1.281552, .001);
  EXPECT_NEAR(NormalWidthRatio(.99, .96), 2.575829 / 2.053749, .001);
}

TEST(ConformalBand, IsUnknownBeforeTheFirstResidual) {
  EXPECT_TRUE(std::isinf(ConformalBand().HalfWidth(.95, 1)));
}

TEST(ConformalBand, FewResidualsGiveWideBands) {
  ConformalBand band;
  for (int i = 0; i < 5; i++) band.Resolve(1, band.Scale(0), {});
  EXPECT_FALSE(band.Established(.95));
  // A normal residual of mean absolute value 1 has its 95 % quantile at 1.96 / .798 = 2.46.
  EXPECT_GT(band.HalfWidth(.95, band.Scale(0)), 2.46 * 1.5);
}

TEST(ConformalBand, CoversResidualsWhoseScaleIsAnnounced) {
  std::mt19937 random(3);
  for (double coverage : {.5, .8, .9, .95, .99}) {
    ConformalBand band;
    int inside = 0;
    const int count = 30'000;
    for (int i = 0; i < count; i++) {
      const double spread = i / 100 % 2 ? 1 : 5;  // alternates; the experts' distance tells
      const double scale = band.Scale(spread);
      const double residual = std::abs(std::normal_distribution<double>(0, spread)(random));
      inside += residual <= band.HalfWidth(coverage, scale);
      band.Resolve(residual, scale, {.001F, 2000});
    }
    EXPECT_NEAR(static_cast<double>(inside) / count, coverage, .012) << coverage;
  }
}

TEST(ConformalBand, AGreaterCoverageIsNeverNarrower) {
  std::mt19937 random(4);
  ConformalBand band;
  for (int i = 0; i < 2000; i++) {
    band.Resolve(std::exp(std::normal_distribution<double>(0, 1)(random)), band.Scale(.1), {});
    if (!band.Established(.95)) continue;
    ASSERT_LE(band.HalfWidth(.5, 1), band.HalfWidth(.8, 1)) << i;
    ASSERT_LE(band.HalfWidth(.8, 1), band.HalfWidth(.95, 1)) << i;
  }
}

TEST(ConformalBand, OneWildResidualDoesNotWidenTheBandMuch) {
  std::mt19937 random(5);
  ConformalBand band;
  auto add = [&](double residual) { band.Resolve(residual, band.Scale(0), {.01F, 500}); };
  for (int i = 0; i < 2000; i++) add(std::abs(std::normal_distribution<double>(0, 1)(random)));
  const double before = band.HalfWidth(.95, band.Scale(0));
  add(1e12);
  EXPECT_LT(band.HalfWidth(.95, band.Scale(0)), 1.5 * before);
}

}  // namespace
}  // namespace promcast
