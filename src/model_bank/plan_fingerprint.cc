#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string>

#include "archive/archive.h"
#include "model_bank/bank_plan.h"

namespace promcast {
namespace {

// One higher with every change of what a bank stores, or of what that means.
constexpr uint32_t kBankFormat = 3;

class PlanText {
 public:
  template <class... Numbers>
  void Add(Numbers... numbers) {
    ArchiveWriter{text_}(numbers...);
  }
  void Name(std::string_view name) {
    Add(uint64_t{name.size()});
    text_ += name;
  }
  template <class Numbers>
  void AddAll(const Numbers& numbers) {
    Add(uint64_t{numbers.size()});
    for (const auto number : numbers) Add(number);
  }
  void Add(const HorizonGrid& grid) { Add(grid.steps, grid.stride); }
  uint64_t Hash() const { return XXH3_64bits(text_.data(), text_.size()); }

 private:
  std::string text_;
};

}  // namespace

// What libraries of numerics may round differently elsewhere is left out: it follows from the options.
uint64_t BankPlan::Fingerprint() const {
  PlanText text;
  text.Add(kBankFormat);
  const auto& [horizons, coverages, seasons, detect, may_borrow, profile, extra_names, without, anomaly_score, step_ms,
               floor, ceiling] = options;  // what may be borrowed is told by the models
  text.AddAll(horizons);
  text.AddAll(coverages);
  text.AddAll(seasons);
  text.Add(detect, static_cast<int>(profile), anomaly_score, step_ms);
  text.Add(floor.has_value(), floor.value_or(0), ceiling.has_value(), ceiling.value_or(0));
  text.Add(memory.lag_phases, memory.profile_phases, memory.longer_phases, static_cast<int>(memory.grain));
  for (size_t i = 0; i < models(); i++) text.Name(model_name(i));
  text.Add(uint64_t{experts.size()}, uint64_t{extra.size()}, uint64_t{line_keeps.size()});
  for (const HorizonPlan& horizon : ladder) {
    text.Add(horizon.grid);
    if (horizon.checks) text.Add(*horizon.checks);
  }
  return text.Hash();
}

}  // namespace promcast
