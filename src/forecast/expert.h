#pragma once

#include <cstdint>
#include <string_view>

#include "forecast/past.h"

namespace promcast {

/// A forecast that follows from the past alone. It keeps nothing of its own, so one object serves every series.
class Expert {
 public:
  virtual ~Expert() = default;

  /// The field's own name, e.g. "seasonal_naive".
  virtual std::string_view name() const = 0;
  /// The value expected `steps` (>= 1) cells after the newest one; NaN where the expert cannot say yet. The past has
  /// seen a value.
  virtual double Forecast(const Past& past, int64_t steps) const = 0;
};

}  // namespace promcast
