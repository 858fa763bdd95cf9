#pragma once

#include <algorithm>
#include <limits>

namespace promcast {

/// Least and greatest value seen, and how far beyond them an answer may go.
class SeenRange {
 public:
  bool empty() const { return low_ > high_; }
  void Add(double value) {
    low_ = std::min(low_, value);
    high_ = std::max(high_, value);
  }
  /// Into the range widened by its own width on either side. NaN stays NaN.
  double Clamp(double value) const {
    const double width = high_ - low_;
    return std::clamp(value, low_ - width, high_ + width);
  }

 private:
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
};

}  // namespace promcast
