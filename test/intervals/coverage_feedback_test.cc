#include "intervals/coverage_feedback.h"

#include <array>
#include <cmath>

#include "intervals/conformal_band.h"

namespace promcast {
namespace {

constexpr std::array kCoverages{.8, .95};

TEST(CoverageFeedback, AGainOfOneIsWhatANormalResidualNeeds) {
  const auto feedback = CoverageFeedback::Make(kCoverages, 1, 0);
  // Bands that held .94 where .95 was stated are those of .94.
  EXPECT_NEAR(feedback.Factor(1, .94, 0), NormalWidthRatio(.95, .94), .01);
  EXPECT_NEAR(feedback.Factor(0, .82, 0), NormalWidthRatio(.8, .82), .01);
  EXPECT_EQ(feedback.Factor(1, .95, 0), 1);
}

TEST(CoverageFeedback, AimsAtItsReserve) {
  const auto feedback = CoverageFeedback::Make(kCoverages, 3, .01);
  EXPECT_GT(feedback.Factor(1, .95, 0), 1);
  EXPECT_DOUBLE_EQ(feedback.Factor(1, .96, 0), 1);
}

TEST(CoverageFeedback, IsBoundedEitherWay) {
  auto feedback = CoverageFeedback::Make(kCoverages, 9, 0);
  feedback.most = .7;
  EXPECT_DOUBLE_EQ(feedback.Factor(1, 0, 0), std::exp(.7));
  EXPECT_DOUBLE_EQ(feedback.Factor(0, 1, 0), std::exp(-.7));
}

TEST(CoverageFeedback, TheNewestMissesOnlyWiden) {
  auto feedback = CoverageFeedback::Make(kCoverages, 9, 0);
  feedback.recent_gain = .5;
  for (size_t coverage = 0; coverage < kCoverages.size(); coverage++) {
    const double realised = kCoverages[coverage];
    EXPECT_DOUBLE_EQ(feedback.Factor(coverage, realised, 0), 1);
    EXPECT_DOUBLE_EQ(feedback.Factor(coverage, realised, .05), 1);  // as many as the widest band may miss
    EXPECT_DOUBLE_EQ(feedback.Factor(coverage, realised, 1), std::exp(.5 * .95));
  }
}

}  // namespace
}  // namespace promcast
