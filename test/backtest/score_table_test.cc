#include "backtest/score_table.h"

#include <gtest/gtest.h>

#include "series_fixture.h"

namespace promcast {
namespace {

BandErrors Band(double coverage, int64_t count, int64_t inside, double winkler = 1, double winkler_base = 1) {
  return {coverage, count, inside, coverage * static_cast<double>(count), winkler, winkler_base};
}

SeriesErrors Series(double forecast, double naive, double seasonal_naive, double ewma, std::vector<BandErrors> bands,
                    int64_t count = 20) {
  SeriesErrors series;
  series.horizons.push_back({kHourMs, count, forecast, naive, seasonal_naive, ewma, std::move(bands)});
  return series;
}

TEST(ScoreTable, RatiosAreGeometricMeansOverSeries) {
  const auto rows = PoolScores({Series(2, 4, 4, 16, {Band(.9, 20, 19, 1, 4)}), Series(8, 1, 4, 1, {Band(.9, 20, 17)})});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].class_name(), "active");
  EXPECT_EQ(rows[0].horizon_ms, kHourMs);
  EXPECT_EQ(rows[0].series, 2);
  EXPECT_DOUBLE_EQ(rows[0].relative_mae, 1);  // 1/2 and 2
  EXPECT_DOUBLE_EQ(rows[0].naive, .5);        // 1 and 1/4
  EXPECT_DOUBLE_EQ(rows[0].ewma, 1);          // 4 and 1/4
  EXPECT_DOUBLE_EQ(rows[0].skill, .5);
  EXPECT_DOUBLE_EQ(*rows[0].cover, (19. / 20 + 17. / 20) / 2);
  EXPECT_DOUBLE_EQ(*rows[0].within, 0);
  EXPECT_DOUBLE_EQ(*rows[0].winkler, .5);  // 1/4 and 1
}

TEST(ScoreTable, SkillForgivesFivePercentOfTheBestBaseline) {
  auto skill_of = [](double forecast) {
    return PoolScores({Series(forecast, 100, 300, 200, {Band(.9, 0, 0)})})[0].skill;
  };
  EXPECT_EQ(skill_of(104.9), 1);
  EXPECT_EQ(skill_of(105.1), 0);
}

TEST(ScoreTable, WithinIsTheShareOfSeriesTwoPointsFromTheStatedCoverage) {
  const auto rows = PoolScores({Series(1, 1, 1, 1, {Band(.9, 100, 92)}), Series(1, 1, 1, 1, {Band(.9, 100, 88)}),
                                Series(1, 1, 1, 1, {Band(.9, 100, 93)}), Series(1, 1, 1, 1, {Band(.9, 100, 87)})});
  EXPECT_DOUBLE_EQ(*rows[0].within, .5);
}

TEST(ScoreTable, FewForecastsOrASeasonalNaiveWithoutErrorDoNotCount) {
  EXPECT_TRUE(PoolScores({Series(1, 1, 1, 1, {Band(.9, 19, 19)}, 19)}).empty());
  EXPECT_TRUE(PoolScores({Series(1, 1, 0, 1, {Band(.9, 20, 19)})}).empty());
}

TEST(ScoreTable, WithoutJudgedBandsTheirScoresAreUnknown) {
  const auto rows = PoolScores({Series(1, 1, 1, 1, {Band(.9, 19, 19)})});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_FALSE(rows[0].cover || rows[0].within || rows[0].winkler);
}

TEST(ScoreTable, BandScoresAreMeansOverTheSeriesWithJudgedBands) {
  const auto rows =
      PoolScores({Series(1, 1, 1, 1, {Band(.9, 19, 0, 9, 1)}), Series(1, 1, 1, 1, {Band(.9, 50, 45, 3, 1)})});
  EXPECT_EQ(rows.at(0).series, 2);
  EXPECT_DOUBLE_EQ(*rows[0].cover, .9);
  EXPECT_DOUBLE_EQ(*rows[0].within, 1);
  EXPECT_DOUBLE_EQ(*rows[0].winkler, 3);
}

TEST(ScoreTable, ASeriesWithoutErrorsStaysFinite) {
  const auto rows = PoolScores({Series(0, 0, 1, 0, {Band(.9, 20, 20, 0, 0)})});
  EXPECT_DOUBLE_EQ(rows[0].relative_mae, 1e-6);
  EXPECT_DOUBLE_EQ(*rows[0].winkler, 1e-6);
  EXPECT_DOUBLE_EQ(rows[0].skill, 1);
}

TEST(ScoreTable, RowsGoByClassHorizonAndCoverage) {
  SeriesErrors flat = Series(1, 1, 1, 1, {Band(.8, 0, 0)}),
               active = Series(1, 1, 1, 1, {Band(.95, 0, 0), Band(.8, 0, 0)});
  flat.flat = true;
  SeriesErrors sooner = active;
  sooner.horizons[0].horizon_ms = kMinuteMs;
  const auto rows = PoolScores({flat, active, sooner});
  ASSERT_EQ(rows.size(), 5U);
  std::vector<std::tuple<std::string, int64_t, double>> keys;
  for (const auto& row : rows) keys.emplace_back(row.class_name(), row.horizon_ms, row.coverage);
  EXPECT_EQ(keys, (decltype(keys){{"active", kMinuteMs, .8},
                                  {"active", kMinuteMs, .95},
                                  {"active", kHourMs, .8},
                                  {"active", kHourMs, .95},
                                  {"flat", kHourMs, .8}}));
}

}  // namespace
}  // namespace promcast
