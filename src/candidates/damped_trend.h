#pragma once

#include <cmath>
#include <cstdint>

namespace promcast {

/// damping + damping^2 + ... + damping^steps: how many steps of the present trend lie in the next `steps` cells.
inline double DampedSteps(double damping, int64_t steps) {
  if (steps == 1) return damping;
  return damping * (1 - std::pow(damping, static_cast<double>(steps))) / (1 - damping);
}

}  // namespace promcast
