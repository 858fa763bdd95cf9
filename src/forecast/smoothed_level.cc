#include "forecast/smoothed_level.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace promcast {

void SmoothedLevel::Update(double value) {
  if (std::isnan(value)) return;
  constexpr int kMany = 1 << 20;
  const auto [innovation, shifted] = filter_.Pass(seen_ > 0 ? value - level_ : 0);
  if (shifted) seen_ = 0;
  seen_ = std::min(seen_ + 1, kMany);
  level_ = seen_ == 1 ? value : level_ + std::max<double>(rate_, 1. / seen_) * innovation;
}

void SmoothedLevel::Forecast(std::span<const int> steps, std::span<double> out) const {
  const double level = seen_ > 0 ? level_ : std::numeric_limits<double>::quiet_NaN();
  for (size_t i = 0; i < steps.size(); i++) out[i] = level;
}

}  // namespace promcast
