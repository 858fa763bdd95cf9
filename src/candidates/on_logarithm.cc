#include "candidates/on_logarithm.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace promcast {

void OnLogarithm::Learn(double value, int64_t cells) {
  silent_cells_ = std::max<int64_t>(0, silent_cells_ - cells);
  model_->Skip(cells - 1);
  if (value > 0) return model_->Update(std::log(value));
  silent_cells_ = kSilentCells;
  model_->Skip(1);
}

double OnLogarithm::Expect(int64_t steps) const {
  return silent_cells_ > 0 ? std::numeric_limits<double>::quiet_NaN() : std::exp(model_->Ahead(steps));
}

}  // namespace promcast
