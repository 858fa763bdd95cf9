#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace promcast {

/// A streaming forecaster of one series on an even time grid: sees each cell once, in order, and answers from O(1)
/// state. Not thread-safe; no locks, logging or I/O inside.
class Model {
 public:
  virtual ~Model() = default;

  /// The field's own name for the model, e.g. "seasonal_naive".
  virtual std::string_view name() const = 0;
  /// The value of the next cell of the grid. NaN: the cell is missing; time passes, nothing is learnt. Never infinite.
  virtual void Update(double value) = 0;
  /// As Update(NaN) `cells` times, at the cost of a few.
  virtual void Skip(int64_t cells) = 0;
  /// out[i] = the value expected steps[i] (>= 1) cells after the newest cell. NaN where the model cannot say yet.
  virtual void Forecast(std::span<const int> steps, std::span<double> out) const = 0;
  /// Everything the model holds, itself included.
  virtual size_t StateBytes() const = 0;
};

}  // namespace promcast
