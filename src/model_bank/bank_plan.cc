#include "model_bank/bank_plan.h"

#include <algorithm>
#include <stdexcept>

#include "candidates/candidates.h"
#include "forecast/naive.h"
#include "forecast/season_and_level.h"
#include "forecast/seasonal_naive.h"
#include "forecast/smoothed_level.h"
#include "forecast/trend_line.h"

namespace promcast {
namespace {

// A longer season of so few cells (a week of hours) costs little to repeat value by value.
constexpr int kSeasonInFull = 336;
constexpr std::string_view kLongNaive = "seasonal_naive_week";
constexpr std::string_view kBorrowed = "borrowed_season";

// A first horizon up to this many cells resolves soon enough to warm a bank up by itself.
constexpr int kSoonResolved = 8;

struct ProfileSizes {
  SeasonMemory memory;
  int max_pending;
  bool regressions;
  bool lines;     ///< forecasts are compared with trend lines too
  bool one_step;  ///< the next cell may be a horizon that nobody asked for
};

ProfileSizes SizesOf(Profile profile) {
  switch (profile) {
    case Profile::kLean:
      return {{0, 96, 0, kCoarse}, 3, false, false, false};
    case Profile::kRich:
      return {{1440, 1440, 336, kFine}, 16, true, true, true};
    case Profile::kStandard:
      break;
  }
  return {{1440, 360, 168, kFine}, 8, true, true, true};
}

}  // namespace

BankPlan::BankPlan(BankOptions bank_options) : options(std::move(bank_options)) {
  const auto wanted = [this](std::string_view name) {
    const auto& without = options.without_models;
    return std::find(without.begin(), without.end(), name) == without.end();
  };
  const auto add_expert = [&](std::unique_ptr<const Expert> expert) {
    if (wanted(expert->name())) experts.push_back(std::move(expert));
  };
  const ProfileSizes sizes = SizesOf(options.profile);
  memory = sizes.memory;
  // Models of seasons that may yet be found sleep until then.
  const bool detect = options.detect_seasons;
  if (detect) season_search = SeasonSearchPlan::Make(options.step_ms);
  const bool seasons = detect || !options.seasons.empty();
  const bool longer_seasons = (detect || options.seasons.size() > 1) && memory.longer_phases > 0;
  experts.push_back(std::make_unique<Naive>());
  size_t seasonal_naive = 0;  // the naive one without a season
  add_expert(std::make_unique<SmoothedLevel>(2, "smoothed_level_slow"));
  add_expert(std::make_unique<SmoothedLevel>(1, "smoothed_level"));
  add_expert(std::make_unique<SmoothedLevel>(0, "smoothed_level_fast"));
  if (seasons && memory.lag_phases > 0) {
    add_expert(std::make_unique<SeasonalNaive>());
    if (experts.back()->name() == SeasonalNaive().name()) seasonal_naive = experts.size() - 1;
  }
  if (seasons) add_expert(std::make_unique<SeasonAndLevel>(Past::kFirstSeason, "season_and_level"));
  if (longer_seasons) add_expert(std::make_unique<SeasonAndLevel>(Past::kAllSeasons, "seasons_and_level"));

  const int first_horizon = options.horizons.front();
  const bool add_one_step =
      sizes.one_step && first_horizon > 1 && (options.anomaly_score || first_horizon > kSoonResolved);
  first_asked = add_one_step ? 1 : 0;
  if (add_one_step) ladder.push_back(HorizonPlan::Make(options, 1, sizes.max_pending));
  for (int steps : options.horizons) ladder.push_back(HorizonPlan::Make(options, steps, sizes.max_pending));
  if (sizes.lines) AddLines();
  std::vector<HorizonGrid> grids;
  for (HorizonPlan& plan : ladder) {
    plan.seasonal_naive = seasonal_naive;
    grids.push_back(plan.grid);
  }
  std::vector<DirectOptions> regressions;
  if (sizes.regressions) {
    regressions = {{"direct_slow", .9998F, 3, false}, {"direct_fast", .997F, 2, true}};
    std::erase_if(regressions, [&](const DirectOptions& regression) { return !wanted(regression.name); });
  }
  const int longest = detect ? season_search.week : (seasons ? options.seasons.back() : 0);
  if (longer_seasons && longest > 0 && longest <= kSeasonInFull && wanted(kLongNaive)) extra.emplace_back(kLongNaive);
  for (const std::string& name : options.extra_models) {
    if (std::find(extra.begin(), extra.end(), name) != extra.end()) continue;
    if (detect || MakeCandidate(name, options.seasons) != nullptr) extra.push_back(name);
  }
  if (may_borrow()) extra.emplace_back(kBorrowed);
  const int first_season = detect ? season_search.day : (seasons ? options.seasons.front() : 0);
  direct = DirectPlan::Make(std::move(regressions), std::move(grids), first_season);
  tail_bytes = line_keeps.size() * sizeof(TrendLine);
  for (HorizonPlan& plan : ladder) {
    plan.models = models();
    HorizonMix::Lay(plan);
    plan.offset = tail_bytes;
    tail_bytes += HorizonMix::Bytes(plan);
  }
  fingerprint = Fingerprint();
}

// Through an hour, or through as much as the horizon is long.
void BankPlan::AddLines() {
  const double hour = 3'600'000. / static_cast<double>(options.step_ms);
  for (HorizonPlan& plan : ladder) {
    const double keep = TrendLine::KeepOf(std::max<double>({hour, 3, 1. * plan.grid.steps}));
    if (line_keeps.empty() || line_keeps.back() != keep) line_keeps.push_back(keep);
    plan.line = line_keeps.size() - 1;
  }
}

std::string_view BankPlan::model_name(size_t model) const {
  if (model < experts.size()) return experts[model]->name();
  return model < first_extra() ? direct.options[model - experts.size()].name : extra[model - first_extra()];
}

std::shared_ptr<const BankPlan> MakeBankPlan(BankOptions options) {
  if (auto problem = options.Problem()) throw std::invalid_argument("promcast::BankOptions: " + *problem);
  return std::make_shared<const BankPlan>(std::move(options));
}

}  // namespace promcast
