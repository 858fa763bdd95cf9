#include "backtest/m4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace promcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

absl::StatusOr<std::vector<M4Series>> Read(std::string_view text) {
  return ReadM4(BytesOf(text), "m4.csv");
}

TEST(M4Reader, RowsMayHaveDifferentLengths) {
  const auto series = Read("\"V1\",\"V2\",\"V3\",\"V4\"\n\"H1\",\"1\",\"2\",\"3\"\n\"H2\",\"4\",,\nH3,5,NA,NA\nH4,6\n");
  ASSERT_TRUE(series.ok()) << series.status();
  ASSERT_EQ(series->size(), 4U);
  EXPECT_EQ((*series)[0].id, "H1");
  EXPECT_THAT((*series)[0].values, ElementsAre(1, 2, 3));
  EXPECT_THAT((*series)[1].values, ElementsAre(4));
  EXPECT_THAT((*series)[2].values, ElementsAre(5));
  EXPECT_THAT((*series)[3].values, ElementsAre(6));
}

TEST(M4Reader, AValueThatIsMissingInTheMiddleIsAnError) {
  EXPECT_THAT(Read("V1,V2,V3\nH1,1,,3\n").status().message(), HasSubstr("m4.csv:2: value 2 of series `H1`"));
  EXPECT_THAT(Read("V1,V2,V3\nH1,1,x\n").status().message(), HasSubstr("m4.csv:2: value 2 of series `H1`"));
}

TEST(M4Scores, SmapeIsRelativeToBothSizes) {
  EXPECT_DOUBLE_EQ(SymmetricMape(std::vector{3., 1., 0.}, std::vector{1., 1., 0.}), 100. / 3);
  EXPECT_DOUBLE_EQ(SymmetricMape(std::vector{-1.}, std::vector{1.}), 200);
}

TEST(M4Scores, MaseIsScaledByTheSeasonalNaiveWithinTheTrainingPart) {
  // Two steps apart the training part moves by 2, 2 and 5; the forecasts err by 1 and 5.
  EXPECT_DOUBLE_EQ(
      MeanAbsoluteScaledError(std::vector{1., 2., 3., 4., 8.}, std::vector{7., 5.}, std::vector{8., 0.}, 2), 3. / 3);
  EXPECT_TRUE(std::isnan(MeanAbsoluteScaledError(std::vector{1., 2., 1.}, std::vector{1.}, std::vector{1.}, 2)));
  EXPECT_TRUE(std::isnan(MeanAbsoluteScaledError(std::vector{1.}, std::vector{1.}, std::vector{1.}, 2)));
}

class M4Files : public testing::Test {
 protected:
  M4Files() : folder_(testing::TempDir() + "m4_test_" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~M4Files() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  /// A day shape with some noise, from `first_hour` on.
  static std::string Row(const std::string& id, int first_hour, int hours) {
    std::string row = id;
    for (int hour = first_hour; hour < first_hour + hours; hour++) {
      row += "," + std::to_string(100 + 20 * std::sin(hour * M_PI / 12) + hour * 7919 % 11 * .1);
    }
    return row + "\n";
  }

  const std::string folder_;
};

TEST_F(M4Files, EachSeriesIsScoredByTheTestSeriesOfItsId) {
  const std::string train = Write("train.csv", "id\n" + Row("A", 0, 700) + Row("B", 6, 720));
  const std::string test = Write("test.csv", "id\n" + Row("B", 726, 48) + Row("A", 700, 48));
  const auto report = RunM4(train, test, 2, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->series, 2U);
  EXPECT_LT(report->smape, 1);  // an hour too early or too late it is 3
  EXPECT_DOUBLE_EQ(report->owa, (report->smape / 18.383 + report->mase / 2.395) / 2);
}

TEST_F(M4Files, TheTestPartIsSeenByTheScoresAlone) {
  // With a test value v far above every forecast f, sMAPE = 200 (v - f) / (v + f): the forecast follows from it, and
  // must not depend on v.
  const std::string train = Write("train.csv", "id\n" + Row("A", 0, 700));
  auto forecast_seen = [&](double v) {
    const auto report = RunM4(train, Write("test.csv", "id\nA," + std::to_string(v) + "\n"), 1, nullptr);
    const double share = report->smape / 200;
    return v * (1 - share) / (1 + share);
  };
  EXPECT_NEAR(forecast_seen(1000), forecast_seen(500), 1e-6);
}

TEST_F(M4Files, WhatDoesNotFitIsNamed) {
  const std::string train = Write("train.csv", "id\n" + Row("A", 0, 700)), name = "test.csv";
  EXPECT_THAT(RunM4(train, Write(name, "id\nB,1\n"), 1, nullptr).status().message(), HasSubstr("has no series `A`"));
  EXPECT_THAT(RunM4(train, Write(name, "id\nA\n"), 1, nullptr).status().message(), HasSubstr("expected 1 to 48"));
  EXPECT_THAT(RunM4(train, Write(name, Row("x", 0, 1) + Row("A", 0, 49)), 1, nullptr).status().message(),
              HasSubstr("has 49 values"));
  EXPECT_THAT(RunM4(Write("short.csv", "id\nA,1,2\n"), Write(name, "id\nA,1\n"), 1, nullptr).status().message(),
              HasSubstr("series `A` has 2 values; expected 48 at least"));
  EXPECT_THAT(RunM4(Write("empty.csv", ""), train, 1, nullptr).status().message(), HasSubstr("has no series"));
}

}  // namespace
}  // namespace promcast
