// What one series costs: nanoseconds an update and a forecast, bytes of state.
#include <benchmark/benchmark.h>

#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include "promcast/model_bank.h"

namespace promcast {
namespace {

std::shared_ptr<const BankOptions> Options(int64_t horizons, int64_t seasons) {
  auto options = std::make_shared<BankOptions>();
  options->horizons = horizons == 1 ? std::vector<int>{60} : std::vector<int>{5, 15, 60, 1440};
  if (seasons > 0) options->seasons = {1440};
  return options;
}

std::vector<double> DailySeries(int days) {
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 1);
  std::vector<double> values(days * 1440);
  for (size_t i = 0; i < values.size(); i++) {
    values[i] = 100 + 20 * std::sin(2 * M_PI * static_cast<double>(i) / 1440) + noise(random);
  }
  return values;
}

void BM_Update(benchmark::State& state) {
  const auto values = DailySeries(7);
  ModelBank bank(Options(state.range(0), state.range(1)));
  for (double value : values) bank.Update(value);
  size_t i = 0;
  for (auto _ : state) {
    bank.Update(values[i]);
    i = i + 1 == values.size() ? 0 : i + 1;
  }
  state.counters["bytes"] = static_cast<double>(bank.StateBytes());
}
BENCHMARK(BM_Update)->ArgNames({"horizons", "seasons"})->Args({1, 0})->Args({1, 1})->Args({4, 0})->Args({4, 1});

void BM_Forecast(benchmark::State& state) {
  ModelBank bank(Options(4, 1));
  for (double value : DailySeries(7)) bank.Update(value);
  double lower = 0;
  double upper = 0;
  ForecastOut out{0, {&lower, 1}, {&upper, 1}};
  const int steps = static_cast<int>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(bank.Forecast(steps, out));
}
BENCHMARK(BM_Forecast)->ArgName("steps")->Arg(60)->Arg(700);

}  // namespace
}  // namespace promcast
