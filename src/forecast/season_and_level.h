#pragma once

#include <cmath>

#include "forecast/expert.h"

namespace promcast {

/// The season's shape plus the present distance from it (Past::offset), which fades with the steps ahead (.998 a step).
/// NaN before one whole season was seen.
class SeasonAndLevel final : public Expert {
 public:
  /// `shape`: of the first season alone, or of all. `name` must outlive the expert.
  SeasonAndLevel(Past::Shape shape, std::string_view name) : shape_(shape), name_(name) {}

  std::string_view name() const override { return name_; }
  double Forecast(const Past& past, int64_t steps) const override {
    return past.Season(shape_, steps) + past.offset(shape_) * std::pow(kDamping, static_cast<double>(steps));
  }

 private:
  static constexpr double kDamping = .998;

  Past::Shape shape_;
  std::string_view name_;
};

}  // namespace promcast
