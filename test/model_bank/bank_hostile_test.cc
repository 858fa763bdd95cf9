#include <bit>
#include <limits>

#include "bank_fixture.h"

namespace promcast {
namespace {

void ExpectSound(const ModelBank& bank, std::mt19937& random) {
  const int steps = 1 + static_cast<int>(random() % 300);
  const Answer answer = Ask(bank, steps, 3);
  ASSERT_TRUE(std::isfinite(answer.point));
  for (size_t i = 0; answer.warm && i < 3; i++) {
    ASSERT_TRUE(std::isfinite(answer.lower[i]) && std::isfinite(answer.upper[i]));
    ASSERT_LE(answer.lower[i], answer.point);
    ASSERT_LE(answer.point, answer.upper[i]);
    if (i == 0) continue;
    ASSERT_LE(answer.lower[i], answer.lower[i - 1]);
    ASSERT_GE(answer.upper[i], answer.upper[i - 1]);
  }
  ASSERT_FALSE(std::isinf(bank.anomaly_score()));
}

std::shared_ptr<BankOptions> ThreeCoverages() {
  auto options = Options({2, 15, 240}, {7, 120, 1000});
  options->coverages = {.5, .9, .99};
  return options;
}

double HostileValue(std::mt19937_64& random, int mood) {
  static constexpr double kSpecial[] = {0.,     -0.,     1e308, -1.7e308,
                                        5e-324, -1e-310, 1,     std::numeric_limits<double>::max()};
  switch (mood % 6) {
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
    default:
      return std::ldexp(static_cast<double>(random() % 1000), static_cast<int>(random() % 1000) - 500);
  }
}

TEST(HostileInput, AMillionValuesLeaveTheStateBoundedAndEveryAnswerSound) {
  std::mt19937_64 values(1);
  std::mt19937 random(2);
  for (int run = 0; run < 50; run++) {
    ModelBank bank(ThreeCoverages());
    const size_t bytes = bank.StateBytes();
    int mood = run;
    for (int i = 0; i < 20'000; i++) {
      if (values() % 500 == 0) mood = static_cast<int>(values() % 6);
      if (values() % 1000 == 0) bank.Skip(static_cast<int64_t>(values() % 5000));
      bank.Update(HostileValue(values, mood));
      if (i % 16 == 0) ExpectSound(bank, random);
      if (testing::Test::HasFatalFailure()) FAIL() << "run " << run << ", value " << i;
    }
    ASSERT_EQ(bank.StateBytes(), bytes);
  }
}

TEST(HostileInput, InfiniteValuesCountAsMissing) {
  ModelBank one(ThreeCoverages());
  ModelBank other(ThreeCoverages());
  for (double value : WhiteNoise(200, 3)) {
    one.Update(value);
    other.Update(value);
    one.Update(std::numeric_limits<double>::infinity());
    other.Update(kMissing);
  }
  EXPECT_EQ(Ask(one, 15, 3).lower, Ask(other, 15, 3).lower);
}

TEST(HostileInput, ForecastsStayWithinTheNaturalBounds) {
  auto options = ThreeCoverages();
  options->floor = 2;
  options->ceiling = 8;
  ModelBank bounded(options);
  ModelBank positive(ThreeCoverages());
  std::mt19937 random(4);
  for (double value : WhiteNoise(3000, 5, 0)) {
    bounded.Update(5 + 3 * value);
    positive.Update(std::abs(value));
    for (int steps : {1, 100}) {
      const Answer inside = Ask(bounded, steps, 3);
      if (!inside.warm) continue;
      ASSERT_GE(inside.lower[2], 2);
      ASSERT_LE(inside.upper[2], 8);
      ASSERT_GE(Ask(positive, steps, 3).lower[2], 0);
    }
  }
}

TEST(HostileInput, NoForecastLeavesTheSeenRangeByMoreThanAFifth) {
  ModelBank bank(ThreeCoverages());
  double low = 0;
  double high = 0;
  for (int i = 0; i < 5000; i++) {
    const double value = i % 1000 < 500 ? i * 10. : -i * 20.;
    low = std::min(low, value);
    high = std::max(high, value);
    bank.Update(value);
    const Answer answer = Ask(bank, 240, 3);
    if (!answer.warm) continue;
    ASSERT_GE(answer.point, low - .2001 * (high - low));
    ASSERT_LE(answer.point, high + .2001 * (high - low));
  }
}

}  // namespace
}  // namespace promcast
