#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "promcast/model_bank.h"

namespace promcast {

/// A bank that learns when it is looked at, or once some cells have gathered: it is thousands of bytes that have to
/// come from memory, for what it learns and for its forecast, and so they come once. Whoever looks sees a bank that has
/// learnt every cell. Not thread-safe, reading neither.
class PatientBank {
 public:
  explicit PatientBank(ModelBank bank) : bank_(std::move(bank)) {}

  void Update(double cell) {
    if (is_full()) CatchUp();
    cells_[count_++] = cell;
  }
  void Skip(int64_t cells) {
    CatchUp();
    bank_.Skip(cells);
  }

  /// Learns what it has put off; a look does so by itself.
  void CatchUp() const {
    const size_t count = std::exchange(count_, 0);
    for (size_t i = 0; i < count; i++) bank_.Update(cells_[i]);
  }

  const ModelBank& operator*() const { return Learnt(); }
  const ModelBank* operator->() const { return &Learnt(); }
  ModelBank* operator->() { return &Learnt(); }

  /// Whether the next Update will make it learn.
  bool is_full() const { return count_ == cells_.size(); }
  /// As ModelBank's, before an Update that will make it learn.
  void FetchForUpdate(int depth) const { bank_.FetchForUpdate(depth); }
  /// The same before a look. What an update reads, a forecast after it finds in the cache.
  void FetchForForecast(int depth) const { count_ > 0 ? bank_.FetchForUpdate(depth) : bank_.FetchForForecast(depth); }

 private:
  ModelBank& Learnt() const {
    CatchUp();
    return bank_;
  }

  mutable ModelBank bank_;
  mutable std::array<double, 3> cells_;
  mutable uint32_t count_ = 0;
};

}  // namespace promcast
