// Banks that begin with the season's shape of other series.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "bank_fixture.h"

namespace promcast {
namespace {

constexpr int kDay = 288;
constexpr int kHours = kDay / 24;

BankOptions Daily(Profile profile, bool may_borrow) {
  BankOptions options;
  options.horizons = {kHours, 4 * kHours, 12 * kHours, kDay};
  options.seasons = {kDay};
  options.step_ms = 300'000;
  options.profile = profile;
  options.may_borrow_season = may_borrow;
  return options;
}

// The swing of a day at its cell, in units of its size; not symmetric, so that a wrong phase shows.
double Swing(int cell) {
  const double angle = 2 * std::numbers::pi * cell / kDay;
  return std::sin(angle) + .5 * std::cos(2 * angle + 1);
}

// A series with a level, a size and noise of its own, from cell `first` of some day on.
std::vector<double> DailySeries(int first, int count, unsigned seed) {
  std::mt19937 random(seed);
  const double level = std::uniform_real_distribution<>(-1000, 1000)(random);
  const double size = std::exp(std::uniform_real_distribution<>(-6, 6)(random));
  std::vector<double> values = WhiteNoise(count, seed + 1000);
  for (int i = 0; i < count; i++) values[i] = level + size * (Swing(first + i) + .15 * values[i]);
  return values;
}

ModelBank Streamed(const BankOptions& options, const std::vector<double>& values) {
  ModelBank bank(MakeBankPlan(options));
  for (const double value : values) bank.Update(value);
  return bank;
}

// As learnt by some series in three days, seasons beginning at cell 0.
SeasonShape LearntBySiblings(unsigned seed) {
  std::vector<SeasonShape> shapes;
  for (unsigned sibling = 0; sibling < 4; sibling++) {
    const int first = static_cast<int>(sibling) * 50;
    const ModelBank bank = Streamed(Daily(Profile::kLean, false), DailySeries(first, 3 * kDay, 100 * seed + sibling));
    shapes.push_back(bank.Shape((first + 3 * kDay - 1) % kDay / double{kDay}).value());
  }
  return CommonShape(shapes).value();
}

double Fraction(int first) {
  return first % kDay / double{kDay};
}

// Mean absolute error of the first day's forecasts of each horizon.
std::vector<double> FirstDayErrors(ModelBank bank, const std::vector<double>& values) {
  const std::vector<int> horizons = Daily(Profile::kLean, false).horizons;
  std::vector<double> errors(horizons.size());
  for (int i = 0; i < kDay; i++) {
    bank.Update(values[i]);
    for (size_t h = 0; h < horizons.size() && bank.warm(); h++) {
      errors[h] += std::abs(Ask(bank, horizons[h]).point - values[i + horizons[h]]);
    }
  }
  return errors;
}

ModelBank Borrowing(Profile profile, const SeasonShape& shape, double place) {
  ModelBank bank(MakeBankPlan(Daily(profile, true)));
  EXPECT_TRUE(bank.Borrow(shape, place));
  return bank;
}

TEST(BankBorrow, ASiblingKnowsTheDaysSwingOnItsFirstDay) {
  for (const Profile profile : {Profile::kLean, Profile::kStandard, Profile::kRich}) {
    for (unsigned seed = 1; seed <= 6; seed++) {
      const SeasonShape shape = LearntBySiblings(seed);
      const int first = static_cast<int>(seed) * 47;  // born at another time of day
      const auto values = DailySeries(first, 3 * kDay, seed);
      const auto borrowed = FirstDayErrors(Borrowing(profile, shape, Fraction(first)), values);
      const auto alone = FirstDayErrors(ModelBank(MakeBankPlan(Daily(profile, true))), values);
      EXPECT_LT(borrowed[0], .95 * alone[0]) << ProfileName(profile) << seed;
      EXPECT_LT(borrowed[1], .7 * alone[1]) << ProfileName(profile) << seed;
      // Half of these were made before any of their kind had resolved.
      EXPECT_LT(borrowed[2], .9 * alone[2]) << ProfileName(profile) << seed;
    }
  }
}

TEST(BankBorrow, ADayAheadForecastsAreThoseOfASeriesWithoutSiblings) {
  const SeasonShape shape = LearntBySiblings(1);
  const auto values = DailySeries(30, 3 * kDay, 5);
  for (const Profile profile : {Profile::kLean, Profile::kStandard}) {
    const auto borrowed = FirstDayErrors(Borrowing(profile, shape, Fraction(30)), values);
    const auto alone = FirstDayErrors(ModelBank(MakeBankPlan(Daily(profile, true))), values);
    EXPECT_NEAR(borrowed[3], alone[3], 1e-4 * alone[3]);
  }
}

TEST(BankBorrow, SeriesThatAreUnlikeTheirSiblingsLoseNothing) {
  for (const Profile profile : {Profile::kLean, Profile::kStandard}) {
    std::vector<double> ratios(4);
    constexpr unsigned kSeries = 40;
    for (unsigned seed = 1; seed <= kSeries; seed++) {
      const SeasonShape shape = LearntBySiblings(seed);
      const auto values = Autoregressive(3 * kDay, .97, seed);
      const auto borrowed = FirstDayErrors(Borrowing(profile, shape, .3), values);
      const auto alone = FirstDayErrors(ModelBank(MakeBankPlan(Daily(profile, true))), values);
      for (size_t h = 0; h < ratios.size(); h++) ratios[h] += std::log(borrowed[h] / alone[h]) / kSeries;
    }
    for (const double ratio : ratios) EXPECT_LT(ratio, std::log(1.03)) << ProfileName(profile);
  }
}

TEST(BankBorrow, ASeriesThatSeldomMovesIsLeftAlone) {
  const SeasonShape shape = LearntBySiblings(1);
  std::vector<double> values(3 * kDay, 5);
  for (int i = 20; i < 3 * kDay; i += 29) values[i] = 9;
  const auto borrowed = FirstDayErrors(Borrowing(Profile::kLean, shape, .3), values);
  const auto alone = FirstDayErrors(ModelBank(MakeBankPlan(Daily(Profile::kLean, true))), values);
  for (size_t h = 0; h < alone.size(); h++) EXPECT_LT(borrowed[h], 1.01 * alone[h]);
}

TEST(BankBorrow, ASeriesWithAPastOfItsOwnIsAsGoodAsWithout) {
  for (const Profile profile : {Profile::kLean, Profile::kStandard}) {
    double ratio = 0;
    constexpr unsigned kSeries = 12;
    for (unsigned seed = 1; seed <= kSeries; seed++) {
      const auto values = DailySeries(0, 4 * kDay, seed);
      ModelBank borrowing = Borrowing(profile, LearntBySiblings(seed), .4);  // which is not its own
      ModelBank alone(MakeBankPlan(Daily(profile, true)));
      double borrowed_error = 0;
      double error = 0;
      for (int i = 0; i < 3 * kDay; i++) {
        borrowing.Update(values[i]);
        alone.Update(values[i]);
        if (i < 2 * kDay) continue;  // its past
        borrowed_error += std::abs(Ask(borrowing, 4 * kHours).point - values[i + 4 * kHours]);
        error += std::abs(Ask(alone, 4 * kHours).point - values[i + 4 * kHours]);
      }
      ratio += std::log(borrowed_error / error) / kSeries;
    }
    EXPECT_LT(ratio, std::log(1.01)) << ProfileName(profile);
  }
}

TEST(BankBorrow, AfterTheFirstSeasonNothingBorrowedIsHeld) {
  const SeasonShape shape = LearntBySiblings(1);
  ModelBank borrowing = Borrowing(Profile::kLean, shape, 0);
  ModelBank alone(MakeBankPlan(Daily(Profile::kLean, true)));
  const auto values = DailySeries(0, kDay, 3);
  for (int i = 0; i < kDay; i++) {
    EXPECT_GT(borrowing.StateBytes(), alone.StateBytes() + SeasonShape::kPhases);
    borrowing.Update(values[i]);
    alone.Update(values[i]);
  }
  EXPECT_EQ(borrowing.StateBytes(), alone.StateBytes());

  ModelBank away = Borrowing(Profile::kLean, shape, 0);
  away.Update(1);
  away.Skip(2 * kDay);
  EXPECT_EQ(away.StateBytes(), alone.StateBytes());
}

TEST(BankBorrow, WhatWasBorrowedWeighsOnTheFirstDayAndNothingOnceItIsDropped) {
  const std::vector<double> values = DailySeries(0, 3 * kDay, 5);
  ModelBank bank = Borrowing(Profile::kStandard, LearntBySiblings(1), Fraction(0));
  const auto borrowed = [&] {
    const std::vector<ModelWeight> models = bank.Models(0);
    double sum = 0;
    for (const ModelWeight& model : models) sum += model.weight;
    EXPECT_NEAR(sum, 1, 1e-5);
    return std::find_if(models.begin(), models.end(), [](auto& one) { return one.name == "borrowed_season"; })->weight;
  };
  for (int i = 0; i < kDay / 2; i++) bank.Update(values[i]);
  EXPECT_GT(borrowed(), 0);
  for (int i = kDay / 2; i < 3 * kDay; i++) bank.Update(values[i]);
  EXPECT_EQ(borrowed(), 0);
}

TEST(BankBorrow, ABankThatIsRestoredMeanwhileGoesOnBitForBit) {
  for (const Profile profile : {Profile::kLean, Profile::kStandard}) {
    const auto plan = MakeBankPlan(Daily(profile, true));
    const auto values = DailySeries(0, 2 * kDay, 4);
    for (const int stored_at : {0, 1, 40, 200, kDay - 1, kDay, kDay + 50}) {
      ModelBank never_ended = Borrowing(profile, LearntBySiblings(1), .1);
      for (int i = 0; i < stored_at; i++) never_ended.Update(values[i]);
      std::string bytes, problem;
      never_ended.Save(bytes);
      std::optional<ModelBank> restored = ModelBank::Load(plan, bytes, problem);
      ASSERT_TRUE(restored) << problem;
      for (int i = stored_at; i < 2 * kDay; i++) {
        if (i % 31 == 7) {
          never_ended.Skip(3);
          restored->Skip(3);
        }
        never_ended.Update(values[i]);
        restored->Update(values[i]);
        const double expected = Ask(never_ended, 12 * kHours).point;
        ASSERT_EQ(std::bit_cast<uint64_t>(Ask(*restored, 12 * kHours).point), std::bit_cast<uint64_t>(expected));
      }
      std::string ended, went_on;
      never_ended.Save(ended);
      restored->Save(went_on);
      EXPECT_EQ(ended, went_on);
    }
  }
}

TEST(BankBorrow, WhatIsDamagedIsRefused) {
  const auto plan = MakeBankPlan(Daily(Profile::kLean, true));
  ModelBank bank = Borrowing(Profile::kLean, LearntBySiblings(1), .1);
  for (const double value : DailySeries(0, 50, 4)) bank.Update(value);
  std::string bytes, problem;
  bank.Save(bytes);
  for (size_t cut = 0; cut < bytes.size(); cut += 3) {
    EXPECT_FALSE(ModelBank::Load(plan, std::string_view(bytes).substr(0, cut), problem)) << cut;
  }
  std::mt19937 random(1);
  for (int i = 0; i < 3000; i++) {
    std::string damaged = bytes;
    for (int flips = 0; flips < 3; flips++) damaged[8 + random() % (bytes.size() - 8)] ^= static_cast<char>(random());
    if (auto loaded = ModelBank::Load(plan, damaged, problem)) {
      for (int k = 0; k < 20; k++) loaded->Update(k % 7);
      Ask(*loaded, 4 * kHours);
    }
  }
}

TEST(BankBorrow, OnlyYoungBanksThatMayAndHaveASeasonBorrow) {
  const SeasonShape shape = LearntBySiblings(1);
  ModelBank without(MakeBankPlan(Daily(Profile::kLean, false)));
  EXPECT_FALSE(without.Borrow(shape, 0));
  BankOptions unseasonal = Daily(Profile::kLean, true);
  unseasonal.seasons = {};
  EXPECT_FALSE(ModelBank(MakeBankPlan(unseasonal)).Borrow(shape, 0));
  ModelBank old(MakeBankPlan(Daily(Profile::kLean, true)));
  old.Update(1);
  EXPECT_FALSE(old.Borrow(shape, 0));
}

TEST(BankBorrow, ABankThatMayBorrowIsStoredForSuchBanksOnly) {
  std::string bytes, problem;
  ModelBank(MakeBankPlan(Daily(Profile::kLean, true))).Save(bytes);
  EXPECT_FALSE(ModelBank::Load(MakeBankPlan(Daily(Profile::kLean, false)), bytes, problem));
  EXPECT_NE(problem.find("other options"), std::string::npos) << problem;
}

TEST(SeasonShape, IsKnownAfterTwoSeasonsAndHasNeitherLevelNorSize) {
  const auto values = DailySeries(0, 2 * kDay, 1);
  ModelBank bank(MakeBankPlan(Daily(Profile::kStandard, false)));
  ModelBank larger(MakeBankPlan(Daily(Profile::kStandard, false)));
  for (const double value : values) {
    EXPECT_FALSE(bank.Shape(0));
    bank.Update(value);
    larger.Update(1000 * value + 5);
  }
  const double place = (kDay - 1.) / kDay;
  const SeasonShape shape = bank.Shape(place).value();
  double sum = 0;
  double square = 0;
  for (int phase = 0; phase < SeasonShape::kPhases; phase++) {
    sum += shape.values[phase];
    square += shape.values[phase] * shape.values[phase];
    EXPECT_NEAR(shape.values[phase], larger.Shape(place)->values[phase], 1e-2);
  }
  EXPECT_NEAR(sum / SeasonShape::kPhases, 0, 1e-3);
  EXPECT_NEAR(square / SeasonShape::kPhases, 1, 1e-3);
  EXPECT_GT(shape.swing, .8);  // little else moves the series
  const SeasonShape later = bank.Shape(place + .25).value();
  for (int phase = 0; phase < SeasonShape::kPhases; phase++) {
    EXPECT_NEAR(later.values[(phase + 24) % SeasonShape::kPhases], shape.values[phase], .05);
  }
}

TEST(SeasonShape, AConstantSeriesHasNone) {
  EXPECT_FALSE(Streamed(Daily(Profile::kStandard, false), std::vector<double>(3 * kDay, 7)).Shape(0));
}

SeasonShape ShapeOf(double angle) {
  SeasonShape shape{{}, .9F};
  for (int i = 0; i < SeasonShape::kPhases; i++) {
    const double at = 2 * std::numbers::pi * (i + .5) / SeasonShape::kPhases;
    shape.values[i] = static_cast<float>(std::numbers::sqrt2 * std::sin(at + angle));
  }
  return shape;
}

TEST(CommonShape, PromisesAsMuchAsItsSiblingsAgree) {
  const auto equal = CommonShape(std::vector(3, ShapeOf(1)));
  ASSERT_TRUE(equal);
  EXPECT_NEAR(equal->swing, .9, 1e-3);
  EXPECT_NEAR(equal->values[10], ShapeOf(1).values[10], 1e-6);

  // Two at a right angle to each other agree in nothing, nor do two that contradict.
  EXPECT_FALSE(CommonShape(std::vector{ShapeOf(0), ShapeOf(std::numbers::pi)}));
  const auto half = CommonShape(std::vector{ShapeOf(0), ShapeOf(std::numbers::pi / 3)});
  ASSERT_TRUE(half);
  // Least squares from the mean of two with correlation .5 to a third that has .5 with each.
  EXPECT_NEAR(half->swing, .9 * .5 / .75, 1e-3);
}

TEST(CommonShape, TakesTwo) {
  EXPECT_FALSE(CommonShape({}));
  EXPECT_FALSE(CommonShape(std::vector{ShapeOf(0)}));
}

}  // namespace
}  // namespace promcast
