#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace promcast {

/// The newest whole season: each cell's value where the season has at most so many cells, and means over even shares of
/// it where it is longer. A phase without values keeps what it was a season before.
class LastSeason {
 public:
  /// `season_length` >= 2 cells.
  LastSeason(int season_length, int max_phases);

  /// The value of the cell `cells` (>= 1) after the one before. The first stands at phase 0.
  void Add(double value, int64_t cells);
  /// The value a season (or as many seasons as it takes) before the cell `steps` (>= 1) after the newest value. NaN
  /// where unknown, as before the first value.
  double Before(int64_t steps) const;
  size_t HeapBytes() const { return phases_.capacity() * sizeof(float); }
  template <class Archive>
  void Persist(Archive& archive) {
    auto& [length, newest, open_sum, open_count, phases] = *this;
    archive(newest, open_sum, open_count);
    archive.Block(std::span(phases));
    archive.Require(newest >= -1 && newest < length, "a place in a model's last season");
    archive.Require(open_count >= 0 && open_count <= length && (newest >= 0 || open_count == 0),
                    "a phase of a model's last season");
  }

 private:
  size_t PhaseOf(int64_t step) const {
    return static_cast<size_t>(step * static_cast<int64_t>(phases_.size()) / length_);
  }

  int length_;
  int64_t newest_ = -1;  // cell of its season
  double open_sum_ = 0;  // over the phase of the newest value
  int64_t open_count_ = 0;
  std::vector<float> phases_;
};

}  // namespace promcast
