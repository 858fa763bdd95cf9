#pragma once

#include <string_view>

#include "forecast/innovation_filter.h"
#include "promcast/model.h"

namespace promcast {

/// Simple exponential smoothing (Brown 1959): level += rate * (value - level), forecast flat. Starts as the plain mean
/// of what was seen, until a new value would weigh less than `rate`, and starts anew after a shift (InnovationFilter).
class SmoothedLevel final : public Model {
 public:
  /// `name` must outlive the model. `rate` in (0, 1].
  SmoothedLevel(std::string_view name, double rate) : name_(name), rate_(static_cast<float>(rate)) {}

  std::string_view name() const override { return name_; }
  void Update(double value) override;
  void Skip(int64_t) override {}
  void Forecast(std::span<const int> steps, std::span<double> out) const override;
  size_t StateBytes() const override { return sizeof(*this); }

 private:
  std::string_view name_;
  double level_ = 0;
  float rate_;
  int seen_ = 0;  // since the level started
  InnovationFilter filter_;
};

}  // namespace promcast
