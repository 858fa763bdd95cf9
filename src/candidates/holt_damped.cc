#include "candidates/holt_damped.h"

#include <cmath>

#include "candidates/damped_trend.h"

namespace promcast {

void HoltDamped::Learn(double value, int64_t cells) {
  if (!started_) {
    started_ = true;
    level_ = value;
    return;
  }
  const double expected = Expect(cells);
  const double error = value - expected;
  level_ = expected + rates_.level * error;
  trend_ = std::pow(rates_.damping, static_cast<double>(cells)) * trend_ + rates_.level * rates_.trend * error;
}

double HoltDamped::Expect(int64_t steps) const {
  return level_ + DampedSteps(rates_.damping, steps) * trend_;
}

}  // namespace promcast
