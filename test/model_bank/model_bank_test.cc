#include "promcast/model_bank.h"

#include <stdexcept>

#include "bank_fixture.h"

namespace promcast {
namespace {

TEST(ModelBank, IsSilentUntilTenValuesWereSeen) {
  ModelBank bank(Options({1, 5}));
  for (int i = 0; i < 9; i++) {
    bank.Update(i % 3);
    EXPECT_FALSE(Ask(bank, 1).warm);
    bank.Update(kMissing);
  }
  for (int i = 0; i < 7; i++) bank.Update(i % 3);
  EXPECT_TRUE(Ask(bank, 1).warm);
  EXPECT_TRUE(Ask(bank, 5).warm);
  EXPECT_FALSE(Ask(bank, 0).warm);
  EXPECT_FALSE(Ask(bank, -3).warm);
}

TEST(ModelBank, RefusesOptionsThatMeanNothingAndSaysWhich) {
  auto problem = [](auto change) {
    BankOptions options;
    options.horizons = {1, 5};
    change(options);
    EXPECT_THROW(ModelBank(std::make_shared<BankOptions>(options)), std::invalid_argument);
    return options.Problem().value_or("");
  };
  using Change = BankOptions&;
  EXPECT_THAT(problem([](Change o) { o.horizons = {}; }), testing::HasSubstr("horizons"));
  EXPECT_THAT(problem([](Change o) { o.horizons = {5, 1}; }), testing::HasSubstr("horizons"));
  EXPECT_THAT(problem([](Change o) { o.horizons = {0, 1}; }), testing::HasSubstr("horizons"));
  EXPECT_THAT(problem([](Change o) { o.horizons.assign(100, 1); }), testing::HasSubstr("horizons"));
  EXPECT_THAT(problem([](Change o) { o.coverages = {}; }), testing::HasSubstr("coverages"));
  EXPECT_THAT(problem([](Change o) { o.coverages = {0}; }), testing::HasSubstr("coverages"));
  EXPECT_THAT(problem([](Change o) { o.coverages = {kMissing}; }), testing::HasSubstr("coverages"));
  EXPECT_THAT(problem([](Change o) { o.coverages = {.5, 1}; }), testing::HasSubstr("coverages"));
  EXPECT_THAT(problem([](Change o) { o.seasons = {1}; }), testing::HasSubstr("seasons"));
  EXPECT_THAT(problem([](Change o) { o.seasons = {2, 3, 4, 5, 6}; }), testing::HasSubstr("seasons"));
  EXPECT_THAT(problem([](Change o) { o.step_ms = 0; }), testing::HasSubstr("step"));
  EXPECT_THAT(problem([](Change o) { o.floor = 1, o.ceiling = 0; }), testing::HasSubstr("floor"));
}

TEST(ModelBank, KnowsAConstantSeriesAndRepeatsIt) {
  ModelBank bank(Options({1, 60}, {120}));
  for (int i = 0; i < 500; i++) bank.Update(i % 7 ? 1.7e9 : kMissing);
  EXPECT_TRUE(bank.constant());
  const Answer answer = Ask(bank, 60);
  EXPECT_EQ(answer.point, 1.7e9);
  EXPECT_EQ(answer.lower[0], 1.7e9);
  EXPECT_EQ(answer.upper[0], 1.7e9);
  bank.Update(1.7e9 + 1);
  EXPECT_FALSE(bank.constant());
}

TEST(ModelBank, LearnsASeasonAndSaysSo) {
  const int season = 120;
  auto options = Options({30}, {season});
  options->step_ms = 1000;
  ModelBank bank(options);
  const auto values = Seasonal(30 * season + 30, season, 50, 1);
  double error = 0;
  for (int i = 0; i < 30 * season; i++) {
    bank.Update(values[i]);
    if (i >= 6 * season) error += std::abs(Ask(bank, 30).point - values[i + 30]) / (24 * season);
  }
  EXPECT_THAT(Leader(bank, 0), testing::AnyOf("season_and_level", testing::StartsWith("direct")));
  EXPECT_LT(error, 1.3);  // noise alone is .8; the last value is 40 off
  const HorizonScore score = bank.Score(0);
  EXPECT_LT(score.absolute_error, .1 * score.naive_absolute_error);
  EXPECT_LT(score.absolute_error, score.seasonal_naive_absolute_error);
}

TEST(ModelBank, SeasonalModelsDoNoHarmBeforeTheyKnowASeason) {
  ModelBank with(Options({5}, {1440}));
  ModelBank without(Options({5}));
  const auto values = Autoregressive(1400, .95, 2);
  double with_error = 0;
  double without_error = 0;
  for (size_t i = 0; i < values.size(); i++) {
    with.Update(values[i]);
    without.Update(values[i]);
    if (i + 5 >= values.size() || i < 100) continue;
    with_error += std::abs(Ask(with, 5).point - values[i + 5]);
    without_error += std::abs(Ask(without, 5).point - values[i + 5]);
  }
  EXPECT_LT(with_error, 1.03 * without_error);
}

TEST(ModelBank, SeasonalModelsDoNoHarmWhereThereIsNoSeason) {
  const auto values = Autoregressive(20'000, .95, 3);
  ModelBank with(Options({5}, {1440}));
  ModelBank without(Options({5}));
  double with_error = 0;
  double without_error = 0;
  for (size_t i = 0; i + 5 < values.size(); i++) {
    with.Update(values[i]);
    without.Update(values[i]);
    with_error += std::abs(Ask(with, 5).point - values[i + 5]);
    without_error += std::abs(Ask(without, 5).point - values[i + 5]);
  }
  EXPECT_LT(with_error, 1.03 * without_error);
}

TEST(ModelBank, AcceptsALevelShiftWithinMinutes) {
  for (std::vector<int> seasons : {std::vector<int>{}, std::vector<int>{1440}}) {
    ModelBank bank(Options({1, 5, 60}, seasons));
    auto values = WhiteNoise(4000, 4, 100);
    for (double value : values) bank.Update(value);
    for (int minute = 0; minute < 20; minute++) bank.Update(values[minute] + 50);
    EXPECT_NEAR(Ask(bank, 1).point, 150, 3);
    EXPECT_NEAR(Ask(bank, 5).point, 150, 5);
    // That an hour ahead was wrong shows an hour later.
    for (int minute = 0; minute < 70; minute++) bank.Update(values[minute] + 50);
    EXPECT_NEAR(Ask(bank, 60).point, 150, 10);
  }
}

TEST(ModelBank, OneWildValueIsForgottenAtOnce) {
  ModelBank bank(Options({1, 5, 60}, {1440}));
  const auto values = Seasonal(6000, 1440, 20, 5);
  ModelBank calm(Options({1, 5, 60}, {1440}));
  for (int i = 0; i < 6000; i++) {
    bank.Update(i == 5900 ? 1e6 : values[i]);
    calm.Update(values[i]);
  }
  for (int steps : {1, 5, 60}) {
    EXPECT_NEAR(Ask(bank, steps).point, Ask(calm, steps).point, 3) << steps;
    const double width = Ask(calm, steps).upper[0] - Ask(calm, steps).lower[0];
    EXPECT_LT(Ask(bank, steps).upper[0] - Ask(bank, steps).lower[0], 1.5 * width) << steps;
  }
}

TEST(ModelBank, AGapKeepsThePhaseOfTheSeason) {
  auto options = Options({30}, {120});
  options->step_ms = 1000;
  ModelBank bank(options);
  const auto values = Seasonal(4000, 120, 50, 6);
  for (int i = 0; i < 3000; i++) bank.Update(values[i]);
  bank.Skip(75);
  for (int i = 3075; i < 3080; i++) bank.Update(values[i]);
  EXPECT_NEAR(Ask(bank, 30).point, 50 * std::sin(2 * M_PI * 3109 / 120), 8);
}

TEST(ModelBank, AnomalyScoreIsTheDistanceInHalfWidths) {
  ModelBank bank(Options({60}, {}));
  EXPECT_TRUE(std::isnan(bank.anomaly_score()));
  for (double value : WhiteNoise(3000, 7)) bank.Update(value);
  const Answer next = Ask(bank, 1);
  const double half_width = (next.upper[0] - next.lower[0]) / 2;
  bank.Update(next.point + 2 * half_width);
  EXPECT_NEAR(bank.anomaly_score(), 2, 1e-3);
  const Answer after = Ask(bank, 1);
  bank.Update(after.point - (after.upper[0] - after.lower[0]) / 4);
  EXPECT_NEAR(bank.anomaly_score(), -.5, 1e-3);
  bank.Update(kMissing);
  EXPECT_TRUE(std::isnan(bank.anomaly_score()));
}

TEST(ModelBank, SkipEqualsThatManyMissingCells) {
  std::mt19937 random(8);
  ModelBank skipping(Options({1, 7, 100, 1000}, {120, 1000}));
  ModelBank stepping(Options({1, 7, 100, 1000}, {120, 1000}));
  for (int part = 0; part < 60; part++) {
    const int missing = part % 3 ? static_cast<int>(random() % 9) : static_cast<int>(random() % 1500);
    skipping.Skip(missing);
    for (int i = 0; i < missing; i++) stepping.Update(kMissing);
    for (double value : Seasonal(static_cast<int>(random() % 200), 120, 9, part)) {
      skipping.Update(value);
      stepping.Update(value);
    }
    for (int steps : {1, 7, 50, 100, 1000}) {
      const Answer a = Ask(skipping, steps);
      const Answer b = Ask(stepping, steps);
      ASSERT_EQ(a.point, b.point) << part;
      ASSERT_EQ(a.lower, b.lower) << part;
    }
  }
  skipping.Skip(int64_t{1} << 40);
  skipping.Skip(-5);
  EXPECT_TRUE(Ask(skipping, 7).warm);
}

TEST(ModelBank, ScoresCountWhatTheyNameOverResolvedForecasts) {
  auto options = Options({1});
  options->step_ms = 1;  // half-lives far beyond this test: nothing is forgotten
  ModelBank bank(options);
  const auto values = WhiteNoise(500, 9);
  double naive = 0;
  double own = 0;
  for (size_t i = 0; i < values.size(); i++) {
    const Answer expected = Ask(bank, 1);
    bank.Update(values[i]);
    if (i > 0) naive += std::abs(values[i] - values[i - 1]);
    if (expected.warm) own += std::abs(values[i] - expected.point);
  }
  const HorizonScore score = bank.Score(0);
  EXPECT_NEAR(score.count, 499, .1);
  EXPECT_NEAR(score.naive_absolute_error, naive, 1e-3 * naive);
  EXPECT_NEAR(score.absolute_error, own, .04 * own);  // the first ten are scored before they are shown
  EXPECT_EQ(score.seasonal_naive_absolute_error, score.naive_absolute_error);
}

TEST(ModelBank, IsComparedWithTheLineThroughTheLastHour) {
  BankOptions options;
  options.horizons = {5, 30};
  options.seasons = {1440};
  ModelBank rising(MakeBankPlan(options));
  ModelBank noisy(MakeBankPlan(options));
  const auto noise = WhiteNoise(2000, 4);
  for (size_t i = 0; i < noise.size(); i++) {
    rising.Update(static_cast<double>(i));
    noisy.Update(noise[i]);
  }
  for (const size_t horizon : {0, 1}) {
    const HorizonScore line = rising.Score(horizon);
    EXPECT_LT(line.predict_linear_absolute_error, .2 * line.naive_absolute_error);
    const HorizonScore none = noisy.Score(horizon);
    EXPECT_GT(none.predict_linear_absolute_error, none.absolute_error);
    EXPECT_LT(none.predict_linear_absolute_error, 2 * none.naive_absolute_error);
  }
  options.profile = Profile::kLean;
  ModelBank lean(MakeBankPlan(options));
  for (const double value : noise) lean.Update(value);
  EXPECT_EQ(lean.Score(0).predict_linear_absolute_error, 0);
}

}  // namespace
}  // namespace promcast
