#include "candidates/drift.h"

#include <cmath>

namespace promcast {

void Drift::Learn(double value, int64_t cells) {
  if (started_) {
    // A change over a gap counts as so many equal changes.
    const double kept = cells == 1 ? forgetting_ : std::pow(forgetting_, static_cast<double>(cells));
    const double weight = forgetting_ < 1 ? (1 - kept) / (1 - forgetting_) : static_cast<double>(cells);
    change_ = kept * change_ + weight * (value - newest_) / static_cast<double>(cells);
    cells_ = kept * cells_ + weight;
  }
  started_ = true;
  newest_ = value;
}

double Drift::Expect(int64_t steps) const {
  return cells_ > 0 ? newest_ + static_cast<double>(steps) * change_ / cells_ : newest_;
}

}  // namespace promcast
