#include "candidates/discounted_least_squares.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>

namespace promcast {
namespace {
constexpr int kMax = static_cast<int>(DiscountedLeastSquares::kMaxFeatures);
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor, kMax, kMax>;
using Vector = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, kMax, 1>;
}  // namespace

DiscountedLeastSquares::DiscountedLeastSquares(size_t features)
    : features_(features), sums_(features * features + features, 0.) {}

void DiscountedLeastSquares::Forget(double kept) {
  for (double& sum : sums_) sum *= kept;
  rows_ *= kept;
}

void DiscountedLeastSquares::Learn(std::span<const double> features, double target) {
  for (size_t i = 0; i < features_; i++) {
    for (size_t j = 0; j <= i; j++) Moment(i, j) += features[i] * features[j];
    Product(i) += features[i] * target;
  }
  rows_ += 1;
}

void DiscountedLeastSquares::Shift(size_t feature, size_t by, double amount) {
  const auto moment = [this](size_t i, size_t j) -> double& { return i >= j ? Moment(i, j) : Moment(j, i); };
  const double own = moment(feature, feature) - 2 * amount * moment(feature, by) + amount * amount * moment(by, by);
  for (size_t i = 0; i < features_; i++) {
    if (i != feature) moment(i, feature) -= amount * moment(i, by);
  }
  moment(feature, feature) = own;
  Product(feature) -= amount * Product(by);
}

void DiscountedLeastSquares::Solve(std::span<const double> ridge, std::span<double> weights) const {
  const auto n = static_cast<Eigen::Index>(features_);
  Matrix moments = Eigen::Map<const Matrix>(sums_.data(), n, n);
  moments.diagonal() += Eigen::Map<const Vector>(ridge.data(), n);
  const Eigen::Map<const Vector> products(sums_.data() + n * n, n);
  // Features of very different sizes are brought to one size first.
  Vector sizes = moments.diagonal().cwiseSqrt();
  for (double& size : sizes) size = size > 0 ? size : 1;
  for (Eigen::Index i = 0; i < n; i++) {
    for (Eigen::Index j = 0; j <= i; j++) moments(i, j) /= sizes(i) * sizes(j);
  }
  const Eigen::LDLT<Matrix, Eigen::Lower> factors(moments);
  Vector solution = factors.solve(products.cwiseQuotient(sizes)).cwiseQuotient(sizes);
  if (!solution.allFinite()) solution.setZero();
  std::copy(solution.begin(), solution.end(), weights.begin());
}

void DiscountedLeastSquares::Sweep(std::span<const double> ridge, std::span<double> weights) const {
  for (size_t i = 0; i < features_; i++) {
    const double own = Moment(i, i) + ridge[i];
    double left = Product(i);
    for (size_t j = 0; j < i; j++) left -= Moment(i, j) * weights[j];
    for (size_t j = i + 1; j < features_; j++) left -= Moment(j, i) * weights[j];
    const double weight = left / own;
    weights[i] = std::isfinite(weight) ? weight : 0;
  }
}

}  // namespace promcast
