#pragma once

#include <string_view>

#include "forecast/past.h"

namespace promcast {

/// A forecast that follows from the past alone. It keeps nothing of its own, so one object serves every series.
class Expert {
 public:
  virtual ~Expert() = default;

  /// The field's own name, e.g. "seasonal_naive".
  virtual std::string_view name() const = 0;
  /// The value expected there; NaN where the expert cannot say yet. The past has seen a value.
  virtual double Forecast(const Past& past, const Ahead& ahead) const = 0;
};

}  // namespace promcast
