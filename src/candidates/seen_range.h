#pragma once

#include <algorithm>
#include <cmath>
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
  template <class Archive>
  void Persist(Archive& archive) {
    auto& [low, high] = *this;
    archive(low, high);
    archive.Require((std::isfinite(low) && std::isfinite(high) && low <= high) || (empty() && std::isinf(low - high)),
                    "the range of a model's values");
  }

 private:
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
};

}  // namespace promcast
