#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "series/cell_grid.h"
#include "series/fingerprint_table.h"
#include "series/sample_ring.h"

namespace promcast {
namespace {

/// A day's load of a machine as an exporter shows it: percent with four digits after the point, a daily wave and noise
/// that keeps some of its past, scraped every 15 s with a few milliseconds of jitter.
std::vector<Sample> Load(size_t count) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise(0, 0.4);
  std::vector<Sample> samples;
  double drift = 0;
  for (size_t i = 0; i < count; i++) {
    drift = 0.95 * drift + noise(random);
    const double wave = 20 * std::sin(static_cast<double>(i) * 2 * 3.14159265358979 / 5760);
    const double value = std::round((40 + wave + drift) * 1e4) / 1e4;
    samples.push_back(
        {1'700'000'000'000 + static_cast<int64_t>(i) * 15'000 + static_cast<int64_t>(random() % 4), value});
  }
  return samples;
}

/// A counter of whole numbers at a rate that follows the same load.
std::vector<Sample> Counter(size_t count) {
  std::vector<Sample> samples = Load(count);
  double total = 0;
  for (Sample& sample : samples) sample.value = total += std::round(15 * sample.value);
  return samples;
}

std::vector<Sample> SeriesOf(int64_t kind) {
  return kind == 0 ? Load(5'760) : Counter(5'760);
}

/// Argument: 0 a gauge, 1 a counter.
void BM_RingAppend(benchmark::State& state) {
  const std::vector<Sample> samples = SeriesOf(state.range(0));
  double bytes_per_sample = 0;
  for (auto _ : state) {
    SampleRing ring;
    for (const Sample& sample : samples) ring.Append(sample, RingOptions());
    bytes_per_sample = static_cast<double>(ring.allocated_bytes()) / static_cast<double>(ring.size());
    benchmark::DoNotOptimize(ring);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(samples.size()));
  state.counters["bytes_per_sample"] = bytes_per_sample;
}
BENCHMARK(BM_RingAppend)->Arg(0)->Arg(1);

void BM_RingRead(benchmark::State& state) {
  SampleRing ring;
  for (const Sample& sample : SeriesOf(state.range(0))) ring.Append(sample, RingOptions());
  double sum = 0;
  for (auto _ : state) {
    ring.ForEach(0, ring.newest().timestamp_ms, [&](Sample sample) { sum += sample.value; });
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(ring.size()));
}
BENCHMARK(BM_RingRead)->Arg(0)->Arg(1);

void BM_GridAdd(benchmark::State& state) {
  const std::vector<Sample> samples = SeriesOf(state.range(0));
  const auto reading = state.range(0) == 0 ? CellReading::kLast : CellReading::kRate;
  double sum = 0;
  for (auto _ : state) {
    CellGrid grid(60'000, reading);
    GridEvents events;
    for (const Sample& sample : samples) {
      grid.Add(sample, sample.timestamp_ms, GridLimits(), events, [&](double value, int64_t) { sum += value; });
    }
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(samples.size()));
}
BENCHMARK(BM_GridAdd)->Arg(0)->Arg(1);

/// Looks a million series up in random order, in batches as they come in a request. Argument: 1 with prefetch.
void BM_TableFind(benchmark::State& state) {
  constexpr size_t kSeries = 1'000'000;
  constexpr size_t kBatch = 32;
  std::mt19937_64 random(1);
  std::vector<Fingerprint> all;
  FingerprintTable table;
  for (uint32_t i = 0; i < kSeries; i++) {
    all.push_back({random(), random()});
    table.Insert(all.back(), i);
  }
  std::vector<Fingerprint> wanted;
  for (size_t i = 0; i < kSeries; i++) wanted.push_back(all[random() % kSeries]);
  size_t at = 0;
  uint32_t sum = 0;
  for (auto _ : state) {
    if (state.range(0) != 0) {
      for (size_t i = 0; i < kBatch; i++) table.Prefetch(wanted[at + i]);
    }
    for (size_t i = 0; i < kBatch; i++) sum += *table.Find(wanted[at + i]);
    at = (at + kBatch) % kSeries;
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
  state.counters["bytes_per_series"] = static_cast<double>(table.allocated_bytes()) / kSeries;
}
BENCHMARK(BM_TableFind)->Arg(0)->Arg(1);

}  // namespace
}  // namespace promcast
