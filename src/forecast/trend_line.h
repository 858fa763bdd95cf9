#pragma once

#include <cstdint>

namespace promcast {

/// The straight line through the past by least squares, in which a value weighs exponentially less the older it is
/// (Brown 1963, "Smoothing, Forecasting and Prediction of Discrete Time Series", discounted regression). What PromQL's
/// predict_linear says over a window whose values are as old in the mean, without the window. 40 bytes, O(1).
class TrendLine {
 public:
  /// What is kept of a weight from one cell to the next for values as old in the mean as those of `window` cells.
  static double KeepOf(double window) { return window / (window + 2); }

  /// The next cell; finite.
  void Update(double value, double keep) {
    Skip(1, keep);
    weight_ += 1;
    value_ += value;
  }
  /// As many missing cells.
  void Skip(int64_t cells, double keep);
  /// The line's value `steps` cells after the newest cell; NaN while fewer than two values are known.
  double Ahead(double steps) const;

  template <class Archive>
  void Persist(Archive& archive) {
    auto& [weight, age, square_age, value, age_value] = *this;
    archive(weight, age, square_age, value, age_value);
  }

 private:
  // Weighted sums over the values.
  double weight_ = 0, age_ = 0, square_age_ = 0, value_ = 0, age_value_ = 0;
};

}  // namespace promcast
