#include "bank_fixture.h"

namespace promcast {
namespace {

const std::vector<int> kHorizons{1, 5, 60};
const std::vector<int> kAsked{1, 3, 5, 20, 60, 70};

std::vector<Answer> Replay(const std::vector<double>& values) {
  ModelBank bank(Options(kHorizons, {120, 1000}));
  std::vector<Answer> answers;
  for (double value : values) {
    bank.Update(value);
    for (int steps : kAsked) answers.push_back(Ask(bank, steps));
  }
  return answers;
}

TEST(BankInvariance, ShiftedAndScaledValuesGiveShiftedAndScaledForecasts) {
  auto values = Seasonal(2500, 120, 5, 1);
  values[0] = -1;  // negative from the start, and after a shift below it too: no bound at zero
  values[700] = kMissing;
  const auto plain = Replay(values);
  struct Map {
    double scale, shift;
  };
  for (Map map : {Map{1, -1000}, Map{1e-6, 0}, Map{3e9, -1e11}, Map{1e-3, -1.7e3}}) {
    auto mapped = values;
    for (double& value : mapped) value = map.scale * value + map.shift;
    const auto answers = Replay(mapped);
    for (size_t i = 0; i < plain.size(); i++) {
      ASSERT_EQ(answers[i].warm, plain[i].warm);
      if (!plain[i].warm) continue;
      // Single precision rounds elsewhere: a few hundredths of what is uncertain anyway.
      const double width = std::abs(map.scale) * (plain[i].upper[0] - plain[i].lower[0]);
      const double tolerance = .05 * width + std::abs(map.shift) * 1e-9;
      ASSERT_NEAR(answers[i].point, map.scale * plain[i].point + map.shift, tolerance) << map.scale << " " << i;
      ASSERT_NEAR(answers[i].upper[0] - answers[i].lower[0], width, .1 * width + tolerance) << map.scale << " " << i;
    }
  }
}

TEST(BankInvariance, ChangingTheFutureChangesNoPastForecast) {
  auto values = Seasonal(1500, 120, 5, 2);
  const auto one = Replay(values);
  for (size_t i = 1000; i < values.size(); i++) values[i] = i % 2 ? 1e12 : kMissing;
  const auto other = Replay(values);
  for (size_t i = 0; i < 1000 * kAsked.size(); i++) {
    ASSERT_EQ(one[i].point, other[i].point) << i;
    ASSERT_EQ(one[i].lower, other[i].lower) << i;
    ASSERT_EQ(one[i].upper, other[i].upper) << i;
  }
}

TEST(BankInvariance, TheSameInputGivesTheSameBytes) {
  const auto values = Seasonal(1500, 120, 5, 3);
  const auto one = Replay(values);
  const auto other = Replay(values);
  for (size_t i = 0; i < one.size(); i++) {
    ASSERT_EQ(one[i].point, other[i].point);
    ASSERT_EQ(one[i].lower, other[i].lower);
    ASSERT_EQ(one[i].upper, other[i].upper);
  }
}

TEST(BankInvariance, SmallChangesOfGreatValuesAreSeen) {
  ModelBank bank(Options({5}, {120}));
  for (int i = 0; i < 2000; i++) bank.Update(1e12 + 100 * std::sin(2 * M_PI * i / 120));
  EXPECT_NEAR(Ask(bank, 5).point - 1e12, 100 * std::sin(2 * M_PI * 2004 / 120), 3);
}

TEST(BankInvariance, AskingChangesNothing) {
  ModelBank asked(Options(kHorizons, {120}));
  ModelBank left_alone(Options(kHorizons, {120}));
  for (double value : Seasonal(1000, 120, 5, 4)) {
    asked.Update(value);
    left_alone.Update(value);
    for (int steps = 1; steps < 80; steps += 9) Ask(asked, steps);
  }
  EXPECT_EQ(Ask(asked, 60).lower, Ask(left_alone, 60).lower);
}

}  // namespace
}  // namespace promcast
