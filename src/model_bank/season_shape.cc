#include "promcast/season_shape.h"

#include <algorithm>
#include <cstddef>

namespace promcast {

// With values of mean square 1 the mean product of two different siblings' values, r, is their correlation, and the
// mean square of the mean of k of them is r + (1 - r) / k. Least squares from that mean to a further one has the slope
// r over its mean square.
std::optional<SeasonShape> CommonShape(std::span<const SeasonShape> siblings) {
  if (siblings.size() < 2) return std::nullopt;
  const auto count = static_cast<double>(siblings.size());
  SeasonShape common;
  double square = 0;
  for (size_t phase = 0; phase < common.values.size(); phase++) {
    double sum = 0;
    for (const SeasonShape& sibling : siblings) sum += sibling.values[phase];
    common.values[phase] = static_cast<float>(sum / count);
    square += sum / count * (sum / count) / SeasonShape::kPhases;
  }
  const double correlation = (count * square - 1) / (count - 1);
  if (!(correlation > 0)) return std::nullopt;
  double swing = 0;
  for (const SeasonShape& sibling : siblings) swing += sibling.swing / count;
  common.swing = static_cast<float>(std::min(1., swing * correlation / square));
  return common;
}

}  // namespace promcast
