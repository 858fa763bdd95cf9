#pragma once

#include "forecast/expert.h"

namespace promcast {

/// Simple exponential smoothing (Brown 1959): one of the past's levels, forecast flat.
class SmoothedLevel final : public Expert {
 public:
  /// `which` of Past::kLevelRates. `name` must outlive the expert.
  SmoothedLevel(int which, std::string_view name) : which_(which), name_(name) {}

  std::string_view name() const override { return name_; }
  double Forecast(const Past& past, const Ahead&) const override { return past.level(which_); }

 private:
  int which_;
  std::string_view name_;
};

}  // namespace promcast
