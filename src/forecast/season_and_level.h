#pragma once

#include "forecast/innovation_filter.h"
#include "forecast/season_profile.h"
#include "promcast/model.h"

namespace promcast {

/// The season's shape plus the present distance from it: the distance is smoothed (rate .1 a cell) and fades with the
/// steps ahead (.998 a step). After a shift it is the distance itself. NaN before one whole season was seen.
class SeasonAndLevel final : public Model {
 public:
  explicit SeasonAndLevel(int season_length) : profile_(season_length) {}

  std::string_view name() const override { return "season_and_level"; }
  void Update(double value) override;
  void Skip(int64_t cells) override { profile_.Skip(cells); }
  void Forecast(std::span<const int> steps, std::span<double> out) const override;
  size_t StateBytes() const override { return sizeof(*this) + profile_.HeapBytes(); }

 private:
  SeasonProfile profile_;
  double offset_ = 0;
  InnovationFilter filter_;
};

}  // namespace promcast
