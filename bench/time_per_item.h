#pragma once

#include <benchmark/benchmark.h>

namespace promcast {

/// Adds the counter `time_per_item`: CPU seconds an item ("n" stands for nanoseconds), of `items` in an iteration.
inline void CountItems(benchmark::State& state, size_t items) {
  state.counters["time_per_item"] = benchmark::Counter(
      static_cast<double>(items), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

}  // namespace promcast
