#include "candidates/theta.h"

#include <cmath>

namespace promcast {

void Theta::Age(double cells) {
  const double kept = std::pow(forgetting_, cells);
  squared_times_ = kept * (squared_times_ - 2 * cells * times_ + cells * cells * weights_);
  times_values_ = kept * (times_values_ - cells * values_);
  times_ = kept * (times_ - cells * weights_);
  values_ *= kept;
  weights_ *= kept;
}

void Theta::Learn(double value, int64_t cells) {
  if (weights_ == 0) {
    origin_ = value;
  } else {
    Age(static_cast<double>(cells));
  }
  const double distance = value - origin_;
  weights_ += 1;
  values_ += distance;
  level_ += (unlearnt_ == 1 ? 1 : rate_) * (distance - level_);
  unlearnt_ *= 1 - rate_;
}

double Theta::Slope() const {
  const double spread = weights_ * squared_times_ - times_ * times_;
  // A line needs two values that still have weight.
  return spread > 1e-9 * weights_ * squared_times_ ? (weights_ * times_values_ - times_ * values_) / spread : 0;
}

double Theta::Expect(int64_t steps) const {
  const double lag = (1 - unlearnt_) / rate_ - 1;  // by how many cells the level trails the line
  return origin_ + level_ + Slope() / 2 * (static_cast<double>(steps) + lag);
}

}  // namespace promcast
