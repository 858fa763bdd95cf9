#include <bit>

#include "candidates_fixture.h"

namespace promcast {
namespace {

double HostileValue(std::mt19937_64& random, uint64_t mood, int i) {
  static constexpr double kSpecial[] = {0.,     -0.,     1e308, -1.7e308,
                                        5e-324, -1e-310, 1,     std::numeric_limits<double>::max()};
  switch (mood % 9) {
    case 0:
      return kSpecial[random() % std::size(kSpecial)];
    case 1:
      return std::bit_cast<double>(random());  // any bits: NaN, infinities, denormals
    case 2:
      return static_cast<double>(random() % 3);
    case 3:
      return 1e12 + static_cast<double>(random() % 1000);
    case 4:
      return random() % 50 ? 5 : 1e300;
    case 5:
      return i % 2 ? 1e300 : -1e300;
    case 6:
      return kMissing;
    case 7:
      return 7;
    default:
      return std::ldexp(static_cast<double>(random() % 1000), static_cast<int>(random() % 1000) - 500);
  }
}

// Every answer is NaN or within the seen range (of values cut at 1e30) and its width beyond.
TEST_P(EveryCandidate, StaysNearTheSeenRangeWhateverTheInput) {
  std::mt19937_64 random(1);
  for (uint64_t run = 0; run < 50; run++) {
    const auto model = run % 2 ? Make() : MakeCandidate(GetParam(), std::vector<int>{2, 1000, 700'000});
    const size_t bytes = model->StateBytes();
    double low = 1e30, high = -1e30;
    uint64_t mood = run;
    for (int i = 0; i < 20'000; i++) {
      if (random() % 300 == 0) mood = random() % 9;
      if (random() % 500 == 0) model->Skip(static_cast<int64_t>(random() >> (1 + random() % 63)));
      const double value = HostileValue(random, mood, i);
      model->Update(value);
      if (std::isfinite(value))
        low = std::min(low, std::max(value, -1e30)), high = std::max(high, std::min(value, 1e30));
      if (i % 16 != 0) continue;
      for (int steps : {1, 1 + static_cast<int>(random() % 300), std::numeric_limits<int>::max()}) {
        const double answer = Ask(*model, steps);
        if (std::isnan(answer)) {
          ASSERT_FALSE(AlwaysSpeaks() && high >= low) << "run " << run << ", value " << i;
          continue;
        }
        ASSERT_GE(answer, low - (high - low)) << "run " << run << ", value " << i;
        ASSERT_LE(answer, high + (high - low)) << "run " << run << ", value " << i;
      }
    }
    ASSERT_EQ(model->StateBytes(), bytes);
  }
}

TEST_P(EveryCandidate, TakesInfinityAsMissing) {
  const auto one = Make();
  const auto other = Make();
  for (double value : TwoSeasons(200, 3)) {
    one->Update(value);
    other->Update(value);
    one->Update(std::numeric_limits<double>::infinity());
    one->Update(-std::numeric_limits<double>::infinity());
    other->Skip(2);
  }
  EXPECT_THAT(AskCurve(*one, 100), testing::Pointwise(testing::NanSensitiveDoubleEq(), AskCurve(*other, 100)));
}

// A steep ramp, then silence: a trend may not carry the forecast off.
TEST_P(EveryCandidate, ARampDoesNotRunAway) {
  const auto model = Make();
  for (int i = 1; i <= 1000; i++) model->Update(i);
  for (int steps : {1, 1000, 1'000'000}) {
    EXPECT_LE(Ask(*model, steps), 2000);
    EXPECT_GE(Ask(*model, steps), -1000);
  }
}

}  // namespace
}  // namespace promcast
