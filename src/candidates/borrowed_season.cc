#include "candidates/borrowed_season.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace promcast {
namespace {

// In parts of a season.
constexpr double kNearest = 1. / 24;
constexpr double kFarthest = .9;
constexpr double kQuick = 1. / 72;  // memory of the levels that forecasts start from
constexpr double kSlow = .25;       // of those that the slope is learnt against
constexpr double kPrior = 1. / 6;   // what the slope begins at weighs as much as so many values
constexpr double kQuickest = .5;    // a rate a cell

constexpr double kLeastMoves = .2;  // a value

double Fraction(double place) {
  return place - std::floor(place);
}

}  // namespace

BorrowedSeason::BorrowedSeason(int season_length, const SeasonShape& shape, double place)
    : season_length_(season_length), shape_(shape), place_(Fraction(place)) {
  for (const float value : shape_.values) shape_square_ += double{value} * value / SeasonShape::kPhases;
}

double BorrowedSeason::ShapeAt(int64_t steps) const {
  const double place = Fraction(place_ + static_cast<double>(steps % season_length_) / season_length_);
  const double position = place * SeasonShape::kPhases + SeasonShape::kPhases - .5;
  const auto below = static_cast<int>(position);
  const double part = position - below;
  const double from = shape_.values[below % SeasonShape::kPhases];
  const double to = shape_.values[(below + 1) % SeasonShape::kPhases];
  return from + part * (to - from);
}

void BorrowedSeason::Learn(double value, int64_t cells) {
  if (seen_ > 0) place_ = Fraction(place_ + static_cast<double>(cells % season_length_) / season_length_);
  if (seen_ > 0 && value != newest_) moves_++;
  newest_ = value;
  seen_++;
  const double shape = ShapeAt(0);
  const double slow_rate = std::max(1 / (kSlow * season_length_), 1 / seen_);
  slow_level_ += slow_rate * (value - slow_level_);
  slow_shape_level_ += slow_rate * (shape - slow_shape_level_);
  const double distance = value - slow_level_;
  const double shape_distance = shape - slow_shape_level_;
  products_ += distance * shape_distance;
  squares_ += distance * distance;
  shape_squares_ += shape_distance * shape_distance;
  const double rate = std::max(std::min(1 / (kQuick * season_length_), kQuickest), 1 / seen_);
  level_ += rate * (value - level_);
  shape_level_ += rate * (shape - shape_level_);
}

double BorrowedSeason::Slope() const {
  const double promised = shape_.swing * std::sqrt(squares_ / seen_);
  const double weight = kPrior * season_length_ * shape_square_;
  return (products_ + weight * promised) / (shape_squares_ + weight);
}

double BorrowedSeason::Expect(int64_t steps) const {
  const double ahead = static_cast<double>(steps) / season_length_;
  if (ahead < kNearest || ahead > kFarthest || !(shape_square_ > 0) || moves_ < kLeastMoves * seen_)
    return std::numeric_limits<double>::quiet_NaN();
  return level_ + Slope() * (ShapeAt(steps) - shape_level_);
}

template <class Archive>
void BorrowedSeason::PersistFields(Archive& archive) {
  archive(shape_.values, shape_.swing, shape_square_, place_, seen_, moves_, newest_, level_, shape_level_, slow_level_,
          slow_shape_level_, products_, squares_, shape_squares_);
  for (const float value : shape_.values) archive.Require(std::isfinite(value), "the shape of a borrowed season");
  archive.Require(shape_.swing >= 0 && shape_.swing <= 1 && std::isfinite(shape_square_),
                  "the swing of a borrowed season");
  archive.Require(place_ >= 0 && place_ <= 1, "a place in a borrowed season");
  archive.Require(seen_ >= 0, "how many values a borrowed season has met");
}
template void BorrowedSeason::PersistFields(ArchiveWriter&);
template void BorrowedSeason::PersistFields(ArchiveReader&);

}  // namespace promcast
