#include "candidates/croston.h"

#include <limits>

namespace promcast {

void Croston::Learn(double value, int64_t) {
  waited_++;
  if (value == 0) return;
  if (interval_ == 0) {
    size_ = value;
    interval_ = waited_;
  } else {
    size_ += rate_ * (value - size_);
    interval_ += rate_ * (waited_ - interval_);
  }
  waited_ = 0;
}

double Croston::Expect(int64_t) const {
  return interval_ > 0 ? (1 - rate_ / 2) * size_ / interval_ : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace promcast
