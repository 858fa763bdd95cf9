#include "forecast/trend_line.h"

#include <cmath>
#include <limits>

namespace promcast {

void TrendLine::Skip(int64_t cells, double keep) {
  const auto older = static_cast<double>(cells);
  const double kept = cells == 1 ? keep : std::pow(keep, older);
  square_age_ = kept * (square_age_ + older * (2 * age_ + older * weight_));
  age_ = kept * (age_ + older * weight_);
  age_value_ = kept * (age_value_ + older * value_);
  weight_ *= kept;
  value_ *= kept;
}

double TrendLine::Ahead(double steps) const {
  constexpr double kRounding = 1e-12;  // of what the spread is a difference of
  const double spread = weight_ * square_age_ - age_ * age_;
  if (!(spread > kRounding * weight_ * square_age_)) return std::numeric_limits<double>::quiet_NaN();
  const double fall = (weight_ * age_value_ - age_ * value_) / spread;  // a cell back
  return (value_ - fall * age_) / weight_ - fall * steps;
}

}  // namespace promcast
