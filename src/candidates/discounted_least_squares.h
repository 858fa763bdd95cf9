#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace promcast {

/// Linear least squares over rows that are forgotten exponentially, kept as the normal equations (the information form
/// of recursive least squares; Ljung & Soderstrom 1983): learning costs one outer product, weights are solved for when
/// they are asked for, and a feature that never moves harms nobody.
class DiscountedLeastSquares {
 public:
  static constexpr size_t kMaxFeatures = 32;

  /// `features` in [1, kMaxFeatures].
  explicit DiscountedLeastSquares(size_t features);

  /// Every row so far weighs `kept` (in [0, 1]) of what it did.
  void Forget(double kept);
  /// One row: `features` and their target, with weight 1.
  void Learn(std::span<const double> features, double target);
  /// As if in every row so far features[feature] had been less by amount * features[by].
  void Shift(size_t feature, size_t by, double amount);
  /// The weights that minimise the forgotten squared error plus the sum of ridge[i] * weights[i]^2; all zero where the
  /// equations have no finite solution.
  void Solve(std::span<const double> ridge, std::span<double> weights) const;

  /// Brings `weights` nearer to what Solve gives: one sweep of Gauss-Seidel, at a fraction of its cost. From the last
  /// row's weights one sweep a row is as good as solving.
  void Sweep(std::span<const double> ridge, std::span<double> weights) const;

  size_t features() const { return features_; }
  double mean_square(size_t feature) const { return rows_ > 0 ? Moment(feature, feature) / rows_ : 0; }
  size_t HeapBytes() const { return sums_.capacity() * sizeof(double); }
  template <class Archive>
  void Persist(Archive& archive) {
    auto& [features, rows, sums] = *this;
    archive(rows);
    archive.Block(std::span(sums));
  }

 private:
  double Moment(size_t i, size_t j) const { return sums_[i * features_ + j]; }
  double& Moment(size_t i, size_t j) { return sums_[i * features_ + j]; }
  double Product(size_t i) const { return sums_[features_ * features_ + i]; }
  double& Product(size_t i) { return sums_[features_ * features_ + i]; }

  size_t features_;
  double rows_ = 0;
  std::vector<double> sums_;  // features x features of feature products, the lower half alive, then feature x target
};

}  // namespace promcast
