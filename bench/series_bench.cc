// What a known series does with a sample. An item is a sample; a series has a day of them, 5,760.
#include <benchmark/benchmark.h>

#include <vector>

#include "daily_load.h"
#include "series/cell_grid.h"
#include "series/sample_ring.h"
#include "time_per_item.h"

namespace promcast {
namespace {

constexpr size_t kSamples = 5'760;
constexpr int64_t kStepMs = 60'000;

using MakeSamples = std::vector<Sample>(size_t count);

/// Appends to an empty ring with the default limits; a ring that is full drops its oldest chunk on the way.
void RingAppend(benchmark::State& state, MakeSamples* make) {
  const std::vector<Sample> samples = make(kSamples);
  double bytes_per_sample = 0;
  for (auto _ : state) {
    SampleRing ring;
    for (const Sample& sample : samples) ring.Append(sample, RingOptions());
    bytes_per_sample = static_cast<double>(ring.allocated_bytes()) / static_cast<double>(ring.size());
    benchmark::DoNotOptimize(ring);
  }
  CountItems(state, samples.size());
  state.counters["bytes_per_sample"] = bytes_per_sample;
}
BENCHMARK_CAPTURE(RingAppend, gauge, DailyLoad);
BENCHMARK_CAPTURE(RingAppend, counter, DailyCounter);

/// Reads all samples of a full ring in order of time.
void RingRead(benchmark::State& state, MakeSamples* make) {
  SampleRing ring;
  for (const Sample& sample : make(kSamples)) ring.Append(sample, RingOptions());
  double sum = 0;
  for (auto _ : state) {
    ring.ForEach(0, ring.newest().timestamp_ms, [&](Sample sample) { sum += sample.value; });
  }
  benchmark::DoNotOptimize(sum);
  CountItems(state, ring.size());
}
BENCHMARK_CAPTURE(RingRead, gauge, DailyLoad);
BENCHMARK_CAPTURE(RingRead, counter, DailyCounter);

/// Lays samples on a grid of a minute; every fourth closes a cell.
void GridAdd(benchmark::State& state, MakeSamples* make, CellReading reading) {
  const std::vector<Sample> samples = make(kSamples);
  double sum = 0;
  for (auto _ : state) {
    CellGrid grid(kStepMs, reading);
    GridEvents events;
    for (const Sample& sample : samples) {
      grid.Add(sample, sample.timestamp_ms, GridLimits(), events, [&](double value, int64_t) { sum += value; });
    }
  }
  benchmark::DoNotOptimize(sum);
  CountItems(state, samples.size());
}
BENCHMARK_CAPTURE(GridAdd, gauge, DailyLoad, CellReading::kLast);
BENCHMARK_CAPTURE(GridAdd, counter, DailyCounter, CellReading::kRate);

}  // namespace
}  // namespace promcast
