// Finding a series by its fingerprint among a million. An item is a look-up; they come in a random order that is the
// same at every run, 32 at a time.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <vector>

#include "series/fingerprint_table.h"
#include "time_per_item.h"

namespace promcast {
namespace {

constexpr size_t kSeries = 1'000'000;
constexpr size_t kBatch = 32;

enum class Wanted { kKnown, kMissing };
enum class Prefetch { kNo, kYes };

struct MillionSeries {
  FingerprintTable table;
  std::vector<Fingerprint> known, missing;

  MillionSeries() {
    std::mt19937_64 random(1);
    std::vector<Fingerprint> all;
    for (uint32_t i = 0; i < kSeries; i++) {
      all.push_back({random(), random()});
      table.Insert(all.back(), i);
    }
    for (size_t i = 0; i < kSeries; i++) {
      known.push_back(all[random() % kSeries]);
      missing.push_back({random(), random()});
    }
  }
};

/// Looks known or missing series up, asking for a batch's entries ahead of it or not.
void Probe(benchmark::State& state, Wanted wanted, Prefetch prefetch) {
  static const MillionSeries series;
  const std::vector<Fingerprint>& fingerprints = wanted == Wanted::kKnown ? series.known : series.missing;
  size_t at = 0;
  uint32_t sum = 0;
  for (auto _ : state) {
    if (prefetch == Prefetch::kYes) {
      for (size_t i = 0; i < kBatch; i++) series.table.Prefetch(fingerprints[at + i]);
    }
    for (size_t i = 0; i < kBatch; i++) sum += series.table.Find(fingerprints[at + i]).value_or(0);
    at = (at + kBatch) % kSeries;
  }
  benchmark::DoNotOptimize(sum);
  CountItems(state, kBatch);
  state.counters["bytes_per_series"] = static_cast<double>(series.table.allocated_bytes()) / kSeries;
}
BENCHMARK_CAPTURE(Probe, known, Wanted::kKnown, Prefetch::kNo);
BENCHMARK_CAPTURE(Probe, known_prefetched, Wanted::kKnown, Prefetch::kYes);
BENCHMARK_CAPTURE(Probe, missing, Wanted::kMissing, Prefetch::kNo);
BENCHMARK_CAPTURE(Probe, missing_prefetched, Wanted::kMissing, Prefetch::kYes);

}  // namespace
}  // namespace promcast
