#include "backtest/series_errors.h"

#include <gtest/gtest.h>

#include <cmath>

#include "series_fixture.h"

namespace promcast {
namespace {

ReplayPlan PlanOf(int64_t step_ms, std::vector<double> coverages, int horizon = 1) {
  auto bank = std::make_shared<BankOptions>();
  bank->horizons = {horizon};
  bank->coverages = std::move(coverages);
  ReplayPlan plan;
  plan.step_ms = step_ms;
  plan.bank = std::move(bank);
  return plan;
}

struct Said {
  int64_t issued_ms;
  double point;
};

/// Forecasts of one horizon, with the same band around zero for each coverage.
ReplayedForecasts Forecasts(const std::vector<Said>& all, size_t coverages, double half_width = 10) {
  ReplayedForecasts forecasts;
  forecasts.point = xt::xtensor<double, 2>({size_t{1}, all.size()}, 0.);
  forecasts.lower = xt::xtensor<double, 3>({coverages, size_t{1}, all.size()}, -half_width);
  forecasts.upper = xt::xtensor<double, 3>({coverages, size_t{1}, all.size()}, half_width);
  for (size_t i = 0; i < all.size(); i++) {
    forecasts.issued_ms.push_back(all[i].issued_ms);
    forecasts.point(0, i) = all[i].point;
  }
  return forecasts;
}

// Four hours of one day and the same four of the next.
const Samples kTwoDays{{0, kHourMs, 2 * kHourMs, 3 * kHourMs, 24 * kHourMs, 25 * kHourMs, 26 * kHourMs, 27 * kHourMs},
                       {1, 2, 4, 8, 3, 3, 5, 9}};

TEST(SeriesErrors, ForecastAndBaselinesAreSummedOverTheSameTargets) {
  const auto plan = PlanOf(kHourMs, {.8});
  const auto forecasts = Forecasts({{24 * kHourMs, 4}, {25 * kHourMs, 4}, {26 * kHourMs, 10}}, 1);
  const HorizonErrors errors = ScoreSeries(kTwoDays, forecasts, plan, 0).horizons.at(0);
  EXPECT_EQ(errors.horizon_ms, kHourMs);
  EXPECT_EQ(errors.count, 3);
  EXPECT_DOUBLE_EQ(errors.forecast, 3);        // 4 for 3, 4 for 5, 10 for 9
  EXPECT_DOUBLE_EQ(errors.naive, 6);           // 3 for 3, 3 for 5, 5 for 9
  EXPECT_DOUBLE_EQ(errors.seasonal_naive, 3);  // 2 for 3, 4 for 5, 8 for 9
  // The mean stands at 5.375 after three hours and has 2^-21 of what it was left a day after the first sample.
  const double left = 2.375 * std::exp2(-21);
  EXPECT_DOUBLE_EQ(errors.ewma, left + (5 - (3 + left / 2)) + (9 - (4 + left / 4)));
}

TEST(SeriesErrors, OnlyWhatIsIssuedLateEnoughIsScored) {
  const auto plan = PlanOf(kHourMs, {.8});
  const auto forecasts = Forecasts({{24 * kHourMs, 4}, {25 * kHourMs, 4}, {26 * kHourMs, 10}}, 1);
  EXPECT_EQ(ScoreSeries(kTwoDays, forecasts, plan, 25. * kHourMs).horizons[0].count, 2);
  EXPECT_EQ(ScoreSeries(kTwoDays, forecasts, plan, 25. * kHourMs + 1. / 3).horizons[0].count, 1);
}

TEST(SeriesErrors, AForecastCountsOnlyWhereASampleStandsAtItsTargetAndADayBefore) {
  const auto plan = PlanOf(kHourMs, {.8});
  const Said no_day_before{0, 1}, no_sample{27 * kHourMs, 1}, between{24 * kHourMs + 1, 1}, none{25 * kHourMs, kNaN};
  EXPECT_EQ(ScoreSeries(kTwoDays, Forecasts({no_day_before, between, none, no_sample}, 1), plan, 0).horizons[0].count,
            0);
}

TEST(SeriesErrors, OfSeveralSamplesAtOneTimeTheLastCounts) {
  const Samples samples{{0, kHourMs, kHourMs, kDayMs, kDayMs, 25 * kHourMs, 25 * kHourMs}, {0, 9, 1, 9, 2, 9, 4}};
  const HorizonErrors errors = ScoreSeries(samples, Forecasts({{kDayMs, 5}}, 1), PlanOf(kHourMs, {.8}), 0).horizons[0];
  EXPECT_EQ(errors.count, 1);
  EXPECT_EQ(errors.forecast, 1);
  EXPECT_EQ(errors.naive, 2);
  EXPECT_EQ(errors.seasonal_naive, 3);
}

TEST(SeriesErrors, TheSeasonalNaiveOfMoreThanADayGoesBackWholeDays) {
  auto plan = PlanOf(25 * kHourMs, {.8});
  Samples samples;
  for (int hour = 0; hour < 100; hour++) {
    samples.times_ms.push_back(hour * kHourMs);
    samples.values.push_back(hour);
  }
  const HorizonErrors errors = ScoreSeries(samples, Forecasts({{60 * kHourMs, 85}}, 1), plan, 0).horizons[0];
  ASSERT_EQ(errors.count, 1);
  EXPECT_EQ(errors.seasonal_naive, 48);  // two days before the target
  EXPECT_EQ(errors.naive, 25);
}

/// Half an hour apart, all zero.
Samples Zeros(int64_t count) {
  Samples samples;
  for (int64_t i = 0; i < count; i++) {
    samples.times_ms.push_back(i * 30 * kMinuteMs);
    samples.values.push_back(0);
  }
  return samples;
}

TEST(SeriesErrors, BandsAreHeldAgainstTheQuantileOfTheResidualsThatHaveResolved) {
  const auto plan = PlanOf(30 * kMinuteMs, {.8});
  std::vector<Said> all;
  for (int i = 0; i < 52; i++) all.push_back({kDayMs + i * 30 * kMinuteMs, static_cast<double>(i)});
  const HorizonErrors errors = ScoreSeries(Zeros(200), Forecasts(all, 1), plan, 0).horizons[0];
  EXPECT_EQ(errors.count, 52);
  // The 50th and 51st are judged, when the residuals 0..49 and 0..50 are known.
  const BandErrors& band = errors.bands.at(0);
  EXPECT_EQ(band.count, 2);
  EXPECT_EQ(band.inside, 2);
  EXPECT_DOUBLE_EQ(band.coverage_sum, 1.6);
  EXPECT_DOUBLE_EQ(band.winkler, 20 + 20);
  // 50 +- 40 and 51 +- 41: the actual 0 lies 10 below, which costs ten times as much at a coverage of 0.8.
  EXPECT_DOUBLE_EQ(band.winkler_base, (80 + 100) + (82 + 100));
}

TEST(SeriesErrors, AResidualIsUnknownUntilItsTargetHasCome) {
  std::vector<Said> all;
  for (int i = 0; i < 60; i++) all.push_back({kDayMs + i * 30 * kMinuteMs, 1});
  for (const int horizon : {1, 2, 7}) {
    const auto plan = PlanOf(30 * kMinuteMs, {.8}, horizon);
    const HorizonErrors errors = ScoreSeries(Zeros(200), Forecasts(all, 1), plan, 0).horizons[0];
    EXPECT_EQ(errors.bands[0].count, 60 - (50 + horizon - 1)) << horizon;
  }
}

TEST(SeriesErrors, WhatLiesOutsideOfABandCostsByItsCoverage) {
  const auto plan = PlanOf(30 * kMinuteMs, {.8, .95});
  Samples samples = Zeros(200);
  samples.values[48 + 51] = 12;  // the target of the 50th
  std::vector<Said> all;
  for (int i = 0; i < 51; i++) all.push_back({kDayMs + i * 30 * kMinuteMs, 0});
  const HorizonErrors errors = ScoreSeries(samples, Forecasts(all, 2), plan, 0).horizons[0];
  ASSERT_EQ(errors.bands.size(), 2U);
  for (const BandErrors& band : errors.bands) {
    EXPECT_EQ(band.count, 1);
    EXPECT_EQ(band.inside, 0);
  }
  EXPECT_NEAR(errors.bands[0].winkler, 20 + 10 * 2, 1e-9);
  EXPECT_NEAR(errors.bands[1].winkler, 20 + 40 * 2, 1e-9);
  EXPECT_NEAR(errors.bands[0].winkler_base, 10 * 12, 1e-9);
}

TEST(SeriesErrors, ResidualsOfMoreThanSevenDaysAgoAreForgotten) {
  const auto plan = PlanOf(30 * kMinuteMs, {.8});
  std::vector<Said> all;
  for (int i = 0; i < 60; i++) all.push_back({kDayMs + i * 30 * kMinuteMs, 1});
  const int64_t last_target_ms = all.back().issued_ms + 30 * kMinuteMs;
  std::vector<Said> later = all;
  // All 60 are known seven days after the first target; 13.5 hours on 27 of them have gone.
  all.push_back({kDayMs + 30 * kMinuteMs + 7 * kDayMs, 1});
  later.push_back({last_target_ms + 7 * kDayMs - 16 * kHourMs, 1});
  EXPECT_EQ(ScoreSeries(Zeros(2000), Forecasts(all, 1), plan, 7. * kDayMs).horizons[0].bands[0].count, 1);
  EXPECT_EQ(ScoreSeries(Zeros(2000), Forecasts(later, 1), plan, 7. * kDayMs).horizons[0].bands[0].count, 0);
}

TEST(SeriesErrors, ASeriesIsFlatWhenMoreThanThreeInFiveSamplesAreUnchanged) {
  EXPECT_FALSE(IsFlat({{0, 1, 2, 3, 4, 5}, {1, 1, 1, 1, 2, 3}}));  // 3 of 5
  EXPECT_TRUE(IsFlat({{0, 1, 2, 3, 4, 5}, {1, 1, 1, 1, 1, 3}}));
  EXPECT_FALSE(IsFlat({{0}, {1}}));
  EXPECT_FALSE(IsFlat({}));
}

}  // namespace
}  // namespace promcast
