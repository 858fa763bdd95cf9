#include "forecast/season_and_level.h"

#include <cmath>

namespace promcast {
namespace {
constexpr double kOffsetRate = .1;
constexpr double kDamping = .998;
}  // namespace

void SeasonAndLevel::Update(double value) {
  profile_.Update(value);
  if (std::isnan(value)) return;
  const double season = profile_.At(0);
  if (std::isnan(season)) return;
  const auto [innovation, shifted] = filter_.Pass(value - season - offset_);
  offset_ += shifted ? innovation : kOffsetRate * innovation;
}

void SeasonAndLevel::Forecast(std::span<const int> steps, std::span<double> out) const {
  for (size_t i = 0; i < steps.size(); i++) {
    out[i] = profile_.At(steps[i]) + offset_ * std::pow(kDamping, steps[i]);
  }
}

}  // namespace promcast
