#pragma once

#include "candidates/candidate.h"

namespace promcast {

/// Random walk with drift (Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 5.2): the newest value and
/// the mean change a cell, of which a cell's change is forgotten with a memory of so many cells. Says the newest value
/// after the first one. Shift- and scale-equivariant.
class Drift final : public PersistentCandidate<Drift> {
 public:
  /// `memory_cells` >= 1; infinity forgets nothing: the drift is then that from the first value to the newest.
  explicit Drift(double memory_cells) : forgetting_(1 - 1 / memory_cells) {}

  std::string_view name() const override { return "drift"; }
  size_t StateBytes() const override { return sizeof(*this); }
  template <class Archive>
  void PersistFields(Archive& archive) {
    archive(newest_, change_, cells_, started_);
  }

 private:
  void Learn(double value, int64_t cells) override;
  double Expect(int64_t steps) const override;

  double forgetting_;
  double newest_ = 0;
  double change_ = 0;  // forgotten sum of changes
  double cells_ = 0;   // forgotten number of cells they took
  bool started_ = false;
};

}  // namespace promcast
