#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace promcast {

/// One number for each phase of a season: a phase is a cell where the season has at most kMaxPhases cells, and an even
/// share of the season where it is longer; reading then interpolates between the middles of phases.
class PhaseProfile {
 public:
  static constexpr int kMaxPhases = 288;

  /// `season_length` >= 2 cells. Every phase is unknown (NaN) at first.
  explicit PhaseProfile(int season_length);

  /// The newest cell is now so many cells further. The first cell ever stands at phase 0.
  void Advance(int64_t cells);
  /// Cells from the first to the newest one, counted up to somewhere between one and two seasons.
  int64_t elapsed() const { return newest_ + 1; }
  int season_length() const { return length_; }
  /// What a weight per season is for each of the cells of one phase.
  double CellRate(double season_rate) const;

  bool KnowsNewestPhase() const { return !std::isnan(phases_[PhaseOf(newest_ % length_)]); }
  /// At the cell `steps` (>= 0) after the newest one. NaN where unknown.
  double Get(int64_t steps) const;
  /// Adds to the newest cell's phase; unknown stays unknown.
  void Add(double change) { phases_[PhaseOf(newest_ % length_)] += static_cast<float>(change); }
  /// For the first season: the newest cell's phase becomes the mean of the values it was given.
  void Collect(double value);
  /// Every phase becomes its distance from the mean of the known ones, unknown phases 0. Returns the mean.
  double Centre();
  /// Every phase becomes its ratio to the mean of the known ones, unknown phases 1, as all are unless the mean is
  /// positive. Ratios are kept within [least, 1 / least]. Returns the mean.
  double CentreRatios(double least);
  void Fill(double value);
  size_t HeapBytes() const { return phases_.capacity() * sizeof(float); }
  template <class Archive>
  void Persist(Archive& archive) {
    auto& [length, newest, phases] = *this;
    archive(newest);
    archive.Block(std::span(phases));
    archive.Require(newest >= -1 && newest < 2 * int64_t{length}, "a place in a model's season");
  }

 private:
  size_t PhaseOf(int64_t step) const {
    return static_cast<size_t>(step * static_cast<int64_t>(phases_.size()) / length_);
  }
  double Mean() const;

  int length_;
  int64_t newest_ = -1;
  std::vector<float> phases_;
};

}  // namespace promcast
