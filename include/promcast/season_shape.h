#pragma once

#include <array>
#include <optional>
#include <span>

namespace promcast {

/// How a series swings through its season, without its level and its size: at each phase it is expected `swing` of its
/// standard deviations times that phase's value away from its level.
struct SeasonShape {
  static constexpr int kPhases = 96;

  /// At the middle of each of so many equal parts of the season. Of one series: mean 0, mean square 1.
  std::array<float, kPhases> values{};
  float swing = 0;  ///< 0 to 1
};

/// What a further series is expected to have in common with these: the mean of their values, and a swing that is the
/// smaller the less they agree with one another. Nothing when they are fewer than two, or agree in nothing.
std::optional<SeasonShape> CommonShape(std::span<const SeasonShape> siblings);

}  // namespace promcast
