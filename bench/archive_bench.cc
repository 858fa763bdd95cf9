// What it costs to save the models of a series and to load them again. An item is a bank at 1-minute steps with a daily
// season and one horizon, grown for more than a day. Banks are taken in turn, 2,000 of them: more than the nearest
// caches hold, as where a server with many series writes a snapshot.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "daily_load.h"
#include "promcast/model_bank.h"
#include "time_per_item.h"

namespace promcast {
namespace {

constexpr int kStepsPerDay = 1440;
constexpr size_t kBanks = 2'000;

struct Grown {
  explicit Grown(Profile profile) {
    BankOptions options;
    options.horizons = {60};
    options.seasons = {kStepsPerDay};
    options.profile = profile;
    plan = MakeBankPlan(options);
    ModelBank first(plan);
    for (const double value : MinuteLoad(2)) first.Update(value);
    first.Save(bytes);
    std::string problem;
    for (size_t i = 0; i < kBanks; i++) banks.push_back(*ModelBank::Load(plan, bytes, problem));
  }

  std::shared_ptr<const BankPlan> plan;
  std::string bytes;
  std::vector<ModelBank> banks;
};

void BankSave(benchmark::State& state, Profile profile) {
  const Grown grown(profile);
  std::string out;
  size_t i = 0;
  for (auto _ : state) {
    out.clear();
    grown.banks[i++ % kBanks].Save(out);
    benchmark::DoNotOptimize(out.data());
  }
  CountItems(state, 1);
  state.counters["bytes_saved"] = static_cast<double>(grown.bytes.size());
  state.counters["bytes_in_memory"] = static_cast<double>(grown.banks.front().StateBytes());
}
BENCHMARK_CAPTURE(BankSave, lean, Profile::kLean);
BENCHMARK_CAPTURE(BankSave, standard, Profile::kStandard);
BENCHMARK_CAPTURE(BankSave, rich, Profile::kRich);

/// One takes the place of another, so that what that held is given back.
void BankLoad(benchmark::State& state, Profile profile) {
  Grown grown(profile);
  std::string problem;
  size_t i = 0;
  for (auto _ : state) grown.banks[i++ % kBanks] = *ModelBank::Load(grown.plan, grown.bytes, problem);
  CountItems(state, 1);
}
BENCHMARK_CAPTURE(BankLoad, lean, Profile::kLean);
BENCHMARK_CAPTURE(BankLoad, standard, Profile::kStandard);
BENCHMARK_CAPTURE(BankLoad, rich, Profile::kRich);

}  // namespace
}  // namespace promcast
