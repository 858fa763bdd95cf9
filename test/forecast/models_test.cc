#include <cmath>
#include <memory>
#include <random>

#include "forecast/naive.h"
#include "forecast/season_and_level.h"
#include "forecast/seasonal_naive.h"
#include "forecast/smoothed_level.h"

namespace promcast {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double Ask(const Model& model, int steps) {
  double out = 0;
  model.Forecast({&steps, 1}, {&out, 1});
  return out;
}

std::vector<double> RandomValues(size_t count, double missing_share, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<double> values(count);
  for (double& value : values) value = uniform(random) < missing_share ? kNaN : 50 + 10 * uniform(random);
  return values;
}

std::vector<std::unique_ptr<Model>> EveryModel(int season) {
  std::vector<std::unique_ptr<Model>> models;
  models.push_back(std::make_unique<Naive>());
  models.push_back(std::make_unique<SmoothedLevel>("level", .2));
  models.push_back(std::make_unique<SeasonalNaive>(season));
  models.push_back(std::make_unique<SeasonAndLevel>(season));
  return models;
}

TEST(Models, AnswerNothingBeforeTheFirstValue) {
  for (const auto& model : EveryModel(10)) {
    EXPECT_TRUE(std::isnan(Ask(*model, 1))) << model->name();
    model->Update(kNaN);
    EXPECT_TRUE(std::isnan(Ask(*model, 1))) << model->name();
  }
}

TEST(Naive, RepeatsTheLastValueThatIsNotMissing) {
  Naive model;
  for (double value : {3., 7., kNaN, kNaN}) model.Update(value);
  EXPECT_EQ(Ask(model, 1), 7);
  EXPECT_EQ(Ask(model, 1000), 7);
}

TEST(SmoothedLevel, EqualsTheWeightedMeanOfAllValues) {
  const auto values = RandomValues(300, .1, 1);
  for (double rate : {.05, .2, .5}) {
    SmoothedLevel model("level", rate);
    for (double value : values) model.Update(value);
    // Each value's weight, from the newest back: its own rate times what later values have left of it.
    std::vector<double> known;
    for (double value : values) {
      if (!std::isnan(value)) known.push_back(value);
    }
    double expected = 0;
    double left = 1;
    for (size_t i = known.size(); i-- > 0;) {
      const double weight = std::max(rate, 1. / static_cast<double>(i + 1));
      expected += left * weight * known[i];
      left *= 1 - weight;
    }
    EXPECT_NEAR(Ask(model, 7), expected, 1e-5) << rate;
  }
}

TEST(SmoothedLevel, StartsAsThePlainMean) {
  SmoothedLevel model("level", .05);
  for (double value : {1., 2., 6.}) model.Update(value);
  EXPECT_DOUBLE_EQ(Ask(model, 1), 3);
}

TEST(SeasonalNaive, AnswersTheNewestKnownValueOfThePhase) {
  const int season = 24;
  const auto values = RandomValues(400, .1, 2);
  SeasonalNaive model(season);
  for (size_t now = 0; now < values.size(); now++) {
    model.Update(values[now]);
    for (int steps : {1, 5, 23, 24, 25, 100}) {
      int64_t t = static_cast<int64_t>(now) + steps;
      do {
        t -= season;
      } while (t >= 0 && (t > static_cast<int64_t>(now) || std::isnan(values[t])));
      const double answer = Ask(model, steps);
      if (now + 1 < season) {
        ASSERT_TRUE(std::isnan(answer));
      } else if (t >= 0) {
        ASSERT_NEAR(answer, values[t], 10. / 40'000) << now << " +" << steps;
      }
    }
  }
}

TEST(SeasonalNaive, RemembersALongSeasonCoarselyButInFull) {
  const int season = 1440;
  SeasonalNaive model(season);
  auto shape = [&](int t) { return 100 + 20 * std::sin(2 * M_PI * t / season); };
  for (int t = 0; t < 2 * season + 333; t++) model.Update(shape(t));
  for (int steps = 1; steps <= season; steps += 7) {
    ASSERT_NEAR(Ask(model, steps), shape(2 * season + 332 + steps), .25) << steps;
  }
  EXPECT_LE(model.StateBytes(), sizeof(SeasonalNaive) + 288 * 2);
}

TEST(SeasonAndLevel, FollowsShapeAndPresentDistance) {
  const int season = 120;
  SeasonAndLevel model(season);
  auto shape = [&](int t) { return 100 + 20 * std::sin(2 * M_PI * t / season); };
  int t = 0;
  for (; t < 10 * season; t++) model.Update(shape(t));
  for (int steps : {1, 30, 90, 120}) EXPECT_NEAR(Ask(model, steps), shape(t - 1 + steps), .2) << steps;
  for (int i = 0; i < 60; i++, t++) model.Update(shape(t) + 50);
  EXPECT_NEAR(Ask(model, 1), shape(t) + 50, 1);
  EXPECT_NEAR(Ask(model, 200) - shape(t - 1 + 200), 50 * std::pow(.998, 200), 12);
}

TEST(Models, SkipEqualsThatManyMissingCells) {
  std::mt19937 random(3);
  for (int season : {2, 7, 120, 288, 289, 300, 1000, 1440}) {
    for (int trial = 0; trial < 12; trial++) {
      auto skipping = EveryModel(season);
      auto stepping = EveryModel(season);
      for (int part = 0; part < 4; part++) {
        const int filled = std::uniform_int_distribution<int>(0, 2 * season)(random);
        const int missing = std::uniform_int_distribution<int>(0, 3 * season)(random);
        for (size_t m = 0; m < skipping.size(); m++) {
          for (double value : RandomValues(filled, .05, part)) skipping[m]->Update(value), stepping[m]->Update(value);
          skipping[m]->Skip(missing);
          for (int i = 0; i < missing; i++) stepping[m]->Update(kNaN);
        }
      }
      for (size_t m = 0; m < skipping.size(); m++) {
        for (double value : RandomValues(season + 9, 0, 99)) skipping[m]->Update(value), stepping[m]->Update(value);
        for (int steps = 1; steps <= season; steps += 1 + season / 50) {
          const double a = Ask(*skipping[m], steps);
          const double b = Ask(*stepping[m], steps);
          ASSERT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << skipping[m]->name() << " season " << season;
        }
      }
    }
  }
}

TEST(Models, SkipOfAnAgeIsCheap) {
  for (const auto& model : EveryModel(86'400)) {
    model->Update(1);
    model->Skip(int64_t{1} << 60);
    model->Update(2);
  }
}

TEST(Models, StateIsBoundedWhateverTheSeason) {
  for (const auto& model : EveryModel(10'000'000)) EXPECT_LT(model->StateBytes(), 800) << model->name();
}

}  // namespace
}  // namespace promcast
