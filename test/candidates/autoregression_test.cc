#include "candidates/autoregression.h"

#include <Eigen/Dense>
#include <numbers>

#include "candidates/discounted_least_squares.h"
#include "candidates/harmonic_trend.h"
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

TEST(AutoregressionModel, IsTheBatchRegressionOnLagsMeanAndSeason) {
  const auto y = TwoSeasons(400, 2);
  const double forgetting = 1 - 1. / Autoregression::kMemoryCells;
  Autoregression model(std::vector<int>{12}, Autoregression::Space::kLinear);
  Feed(model, y);
  std::vector<std::vector<double>> rows;
  for (size_t i = 1; i <= y.size(); i++) {  // the last row is that of the forecast
    double mean = 0, weights = 0;
    for (size_t j = 0; j < i; j++) {
      const double weight = std::pow(forgetting, static_cast<double>(i - j));
      mean += weight * y[j];
      weights += weight;
    }
    const double now = y[i - 1];
    rows.push_back({y[i < 2 ? 0 : i - 2] - now, y[i < 3 ? 0 : i - 3] - now, mean / weights - now,
                    i < 12 ? 0 : y[i - 12] - now, i < 13 ? 0 : y[i - 13] - now});
  }
  const auto n = static_cast<Eigen::Index>(y.size() - 1);
  Eigen::MatrixXd x(n, 5);
  Eigen::VectorXd target(n), weights(n);
  for (Eigen::Index i = 0; i < n; i++) {
    const auto row = static_cast<size_t>(i);
    x.row(i) = Eigen::Map<const Eigen::RowVectorXd>(rows[row].data(), 5);
    target(i) = y[row + 1] - y[row];
    weights(i) = std::pow(forgetting, static_cast<double>(n - 1 - i));
  }
  const double mean_square = weights.dot(target.cwiseAbs2()) / weights.sum();
  const Eigen::VectorXd solution =
      Weighted(x, target, weights, Eigen::VectorXd::Constant(5, Autoregression::kRidge * mean_square));
  EXPECT_NEAR(Ask(model, 1), y.back() + solution.dot(Eigen::Map<const Eigen::VectorXd>(rows.back().data(), 5)), 1e-3);
}

TEST(AutoregressionModel, TheLogarithmIsSilentAfterAValueThatHasNone) {
  Autoregression model({}, Autoregression::Space::kLog);
  Feed(model, TwoSeasons(100, 3));
  EXPECT_FALSE(std::isnan(Ask(model, 1)));
  model.Update(0);
  EXPECT_TRUE(std::isnan(Ask(model, 1)));
  Feed(model, TwoSeasons(Autoregression::kMemoryCells - 1, 3));
  EXPECT_TRUE(std::isnan(Ask(model, 1)));
  model.Update(60);
  EXPECT_FALSE(std::isnan(Ask(model, 1)));
}

TEST(AutoregressionModel, AGapIsNotLearntFrom) {
  Autoregression model({}, Autoregression::Space::kLinear);
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
