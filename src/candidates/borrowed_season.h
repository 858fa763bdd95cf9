#pragma once

#include <cstdint>

#include "candidates/candidate.h"
#include "promcast/season_shape.h"

namespace promcast {

/// A level plus what a season's shape, learnt by other series, does from now to then. How much of it this series shows
/// is told by a ridge regression of its values on the shape, both as distances from slow levels, which begins at what
/// the shape's swing promises. For a series that has yet to see a season of its own.
///
/// NaN for cells so near that the level alone says as much, and for those about a season ahead: there the shape says
/// "no change", and a level that joins models of which none has shown yet what it is worth makes their mix worse. NaN
/// as well while the series seldom moves: what it usually is beats any swing.
class BorrowedSeason final : public PersistentCandidate<BorrowedSeason> {
 public:
  explicit BorrowedSeason(int season_length) : season_length_(season_length) {}
  /// `place`: where in the season, 0 to 1, the first value will lie.
  BorrowedSeason(int season_length, const SeasonShape& shape, double place);

  std::string_view name() const override { return "borrowed_season"; }
  size_t StateBytes() const override { return sizeof(*this); }
  template <class Archive>
  void PersistFields(Archive& archive);

 private:
  void Learn(double value, int64_t cells) override;
  double Expect(int64_t steps) const override;
  /// The shape so many cells after the newest value.
  double ShapeAt(int64_t steps) const;
  double Slope() const;

  int season_length_;
  SeasonShape shape_;
  double shape_square_ = 0;  // mean
  double place_ = 0;         // of the newest value, 0 to 1
  double seen_ = 0;          // values
  double moves_ = 1;         // of them other than the one before; the first counts
  double newest_ = 0;
  double level_ = 0, shape_level_ = 0;
  double slow_level_ = 0, slow_shape_level_ = 0;
  double products_ = 0, squares_ = 0, shape_squares_ = 0;  // of the distances from the slow levels, summed
};

}  // namespace promcast
