#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/series_record.h"
#include "pipeline/shard_engine.h"

namespace {

using namespace promcast;

constexpr int64_t kNowMs = 1'700'000'000'000;

RuleOptions RuleOf(const std::string& match, Profile profile, int64_t step_ms) {
  RuleOptions rule;
  rule.name = rule.match_text = match;
  rule.match = {*Selector::Parse(match)};
  rule.profile = profile;
  rule.step_ms = step_ms;
  rule.seasons_ms = {60'000};
  rule.horizons_ms = {5000, 30'000};
  rule.interval_ms = 1000;
  rule.thresholds = {{.name = "full", .level = 0, .side = ThresholdSide::kBelow}};
  return rule;
}

struct Bed {
  Bed() {
    options.forecasts = {RuleOf(R"({kind="lean"})", Profile::kLean, 1000),
                         RuleOf(R"({kind="young"})", Profile::kLean, 1000),
                         RuleOf(R"({kind!=""})", Profile::kStandard, 0)};
    options.forecasts[1].cohort_start = true;
    const ShardContext context{clock, catalog, admission, metrics, lineage, cohorts, 1, [](const auto&) {}};
    engine = std::make_unique<ShardEngine>(context, options, std::make_shared<RuleSet>(options.forecasts));
  }
  ManualClock clock{kNowMs};
  MetricRegistry registry;
  PipelineMetrics metrics{registry};
  Lineage lineage;
  Cohorts cohorts;
  MetricCatalog catalog;
  Admission admission;
  PipelineOptions options;
  std::unique_ptr<ShardEngine> engine;
};

std::string Saved(const ShardEngine& engine) {
  RecordBlock block;
  engine.Save(0, block);
  return std::string(block.bytes());
}

}  // namespace

/// A record from anywhere is refused, or gives a series that can be predicted, saved and restored like any other.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view record(reinterpret_cast<const char*>(data), size);
  Bed bed;
  const RestoreOutcome outcome = bed.engine->Restore({1, 2}, record);
  const bool taken = outcome == RestoreOutcome::kRestored || outcome == RestoreOutcome::kSamplesOnly;
  if (taken != (bed.engine->Report().series() == 1)) std::abort();
  if (!taken) return 0;
  for (int i = 0; i < 30; i++) {
    bed.clock.Advance(100);
    bed.engine->RunDueSlot();
  }
  const std::string saved = Saved(*bed.engine);
  if (saved.empty()) return 0;
  Bed other;
  std::string_view again;
  RecordWalk walk(saved);
  if (!walk.Next(again)) std::abort();
  const RestoreOutcome second = other.engine->Restore({1, 2}, again);
  if (second != RestoreOutcome::kRestored) std::abort();
  if (Saved(*other.engine) != saved) std::abort();
  return 0;
}
