#pragma once

#include <cmath>
#include <limits>

#include "promcast/model.h"

namespace promcast {

/// The last value, whatever the distance.
class Naive final : public Model {
 public:
  std::string_view name() const override { return "naive"; }
  void Update(double value) override {
    if (!std::isnan(value)) last_ = value;
  }
  void Skip(int64_t) override {}
  void Forecast(std::span<const int> steps, std::span<double> out) const override {
    for (size_t i = 0; i < steps.size(); i++) out[i] = last_;
  }
  size_t StateBytes() const override { return sizeof(*this); }

 private:
  double last_ = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace promcast
