#pragma once

#include <cstddef>
#include <span>

namespace promcast {

/// A forecast's bands that wait for the value only to be checked against it, in few bytes: the point, the greatest half
/// width (to a 256th part) and what share of it the others are (to a 510th of it).
class CheckedBand {
 public:
  static constexpr size_t Bytes(size_t coverages) { return kPointBytes + kWidestBytes + coverages - 1; }

  /// In memory of Bytes(coverages), of any alignment.
  explicit CheckedBand(std::byte* code) : code_(code) {}

  /// `half_widths`: one a coverage, ascending; a smaller one counts as the one before. Nothing waits after a point or a
  /// width that is not finite.
  void Write(float point, std::span<const double> half_widths);
  void Clear();
  /// The point; NaN when nothing waits. Its half widths then go to `half_widths`.
  float Read(std::span<float> half_widths) const;

 private:
  static constexpr size_t kPointBytes = 4;
  static constexpr size_t kWidestBytes = 2;  // the upper half of a float

  std::byte* code_;
};

}  // namespace promcast
