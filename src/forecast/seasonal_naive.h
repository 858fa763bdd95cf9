#pragma once

#include "forecast/expert.h"

namespace promcast {

/// Repeats the value that the season had last in the same phase. NaN before a value of that phase was seen.
class SeasonalNaive final : public Expert {
 public:
  std::string_view name() const override { return "seasonal_naive"; }
  double Forecast(const Past&, const Ahead& ahead) const override { return ahead.last_cycle; }
};

}  // namespace promcast
