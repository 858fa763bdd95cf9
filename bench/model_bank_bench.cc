// What the models of a series cost at 1-minute steps with a daily season, grown for more than a day. An item is an
// update or a forecast. Banks are taken in turn: one alone stays in the nearest caches, 2,000 of them do not, and that
// is what a server with many series pays. The numbers of iterations are fixed, as growing the banks takes seconds.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "daily_load.h"
#include "promcast/model_bank.h"
#include "time_per_item.h"

namespace promcast {
namespace {

constexpr int kStepsPerDay = 1440;
constexpr size_t kGrownSteps = kStepsPerDay + 100;

std::vector<ModelBank> GrownBanks(size_t count, Profile profile, std::vector<int> horizons) {
  BankOptions options;
  options.horizons = std::move(horizons);
  options.seasons = {kStepsPerDay};
  options.profile = profile;
  const auto plan = MakeBankPlan(options);
  const std::vector<double> values = MinuteLoad(2);
  std::vector<ModelBank> banks;
  for (size_t i = 0; i < count; i++) {
    banks.emplace_back(plan);
    for (size_t k = 0; k < kGrownSteps; k++) banks.back().Update(values[k]);
  }
  return banks;
}

/// A cell closes: pending forecasts resolve, the models learn, new forecasts become pending.
void BankUpdate(benchmark::State& state, Profile profile, std::vector<int> horizons) {
  std::vector<ModelBank> banks = GrownBanks(static_cast<size_t>(state.range(0)), profile, std::move(horizons));
  const std::vector<double> values = MinuteLoad(7);
  size_t i = 0;
  for (auto _ : state) {
    banks[i % banks.size()].Update(values[(kGrownSteps + i / banks.size()) % values.size()]);
    i++;
  }
  CountItems(state, 1);
  state.counters["bytes_per_series"] = static_cast<double>(banks.front().StateBytes());
}
#define PROMCAST_BANKS ArgName("banks")->Arg(1)->Arg(2'000)->Iterations(200'000)
BENCHMARK_CAPTURE(BankUpdate, lean, Profile::kLean, {60})->PROMCAST_BANKS;
BENCHMARK_CAPTURE(BankUpdate, standard, Profile::kStandard, {60})->PROMCAST_BANKS;
BENCHMARK_CAPTURE(BankUpdate, standard_four_horizons, Profile::kStandard, {5, 15, 60, 1440})->PROMCAST_BANKS;
BENCHMARK_CAPTURE(BankUpdate, rich, Profile::kRich, {60})->PROMCAST_BANKS;

/// A forecast an hour ahead with one band, and the anomaly score.
void BankForecast(benchmark::State& state, Profile profile) {
  const std::vector<ModelBank> banks = GrownBanks(static_cast<size_t>(state.range(0)), profile, {60});
  double lower = 0;
  double upper = 0;
  ForecastOut out{0, {&lower, 1}, {&upper, 1}};
  size_t i = 0;
  for (auto _ : state) {
    const ModelBank& bank = banks[i++ % banks.size()];
    benchmark::DoNotOptimize(bank.Forecast(60, out));
    benchmark::DoNotOptimize(bank.anomaly_score());
  }
  CountItems(state, 1);
}
BENCHMARK_CAPTURE(BankForecast, lean, Profile::kLean)->PROMCAST_BANKS;
BENCHMARK_CAPTURE(BankForecast, standard, Profile::kStandard)->PROMCAST_BANKS;
BENCHMARK_CAPTURE(BankForecast, rich, Profile::kRich)->PROMCAST_BANKS;
#undef PROMCAST_BANKS

}  // namespace
}  // namespace promcast
