#pragma once

#include "forecast/expert.h"

namespace promcast {

/// The season's shape plus the present distance from it (Past::offset), which fades with the steps ahead (.998 a step).
/// NaN before one whole season was seen.
class SeasonAndLevel final : public Expert {
 public:
  /// `shape`: of the first season alone, or of all. `name` must outlive the expert.
  SeasonAndLevel(Past::Shape shape, std::string_view name) : shape_(shape), name_(name) {}

  std::string_view name() const override { return name_; }
  double Forecast(const Past& past, const Ahead& ahead) const override {
    const double shape = shape_ == Past::kFirstSeason ? ahead.season : ahead.season + ahead.longer_seasons;
    return shape + past.offset(shape_) * ahead.offset_left;
  }

 private:
  Past::Shape shape_;
  std::string_view name_;
};

}  // namespace promcast
