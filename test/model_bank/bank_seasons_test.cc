// Banks that find the seasons of their series.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "bank_fixture.h"

namespace promcast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kDay = 1440;

std::shared_ptr<BankOptions> Detecting(std::vector<int> horizons) {
  auto options = Options(std::move(horizons));
  options->detect_seasons = true;
  return options;
}

// Noise, and five more in the third part of each hour of the busy half of the day: a shape that no regression on the
// last values can know.
std::vector<double> Busy(int count, unsigned seed) {
  auto values = WhiteNoise(count, seed);
  for (int i = 0; i < count; i++) values[i] += i % kDay < kDay / 2 && i % 90 < 30 ? 5 : 0;
  return values;
}

// Mean absolute error of the forecasts `steps` ahead made while the newest cell is within [from, to).
double Error(ModelBank& bank, const std::vector<double>& values, int steps, int from, int to) {
  double sum = 0;
  int count = 0;
  for (int i = 0; i + steps < static_cast<int>(values.size()); i++) {
    bank.Update(values[i]);
    if (i < from || i >= to) continue;
    sum += std::abs(Ask(bank, steps).point - values[i + steps]);
    count++;
  }
  return sum / count;
}

TEST(BankSeasons, ABankWithoutDetectionTellsItsOptions) {
  EXPECT_THAT(ModelBank(Options({5}, {60, kDay})).seasons(), ElementsAre(60, kDay));
  EXPECT_THAT(ModelBank(Options({5})).seasons(), IsEmpty());
}

TEST(BankSeasons, LengthsAndDetectionExcludeEachOther) {
  auto options = Detecting({5});
  EXPECT_FALSE(options->Problem());
  options->seasons = {kDay};
  EXPECT_THAT(options->Problem().value_or(""), ::testing::HasSubstr("give none where they are to be detected"));
}

TEST(BankSeasons, AFoundSeasonForecastsAsOneThatWasTold) {
  const auto values = Busy(8 * kDay, 1);
  for (Profile profile : {Profile::kLean, Profile::kStandard}) {
    auto finding = Detecting({60, kDay / 2}), told = Options({60, kDay / 2}, {kDay}), without = Options({60, kDay / 2});
    for (const auto& options : {finding, told, without}) options->profile = profile;
    for (int steps : {60, kDay / 2}) {
      ModelBank a(finding), b(told), c(without);
      const double found = Error(a, values, steps, 5 * kDay, 7 * kDay);
      EXPECT_THAT(a.seasons(), ::testing::Contains(kDay));
      EXPECT_LT(found, 1.2 * Error(b, values, steps, 5 * kDay, 7 * kDay)) << steps;
      EXPECT_LT(found, .9 * Error(c, values, steps, 5 * kDay, 7 * kDay)) << steps;
    }
  }
}

TEST(BankSeasons, TheDayAfterASeasonWasFoundIsBetterThanWithoutIt) {
  for (unsigned seed = 1; seed <= 3; seed++) {
    const auto values = Busy(5 * kDay, seed);
    ModelBank scout(Detecting({15, 60}));
    int found_at = 0;
    for (auto seasons = scout.seasons(); seasons.empty() || seasons[0] != kDay; seasons = scout.seasons()) {
      scout.Update(values.at(found_at++));
    }
    for (int steps : {15, 60}) {
      ModelBank finding(Detecting({15, 60})), without(Options({15, 60}));
      EXPECT_LT(Error(finding, values, steps, found_at, found_at + kDay),
                Error(without, values, steps, found_at, found_at + kDay))
          << seed << " " << steps;
    }
  }
}

TEST(BankSeasons, UntilOneIsFoundForecastsAreThoseOfABankWithoutSeasons) {
  const auto values = Autoregressive(3000, .9, 1);
  ModelBank finding(Detecting({5})), without(Options({5}));
  for (double value : values) {
    finding.Update(value);
    without.Update(value);
    ASSERT_THAT(finding.seasons(), IsEmpty());
    const Answer a = Ask(finding, 5), b = Ask(without, 5);
    ASSERT_EQ(a.warm, b.warm);
    if (!a.warm) continue;
    ASSERT_NEAR(a.point, b.point, 1e-3);
  }
}

TEST(BankSeasons, SameInputSameForecastsThroughGapsAndFinds) {
  const auto values = Seasonal(5 * kDay, kDay, 5, 3);
  const auto plan = MakeBankPlan(*Detecting({5, 60}));
  ModelBank a(plan), b(plan);
  for (size_t i = 0; i < values.size(); i++) {
    for (ModelBank* bank : {&a, &b}) {
      if (i % 700 < 20) {
        bank->Update(kMissing);
      } else {
        bank->Update(values[i]);
      }
    }
    if (i % 10 != 0) continue;
    const Answer x = Ask(a, 60), y = Ask(b, 60);
    ASSERT_EQ(std::memcmp(&x.point, &y.point, sizeof(double)), 0) << i;
    ASSERT_EQ(x.lower, y.lower) << i;
  }
  EXPECT_THAT(a.seasons(), ElementsAre(kDay));
}

TEST(BankSeasons, ALevelOfAnyHeightAndUnitShowsTheSameSeason) {
  const auto values = Seasonal(4 * kDay, kDay, 5, 1);
  for (double unit : {1e-9, 1., 1e12}) {
    ModelBank bank(Detecting({5}));
    for (double value : values) bank.Update(unit * (value + 1000));
    EXPECT_THAT(bank.seasons(), ElementsAre(kDay)) << unit;
  }
}

}  // namespace
}  // namespace promcast
