#include "candidates/autoregression.h"

#include <Eigen/Dense>
#include <numbers>

#include "candidates/discounted_least_squares.h"
#include "candidates/harmonic_trend.h"
#include "candidates/on_logarithm.h"
#include "candidates_fixture.h"

namespace promcast {
namespace {

/// (X' W X + diag(ridge))^-1 X' W y by a decomposition of the stacked rows.
Eigen::VectorXd Weighted(const Eigen::MatrixXd& x, const Eigen::VectorXd& y, const Eigen::VectorXd& weights,
                         const Eigen::VectorXd& ridge) {
  Eigen::MatrixXd rows(x.rows() + x.cols(), x.cols());
  rows << weights.cwiseSqrt().asDiagonal() * x, Eigen::MatrixXd(ridge.cwiseSqrt().asDiagonal());
  Eigen::VectorXd targets(rows.rows());
  targets << weights.cwiseSqrt().cwiseProduct(y), Eigen::VectorXd::Zero(x.cols());
  return rows.colPivHouseholderQr().solve(targets);
}

TEST(LeastSquares, IsTheBatchSolution) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  DiscountedLeastSquares squares(4);
  Eigen::MatrixXd x(200, 4);
  Eigen::VectorXd y(200), weights(200);
  for (int i = 0; i < 200; i++) {
    std::array<double, 4> row = {1, normal(random), 1e5 * normal(random), 1e-5 * normal(random)};
    x.row(i) = Eigen::Map<const Eigen::RowVector4d>(row.data());
    y(i) = normal(random) + 2 * row[1];
    weights(i) = std::pow(.98, 199 - i);
    squares.Forget(.98);
    squares.Learn(row, y(i));
  }
  const std::vector<double> ridge = {0, 1, 2, 0};
  std::vector<double> out(4);
  squares.Solve(ridge, out);
  const Eigen::VectorXd expected = Weighted(x, y, weights, Eigen::Map<const Eigen::VectorXd>(ridge.data(), 4));
  for (int i = 0; i < 4; i++)
    EXPECT_NEAR(out[static_cast<size_t>(i)], expected(i), 1e-8 * std::abs(expected(i)) + 1e-12);
}

TEST(LeastSquares, AFeatureThatNeverMovesHarmsNobody) {
  DiscountedLeastSquares squares(3);
  for (int i = 0; i < 20'000; i++) {
    squares.Forget(.99);
    squares.Learn(std::vector<double>{std::sin(i), 0, i < 10 ? 1e-3 : 0}, 3 * std::sin(i));
  }
  std::vector<double> out(3);
  squares.Solve(std::vector<double>(3, 0.), out);
  EXPECT_NEAR(out[0], 3, 1e-9);
  EXPECT_TRUE(std::isfinite(out[1]) && std::isfinite(out[2]));
}

TEST(LeastSquares, SweepsComeToTheSolution) {
  std::mt19937_64 random(4);
  std::normal_distribution<double> normal;
  DiscountedLeastSquares squares(4);
  for (int i = 0; i < 100; i++) {
    const double x = normal(random);
    squares.Learn(std::vector<double>{x, x + .5 * normal(random), 0, 1e-3 * normal(random)}, 2 * x + normal(random));
  }
  const std::vector<double> ridge = {10, 10, 0, 1e-5};
  std::vector<double> solved(4), swept(4, 1.);
  squares.Solve(ridge, solved);
  for (int i = 0; i < 200; i++) squares.Sweep(ridge, swept);
  EXPECT_THAT(swept, testing::Pointwise(testing::DoubleNear(1e-6), solved));
}

/// Two seasons and errors that have no far ones.
std::vector<double> Bounded(int cells, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> error(-1, 1);
  std::vector<double> values;
  double wander = 0;
  for (int i = 0; i < cells; i++) {
    wander = .8 * wander + error(random);
    values.push_back(5 * std::sin(i * 2 * M_PI / 12) + wander);
  }
  return values;
}

TEST(AutoregressionModel, IsTheBatchRegressionOnLagsMeanAndSeasons) {
  constexpr size_t kSeason = 12;
  const auto y = Bounded(2000, 2);
  const double forgetting = 1 - 1. / Autoregression::kLeastMemory;
  Autoregression model(std::vector<int>{kSeason});
  std::vector<Eigen::RowVectorXd> rows;
  std::vector<double> targets;
  double mean = 0, weights = 0;
  for (size_t t = 0; t <= y.size(); t++) {  // the last row is that of the forecast
    if (t > 8 * kSeason) {
      const auto before = [&](size_t lag) { return y[t - lag]; };
      std::vector<double> row = {1, mean - before(kSeason)};
      for (size_t lag : {1, 2, 3, 4, 6, 9, 11, 12}) row.push_back(before(lag) - before(lag + kSeason));
      for (size_t lag : {11, 13, 24, 36, 48, 60, 72, 84}) row.push_back(before(lag) - before(kSeason));
      rows.emplace_back(Eigen::Map<const Eigen::RowVectorXd>(row.data(), static_cast<Eigen::Index>(row.size())));
      if (t < y.size()) targets.push_back(y[t] - before(kSeason));
    }
    if (t == y.size()) break;
    weights = forgetting * weights + 1;
    mean += (y[t] - mean) / weights;
    model.Update(y[t]);
  }
  const auto n = static_cast<Eigen::Index>(targets.size());
  Eigen::MatrixXd x(n, rows[0].size());
  Eigen::VectorXd row_weights(n);
  for (Eigen::Index i = 0; i < n; i++) {
    x.row(i) = rows[static_cast<size_t>(i)];
    row_weights(i) = std::pow(forgetting, static_cast<double>(n - 1 - i));
  }
  const Eigen::VectorXd mean_squares = (row_weights.asDiagonal() * x.cwiseAbs2()).colwise().sum() / row_weights.sum();
  const Eigen::VectorXd ridge = Autoregression::kRidge * Autoregression::kLeastMemory * mean_squares;
  const auto solution = Weighted(x, Eigen::Map<const Eigen::VectorXd>(targets.data(), n), row_weights, ridge);
  const double expected = y[y.size() - kSeason] + rows.back().dot(solution);
  EXPECT_NEAR(Ask(model, 1), expected, .01);
  EXPECT_GT(std::abs(y.back() - expected), .1);  // it is no naive forecast
}

TEST(AutoregressionModel, SaysTheSeasonBeforeUntilItHasLearnt) {
  Autoregression model(kSeasons);
  const auto values = TwoSeasons(90, 3);
  model.Update(values[0]);
  EXPECT_EQ(Ask(model, 3), values[0]);
  for (size_t i = 1; i < values.size(); i++) model.Update(values[i]);
  EXPECT_EQ(Ask(model, 5), values[82]);
  EXPECT_EQ(Ask(model, 12), values[89]);
  EXPECT_EQ(Ask(model, 13), values[78]);
}

TEST(AutoregressionModel, AFarTargetMovesTheWeightsNoMoreThanANearerOne) {
  const auto after = [](double newest) {
    Autoregression model(std::vector<int>{12});
    Feed(model, Bounded(300, 5));
    model.Update(newest);
    return Ask(model, 1);
  };
  // By the same weights the forecast is linear in the newest value.
  EXPECT_NEAR(after(300) - after(200), after(200) - after(100), 1e-9);
  EXPECT_GT(after(200), after(100) + 1);
}

TEST(AutoregressionModel, TheLogarithmIsSilentAfterAValueThatHasNone) {
  OnLogarithm model("log", std::make_unique<Autoregression>(std::span<const int>()));
  Feed(model, TwoSeasons(100, 3));
  EXPECT_FALSE(std::isnan(Ask(model, 1)));
  model.Update(0);
  EXPECT_TRUE(std::isnan(Ask(model, 1)));
  Feed(model, TwoSeasons(OnLogarithm::kSilentCells - 1, 3));
  EXPECT_TRUE(std::isnan(Ask(model, 1)));
  model.Update(60);
  EXPECT_FALSE(std::isnan(Ask(model, 1)));
}

TEST(AutoregressionModel, AGapIsNotLearntFrom) {
  Autoregression model({});
  // The value after a missing cell has the sign of the one before it.
  for (int i = 0; i < 3000; i++) model.Update(i % 11 == 10 ? kMissing : i % 2 ? 1 : -1);
  EXPECT_NEAR(Ask(model, 1), -1, .1);
}

TEST(HarmonicTrendModel, IsTheBatchRegression) {
  const auto y = TwoSeasons(600, 4);
  const double memory = 300;
  HarmonicTrend model(std::vector<int>{12}, memory);
  std::vector<size_t> seen;
  for (size_t i = 0; i < y.size(); i++) {
    const bool missing = i % 11 == 7;
    model.Update(missing ? kMissing : y[i]);
    if (!missing) seen.push_back(i);
  }
  const auto newest = static_cast<double>(seen.back());
  const auto row = [&](double t) {
    Eigen::RowVectorXd features(14);
    features(0) = 1;
    features(1) = t <= newest ? (t - newest) / memory : 1 - std::exp((newest - t) / memory);
    for (int k = 1; k <= 6; k++) {
      features(2 * k) = std::cos(2 * std::numbers::pi * k * t / 12);
      features(2 * k + 1) = std::sin(2 * std::numbers::pi * k * t / 12);
    }
    return features;
  };
  const auto n = static_cast<Eigen::Index>(seen.size());
  Eigen::MatrixXd x(n, 14);
  Eigen::VectorXd target(n), weights(n);
  for (Eigen::Index i = 0; i < n; i++) {
    const auto t = static_cast<double>(seen[static_cast<size_t>(i)]);
    x.row(i) = row(t);
    target(i) = y[seen[static_cast<size_t>(i)]] - y[0];
    weights(i) = std::exp((t - newest) / memory);
  }
  Eigen::VectorXd ridge = Eigen::VectorXd::Ones(14);
  ridge(0) = 0;
  const Eigen::VectorXd solution = Weighted(x, target, weights, ridge);
  for (int steps : {1, 5, 100}) {
    EXPECT_NEAR(Ask(model, steps), y[0] + row(599. + steps).dot(solution), 1e-6);
  }
}

TEST(HarmonicTrendModel, NothingIsLeftBeyondAGapOfManyMemories) {
  HarmonicTrend gapped(kSeasons), fresh(kSeasons);
  Feed(gapped, TwoSeasons(500, 5));
  gapped.Skip(84 * 1000);
  for (int i = 0; i < 300; i++) {
    gapped.Update(40 + i % 12);
    fresh.Update(40 + i % 12);
  }
  EXPECT_NEAR(Ask(gapped, 3), Ask(fresh, 3), .1);
}

}  // namespace
}  // namespace promcast
