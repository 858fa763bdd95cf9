#include <array>
#include <map>

#include "bank_fixture.h"

namespace promcast {
namespace {

/// Shares of values that fell inside the band that was answered for them, by horizon and coverage.
std::map<int, std::vector<double>> Coverage(const BankOptions& options, const std::vector<double>& values,
                                            size_t from) {
  ModelBank bank(std::make_shared<BankOptions>(options));
  const size_t coverages = options.coverages.size();
  std::map<int, std::vector<double>> shares;
  std::map<int, double> counts;
  for (size_t i = 0; i < values.size(); i++) {
    bank.Update(values[i]);
    for (int steps : options.horizons) {
      if (i < from || i + steps >= values.size()) continue;
      const Answer answer = Ask(bank, steps, coverages);
      if (!answer.warm) continue;
      auto& inside = shares[steps];
      inside.resize(coverages);
      counts[steps]++;
      for (size_t c = 0; c < coverages; c++) {
        inside[c] += answer.lower[c] <= values[i + steps] && values[i + steps] <= answer.upper[c];
      }
    }
  }
  for (auto& [steps, inside] : shares) {
    for (double& share : inside) share /= counts[steps];
  }
  return shares;
}

/// Under every profile.
void ExpectCoverage(BankOptions options, const std::vector<double>& values, double tolerance) {
  for (Profile profile : {Profile::kLean, Profile::kStandard, Profile::kRich}) {
    options.profile = profile;
    for (const auto& [steps, shares] : Coverage(options, values, 3000)) {
      for (size_t c = 0; c < shares.size(); c++) {
        EXPECT_NEAR(shares[c], options.coverages[c], tolerance)
            << steps << " steps, coverage " << options.coverages[c] << ", profile " << static_cast<int>(profile);
      }
    }
  }
}

BankOptions TwoCoverages(std::vector<int> horizons, std::vector<int> seasons = {}) {
  BankOptions options;
  options.horizons = std::move(horizons);
  options.seasons = std::move(seasons);
  options.coverages = {.8, .95};
  return options;
}

TEST(BankBands, KeepTheirWordOnAnAutoregressiveProcess) {
  ExpectCoverage(TwoCoverages({1, 5, 30}), Autoregressive(40'000, .8, 1), .02);
}

TEST(BankBands, KeepTheirWordOnARandomWalk) {
  ExpectCoverage(TwoCoverages({1, 5, 30}), Autoregressive(40'000, 1, 2), .02);
}

TEST(BankBands, KeepTheirWordOnASeasonWithNoise) {
  auto options = TwoCoverages({1, 10, 60}, {120});
  options.step_ms = 1000;
  ExpectCoverage(options, Seasonal(40'000, 120, 10, 3), .025);
}

TEST(BankBands, KeepTheirWordOnHeavyTails) {
  std::mt19937 random(6);
  std::student_t_distribution<double> noise(3);
  std::vector<double> values(40'000);
  for (size_t i = 1; i < values.size(); i++) values[i] = .8 * values[i - 1] + noise(random);
  ExpectCoverage(TwoCoverages({1, 5, 30}), values, .02);
}

TEST(BankBands, AreNarrowerAtTheCalmTimesOfTheDay) {
  constexpr int kDay = 240;
  const auto noise = WhiteNoise(40'000, 7);
  std::vector<double> values;
  for (size_t i = 0; i < noise.size(); i++) values.push_back(noise[i] * (i % kDay < kDay / 2 ? 1 : 6));
  auto options = std::make_shared<BankOptions>(TwoCoverages({20}, {kDay}));
  options->step_ms = 86'400'000 / kDay;
  ModelBank bank(options);
  std::array<double, 2> widths{};  // calm, wild
  for (size_t i = 0; i < values.size(); i++) {
    bank.Update(values[i]);
    if (i < 20'000) continue;
    const Answer answer = Ask(bank, 20, 2);
    widths[(i + 20) % kDay >= kDay / 2] += answer.upper[1] - answer.lower[1];
  }
  EXPECT_LT(widths[0], .4 * widths[1]);
  ExpectCoverage(*options, values, .02);
}

TEST(BankBands, KeepTheirScaleWhenTheQuantileComesIn) {
  auto options = std::make_shared<BankOptions>(TwoCoverages({1}));
  options->step_ms = 10'000;
  ModelBank bank(options);
  const auto noise = WhiteNoise(1000, 8);
  for (double tiny : {0., .001}) bank.Update(tiny);  // residuals are large against the first change
  std::vector<double> widths;
  for (double value : noise) {
    bank.Update(1000 * value);
    const Answer answer = Ask(bank, 1, 2);
    widths.push_back(answer.upper[1] - answer.lower[1]);
  }
  for (size_t i = 400; i < widths.size(); i++) EXPECT_NEAR(widths[i], 6'000, 5'000) << i;
}

TEST(BankBands, FollowTheTimeOfDayAtAnyStep) {
  const auto noise = WhiteNoise(245'000, 9);
  auto options = std::make_shared<BankOptions>(TwoCoverages({1}));
  options->step_ms = 1000;
  ModelBank bank(options);
  std::array<double, 2> widths{};  // calm, wild
  for (size_t i = 0; i < noise.size(); i++) {
    const bool wild = i % 86'400 >= 43'200;
    bank.Update(noise[i] * (wild ? 6 : 1));
    const size_t hour = i % 86'400 / 3600;
    if (i < 172'800 || (hour != 6 && hour != 18)) continue;
    const Answer answer = Ask(bank, 1, 2);
    widths[wild] += answer.upper[1] - answer.lower[1];
  }
  EXPECT_LT(widths[0], .4 * widths[1]);
}

// A day of 240 cells; the level moves to elsewhere every ten days or so.
std::vector<double> ShiftingDays(int days, unsigned seed) {
  constexpr int kDay = 240;
  auto values = Seasonal(days * kDay, kDay, 5, seed);
  std::mt19937 random(seed);
  std::normal_distribution<double> elsewhere(0, 10);
  double level = 0;
  for (size_t i = 0; i < values.size(); i++) {
    if (random() % (10 * kDay) == 0) level = elsewhere(random);
    values[i] += level;
  }
  return values;
}

// A day of 240 cells; how much values scatter drifts within days.
std::vector<double> DriftingScatter(int days, unsigned seed) {
  constexpr int kDay = 240;
  constexpr double kKept = 1 - 1. / (3 * kDay);
  auto values = WhiteNoise(days * kDay, seed);
  std::mt19937 random(seed + 1'000'000);
  std::normal_distribution<double> change(0, .5 * std::sqrt(1 - kKept * kKept));
  double log_scatter = 0;
  for (size_t i = 0; i < values.size(); i++) {
    log_scatter = kKept * log_scatter + change(random);
    values[i] = values[i] * std::exp(log_scatter) + 5 * std::sin(2 * M_PI * static_cast<double>(i) / kDay);
  }
  return values;
}

TEST(BankBands, KeepTheirWordADayAheadThroughShifts) {
  for (unsigned seed : {1U, 2U, 3U}) {
    auto options = TwoCoverages({240}, {240});
    options.step_ms = 360'000;
    ExpectCoverage(options, ShiftingDays(90, seed), .02);
  }
}

TEST(BankBands, ADayAheadKeepTheirWordWithinWeeksForMostSeries) {
  constexpr int kSeries = 60;
  auto options = TwoCoverages({240}, {240});
  options.step_ms = 360'000;
  int within = 0;
  for (unsigned seed = 0; seed < kSeries; seed++) {
    const auto shares = Coverage(options, DriftingScatter(33, 200 + seed), 14 * 240);
    within += std::abs(shares.at(240)[1] - .95) <= .02;
  }
  EXPECT_GE(within, .7 * kSeries);
}

TEST(BankBands, ADayAheadWidenWithinTheDayInWhichValuesTurnWild) {
  constexpr int kDay = 240;
  constexpr int kCalmDays = 60;
  auto options = std::make_shared<BankOptions>(TwoCoverages({kDay}, {kDay}));
  options->step_ms = 86'400'000 / kDay;
  ModelBank bank(options);
  const auto width = [&bank] {
    const Answer answer = Ask(bank, kDay, 2);
    return answer.upper[1] - answer.lower[1];
  };
  std::vector<double> widths;  // at the end of each third of a day
  auto values = Seasonal((kCalmDays + 1) * kDay, kDay, 5, 11);
  for (size_t i = 0; i < values.size(); i++) {
    bank.Update(i < kCalmDays * kDay ? values[i] : values[i] + (i % 2 ? 30 : -30));
    if (i >= (kCalmDays - 1) * kDay && (i + 1) % (kDay / 3) == 0) widths.push_back(width());
  }
  for (int third = 3; third < 6; third++) EXPECT_GT(widths[third], 1.5 * widths[2]) << third;
}

TEST(BankBands, ManyAreCheckedADayAhead) {
  constexpr int kDay = 240;
  auto options = std::make_shared<BankOptions>(TwoCoverages({kDay}, {kDay}));
  options->step_ms = 86'400'000 / kDay;
  ModelBank bank(options);
  for (double value : Seasonal(60 * kDay, kDay, 5, 12)) bank.Update(value);
  const HorizonScore score = bank.Score(0);
  EXPECT_GT(score.banded_count, 3 * score.count);
  EXPECT_NEAR(score.inside[1] / score.banded_count, .95, .02);
}

TEST(BankBands, NoneIsCheckedAgainstAValueThatItWasNotMadeFor) {
  constexpr int kDay = 240;
  auto options = std::make_shared<BankOptions>(TwoCoverages({kDay}, {kDay}));
  options->step_ms = 86'400'000 / kDay;
  ModelBank bank(options);
  const auto values = Seasonal(15 * kDay, kDay, 5, 13);
  for (double value : values) bank.Update(value);
  bank.Skip(2 * kDay);
  const double before = bank.Score(0).banded_count;
  for (int i = 0; i < kDay; i++) bank.Update(values[i]);
  EXPECT_EQ(bank.Score(0).banded_count, before);  // what was made before the gap was made for missing values
  for (int i = 0; i < kDay; i++) bank.Update(values[i]);
  EXPECT_GT(bank.Score(0).banded_count, before + 1);
}

TEST(BankBands, TheBankCountsItsOwnCoverage) {
  auto options = std::make_shared<BankOptions>(TwoCoverages({5}));
  ModelBank bank(options);
  for (double value : Autoregressive(30'000, .8, 4)) bank.Update(value);
  const HorizonScore score = bank.Score(0);
  ASSERT_EQ(score.inside.size(), 2U);
  EXPECT_NEAR(score.inside[0] / score.banded_count, .8, .02);
  EXPECT_NEAR(score.inside[1] / score.banded_count, .95, .02);
}

TEST(BankBands, AreWideFromTheFirst) {
  std::map<int, double> inside;
  std::map<int, double> count;
  for (unsigned seed = 0; seed < 200; seed++) {
    const auto shares = Coverage(TwoCoverages({1, 5, 20}), WhiteNoise(100, 100 + seed), 0);
    for (const auto& [steps, share] : shares) {
      inside[steps] += share[1];
      count[steps]++;
    }
  }
  for (const auto& [steps, sum] : inside) EXPECT_GE(sum / count[steps], .95) << steps;
}

TEST(BankBands, GrowBeyondTheLastHorizonAndLieBetweenTheirNeighbours) {
  ModelBank bank(Options({1, 10, 40}));
  for (double value : Autoregressive(10'000, 1, 5)) bank.Update(value);
  auto width = [&](int steps) {
    const Answer answer = Ask(bank, steps);
    return answer.upper[0] - answer.lower[0];
  };
  EXPECT_GT(width(5), width(1));
  EXPECT_LT(width(5), width(10));
  EXPECT_GT(width(25), width(10));
  EXPECT_LT(width(25), width(40));
  EXPECT_GT(width(50), width(40));
}

}  // namespace
}  // namespace promcast
