#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "promcast/model_bank.h"

namespace {

using namespace promcast;

std::shared_ptr<const BankPlan> Plan(Profile profile, std::vector<int> seasons, std::vector<std::string> extra_models,
                                     bool may_borrow_season = false) {
  BankOptions options;
  options.profile = profile;
  options.step_ms = 3'600'000;
  options.horizons = {3, 30};
  options.coverages = {.8, .95};
  options.detect_seasons = seasons.empty();
  options.seasons = std::move(seasons);
  options.extra_models = std::move(extra_models);
  options.may_borrow_season = may_borrow_season;
  return MakeBankPlan(options);
}

const std::vector<std::shared_ptr<const BankPlan>>& Plans() {
  static const std::vector<std::shared_ptr<const BankPlan>> plans = {
      Plan(Profile::kLean, {24}, {}),
      Plan(Profile::kLean, {}, {}),
      Plan(Profile::kStandard, {24, 168}, {}),
      Plan(Profile::kStandard, {}, {"holt_winters", "seasonal_naive_week", "double_seasonal"}),
      Plan(Profile::kRich, {24, 168}, {"theta", "autoregression", "autoregression_log", "harmonic_trend", "croston"}),
      Plan(Profile::kStandard, {24},
           {"drift", "holt_damped", "holt_winters_multiplicative", "damped_profile_week_log"}),
      Plan(Profile::kLean, {48}, {}, true)};
  return plans;
}

std::string Saved(const ModelBank& bank) {
  std::string bytes;
  bank.Save(bytes);
  return bytes;
}

// The state of a bank after so many hours; grown once.
const std::string& StateAfter(const std::shared_ptr<const BankPlan>& plan, int hours) {
  static std::map<std::pair<const BankPlan*, int>, std::string> states;
  std::string& state = states[{plan.get(), hours}];
  if (!state.empty()) return state;
  ModelBank bank(plan);
  SeasonShape shape{.swing = .5F};
  for (size_t i = 0; i < shape.values.size(); i++) shape.values[i] = i % 2 == 0 ? 1 : -1;
  bank.Borrow(shape, .25);
  for (int i = 0; i < hours; i++) bank.Update(i % 13 == 5 ? NAN : 100 + 10 * std::sin(i * M_PI / 12) + i * 37 % 11);
  return state = Saved(bank);
}

void Use(ModelBank& bank, size_t coverages) {
  std::vector<double> lower(coverages), upper(coverages);
  ForecastOut out{0, lower, upper};
  for (int i = 0; i < 30; i++) {
    for (const int steps : {1, 3, 17, 30, 50}) bank.Forecast(steps, out);
    bank.Update(i % 7 == 3 ? NAN : 90 + i);
    if (i % 10 == 9) bank.Skip(i);
    if (i == 25) bank.Skip(100'000);
  }
  bank.Score(0);
  bank.Models(0);
}

}  // namespace

/// A plan, how many hours a bank of it has seen, and what is changed in its state then: four bytes a change, of which
/// two tell where, one what of the next byte: once, or repeated. A state that is taken is saved again as it was, and
/// its bank can be used. The state's first bytes name the plan; to change them is pointless.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kFirst = sizeof(uint64_t);
  if (size < 2) return 0;
  const auto& plan = Plans()[data[0] % Plans().size()];
  std::string bytes = StateAfter(plan, data[1] % 16 * 47);
  for (size_t at = 2; at + 4 <= size; at += 4) {
    const size_t place = kFirst + (data[at] | data[at + 1] << 8) % (bytes.size() - kFirst);
    const size_t count = std::min<size_t>(data[at + 2] % 16 + 1, bytes.size() - place);
    bytes.replace(place, count, count, static_cast<char>(data[at + 3]));
  }
  if (size % 4 == 3) bytes.resize(kFirst + data[size - 1] * (bytes.size() - kFirst) / 256);
  std::string problem;
  auto bank = ModelBank::Load(plan, bytes, problem);
  if (bank.has_value() != problem.empty()) std::abort();
  if (!bank) return 0;
  if (Saved(*bank) != bytes) std::abort();
  Use(*bank, 2);
  return 0;
}
