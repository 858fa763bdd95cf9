#pragma once

#include "forecast/expert.h"

namespace promcast {

/// Repeats the last value.
class Naive final : public Expert {
 public:
  std::string_view name() const override { return "naive"; }
  double Forecast(const Past& past, const Ahead&) const override { return past.newest(); }
};

}  // namespace promcast
