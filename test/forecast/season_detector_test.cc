#include "forecast/season_detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "forecast/simulated_series.h"

namespace promcast {
namespace {

using ::testing::ElementsAre;

constexpr int64_t kMinuteMs = 60'000;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<int> SeasonsOf(const SeasonDetector& detector) {
  std::vector<int> seasons;
  for (size_t i = 0; i < detector.seasons(); i++) seasons.push_back(detector.season(i));
  return seasons;
}

struct Watched {
  std::vector<int> at_end;
  bool ever = false;
};

Watched Watch(Process process, double days, unsigned seed, int64_t step_ms = kMinuteMs) {
  const SeasonSearchPlan plan = SeasonSearchPlan::Make(step_ms);
  SeasonDetector detector(plan);
  detector.Spread(seed);
  std::mt19937 random(seed);
  Watched watched;
  const auto cells = static_cast<int64_t>(days * 86'400'000 / static_cast<double>(step_ms));
  for (int64_t cell = 0; cell < cells; cell++) {
    detector.Update(process(cell, random));
    watched.ever = watched.ever || detector.seasons() > 0;
  }
  watched.at_end = SeasonsOf(detector);
  return watched;
}

// Whether `cells` is `cycles` periods, for some small number, within the share that smears no shape.
bool IsWhole(int cells, double period) {
  const double cycles = std::max(1., std::round(cells / period));
  return cycles <= 8 && std::abs(cells - cycles * period) <= .01 * cells;
}

struct PeriodCase {
  double cells;
  int64_t step_ms;
  double days;
};

class Periods : public ::testing::TestWithParam<PeriodCase> {};

TEST_P(Periods, AreFoundThroughNoiseTrendOutliersAndGaps) {
  const auto [period, step_ms, days] = GetParam();
  for (bool spikes : {false, true}) {
    int right = 0;
    for (unsigned seed = 1; seed <= 5; seed++) {
      Process shape = spikes ? Spikes(period, 5) : Sine(period, 2);
      const double slope = 5 / (days * 86'400'000 / static_cast<double>(step_ms));
      Process process = [shape, slope](int64_t cell, std::mt19937& random) mutable {
        const double value = shape(cell, random) + Normal(random) + slope * static_cast<double>(cell);
        if (random() % 2000 == 0) return value + 100;
        return random() % 20 == 0 ? kNaN : value;
      };
      const std::vector<int> found = Watch(process, days, seed, step_ms).at_end;
      right += found.size() == 1 && IsWhole(found[0], period);
    }
    EXPECT_GE(right, 4) << period << (spikes ? " spikes" : " sine");
  }
}

INSTANTIATE_TEST_SUITE_P(AtAMinute, Periods,
                         ::testing::Values(PeriodCase{7, kMinuteMs, 4}, PeriodCase{12, kMinuteMs, 4},
                                           PeriodCase{37, kMinuteMs, 4}, PeriodCase{37.5, kMinuteMs, 4},
                                           PeriodCase{60, kMinuteMs, 4}, PeriodCase{90, kMinuteMs, 4},
                                           PeriodCase{200, kMinuteMs, 4}, PeriodCase{611, kMinuteMs, 8},
                                           PeriodCase{1440, kMinuteMs, 6}, PeriodCase{2000, kMinuteMs, 16},
                                           PeriodCase{10'080, kMinuteMs, 22}));
INSTANTIATE_TEST_SUITE_P(AtFifteenSeconds, Periods,
                         ::testing::Values(PeriodCase{20, 15'000, 2}, PeriodCase{240, 15'000, 2},
                                           PeriodCase{5760, 15'000, 6}, PeriodCase{40'320, 15'000, 22}));

TEST(SeasonDetector, HourDayAndWeekAreFoundExactly) {
  EXPECT_THAT(Watch(Sine(60, 1) + Noise(), 3, 1).at_end, ElementsAre(60));
  EXPECT_THAT(Watch(Sine(1440, 1) + Noise(), 5, 1).at_end, ElementsAre(1440));
  EXPECT_THAT(Watch(Sine(10'080, 1) + Noise(), 22, 1).at_end, ElementsAre(10'080));
  EXPECT_THAT(Watch(Sine(288, 1) + Noise(), 5, 1, 300'000).at_end, ElementsAre(288));
  EXPECT_THAT(Watch(Sine(168, 1) + Noise(.5), 40, 1, 3'600'000).at_end, ElementsAre(168));
}

TEST(SeasonDetector, ADayIsFoundWithinThreeDays) {
  for (unsigned seed = 1; seed <= 5; seed++) {
    EXPECT_THAT(Watch(Sine(1440, 2) + Noise(), 3, seed).at_end, ElementsAre(1440)) << seed;
  }
}

TEST(SeasonDetector, SeveralSeasonsAreFoundTheDayFirst) {
  EXPECT_THAT(Watch(Sine(1440, 2) + Spikes(60, 3) + Noise(.5), 6, 1).at_end, ElementsAre(1440, 60));
  EXPECT_THAT(Watch(Sine(1440, 2) + Spikes(37, 3) + Noise(.5), 6, 1).at_end, ElementsAre(1440, 37));
  const Process weekend = [](int64_t cell, std::mt19937&) { return cell % 10'080 > 7200 ? -2. : 0.; };
  EXPECT_THAT(Watch(Sine(1440, 2) + weekend + Noise(.5), 22, 1).at_end, ElementsAre(1440, 10'080));
  EXPECT_THAT(Watch(Sine(1440, 2) + weekend + Spikes(60, 3) + Noise(.5), 22, 1).at_end, ElementsAre(1440, 60, 10'080));
}

TEST(SeasonDetector, MultiplesAndPartsOfASeasonAreNone) {
  for (unsigned seed = 1; seed <= 5; seed++) {
    const Process twice_a_day = Sine(1440, 2) + Sine(720, 1) + Sine(480, .7) + Noise();
    EXPECT_THAT(Watch(twice_a_day, 22, seed).at_end, ElementsAre(1440)) << seed;
    EXPECT_THAT(Watch(Spikes(90, 5) + Noise(), 22, seed).at_end, ElementsAre(90)) << seed;
  }
}

struct AperiodicCase {
  const char* name;
  Process (*make)();
};

class Aperiodic : public ::testing::TestWithParam<AperiodicCase> {};

// Over three weeks, in which a series is searched some forty times.
TEST_P(Aperiodic, ShowHardlyEverASeason) {
  constexpr unsigned kSeeds = 40;
  unsigned at_end = 0, ever = 0;
  for (unsigned seed = 1; seed <= kSeeds; seed++) {
    const Watched watched = Watch(GetParam().make(), 21.5, seed);
    at_end += !watched.at_end.empty();
    ever += watched.ever;
  }
  EXPECT_LE(at_end, kSeeds / 10);
  EXPECT_LE(ever, kSeeds / 5);
}

INSTANTIATE_TEST_SUITE_P(
    Processes, Aperiodic,
    ::testing::Values(
        AperiodicCase{"white", [] { return Noise(); }}, AperiodicCase{"walk", [] { return RandomWalk(); }},
        AperiodicCase{"ar90", [] { return AutoregressiveProcess(.9); }},
        AperiodicCase{"ar99", [] { return AutoregressiveProcess(.99); }},
        AperiodicCase{"ar999", [] { return AutoregressiveProcess(.999); }},
        AperiodicCase{"shift",
                      [] { return Noise() + [](int64_t cell, std::mt19937&) { return cell > 15'000 ? 10. : 0.; }; }},
        AperiodicCase{"telegraph",
                      [] {
                        return Noise(.1) + [x = 0.](int64_t, std::mt19937& random) mutable {
                          return x = random() % 500 == 0 ? 1 - x : x;
                        };
                      }},
        AperiodicCase{"bursts",
                      [] {
                        return Noise() + [left = 0](int64_t, std::mt19937& random) mutable {
                          left = random() % 700 == 0 ? 30 : left - 1;
                          return left > 0 ? 10. : 0.;
                        };
                      }},
        AperiodicCase{
            "trend",
            [] { return Noise() + [](int64_t cell, std::mt19937&) { return static_cast<double>(cell) / 100; }; }}),
    [](const auto& test) { return test.param.name; });

TEST(SeasonDetector, AConstantSeriesHasNone) {
  EXPECT_FALSE(Watch([](int64_t, std::mt19937&) { return 3.; }, 10, 1).ever);
}

TEST(SeasonDetector, GivesUpASeasonThatVanishedAndTakesUpANewOne) {
  const Process changing = [](int64_t cell, std::mt19937& random) {
    return Normal(random) + 2 * std::sin(2 * M_PI * static_cast<double>(cell) / (cell < 10'080 ? 90 : 37));
  };
  EXPECT_THAT(Watch(changing, 6, 1).at_end, ElementsAre(90));
  EXPECT_THAT(Watch(changing, 40, 1).at_end, ElementsAre(37));
}

TEST(SeasonDetector, SameInputSameSeasonsAndNoLookAhead) {
  // Two series that part after a while have been told the same until then.
  const SeasonSearchPlan plan = SeasonSearchPlan::Make(kMinuteMs);
  SeasonDetector a(plan), b(plan);
  std::mt19937 random(1);
  for (int64_t cell = 0; cell < 6000; cell++) {
    const double value = std::sin(2 * M_PI * static_cast<double>(cell) / 1440) + .3 * Normal(random);
    ASSERT_EQ(a.Update(value), b.Update(value));
    ASSERT_EQ(SeasonsOf(a), SeasonsOf(b));
  }
  EXPECT_THAT(SeasonsOf(a), ElementsAre(1440));
}

TEST(SeasonDetector, AnyInputKeepsItSmallAndItsSeasonsInBounds) {
  for (int64_t step_ms : {1000, 15'000, 60'000, 300'000, 3'600'000, 86'400'000}) {
    const SeasonSearchPlan plan = SeasonSearchPlan::Make(step_ms);
    SeasonDetector detector(plan);
    const size_t bytes = sizeof(SeasonDetector) + detector.HeapBytes();
    EXPECT_LE(bytes, 640u);
    std::mt19937 random(7);
    const int64_t longest = 8 * std::max<int64_t>(8 * 7, 86'400'000 / step_ms * 7);
    for (int i = 0; i < 60'000; i++) {
      switch (random() % 8) {
        case 0:
          detector.Skip(random() % 3 == 0 ? int64_t{1} << random() % 50 : random() % 20);
          break;
        case 1:
          detector.Update(kNaN);
          break;
        case 2:
          detector.Update((random() % 2 == 0 ? 1 : -1) * 1e30);
          break;
        default:
          detector.Update(i % 37 + Normal(random));
      }
      ASSERT_LE(detector.seasons(), SeasonDetector::kMostSeasons);
      for (const int season : SeasonsOf(detector)) {
        ASSERT_GE(season, 2);
        ASSERT_LE(season, longest);
      }
    }
    EXPECT_EQ(sizeof(SeasonDetector) + detector.HeapBytes(), bytes);
  }
}

}  // namespace
}  // namespace promcast
