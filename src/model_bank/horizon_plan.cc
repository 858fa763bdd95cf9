#include "model_bank/horizon_plan.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace promcast {
namespace {

constexpr double kFeedback = 2.3;  // how much a lack of realised coverage widens a band; 1: as a normal residual's
constexpr double kFarFeedback = 9;
constexpr double kSparseFarFeedback = 4;
constexpr double kFarReserve = .008;    // what is learnt a day late is learnt too late: aims this much higher
constexpr double kFarMost = .7;         // of a far band's answer to realised coverage
constexpr double kRecentFeedback = .5;  // of a far band to the newest misses
constexpr double kRecentRate = .2;
constexpr int kMaxChecks = 25;            // that wait at the same time
constexpr double kManyChecks = 30;        // a cycle; realised coverage is known well
constexpr double kTailCoverage = .9;      // from there on a far band's quantile is steadied
constexpr double kTailBeyond = 4;         // what lies beyond the inner quantile, against what lies beyond the outer one
constexpr double kHeavierTail = 1.24;     // than a normal one
constexpr double kPhaseRate = 2.4;        // of the residuals' scale by time of day, a cycle
constexpr double kLeastPhaseRate = 1e-3;  // of a residual: what a code of 16 bits can still tell

CoverageFeedback FarFeedback(std::span<const double> coverages, double checks_a_cycle) {
  const double trusted = std::min(1., checks_a_cycle / kManyChecks);
  auto feedback = CoverageFeedback::Make(coverages, std::max(trusted * kFarFeedback, kSparseFarFeedback), kFarReserve);
  feedback.most = kFarMost;
  feedback.recent_rate = kRecentRate;
  feedback.recent_gain = trusted * kRecentFeedback;
  return feedback;
}

}  // namespace

HorizonPlan HorizonPlan::Make(const BankOptions& options, int steps, int max_pending) {
  const double day = std::max(1., 86'400'000. / static_cast<double>(std::max<int64_t>(1, options.step_ms)));
  double cycle = day;  // what half-lives are counted in: a day, or the longest season where that is shorter
  if (!options.seasons.empty()) {
    cycle = std::min<double>(day, *std::max_element(options.seasons.begin(), options.seasons.end()));
  }
  HorizonPlan plan;
  plan.grid = HorizonGrid::Make(steps, max_pending, static_cast<int>(cycle));
  const int stride = plan.grid.stride;
  const bool far = steps >= cycle;
  plan.coverages = options.coverages;
  plan.coverage_count = plan.coverages.size();
  plan.loss_keep = static_cast<float>(std::exp2(-stride / ((far ? 10 : 5) * cycle)));
  for (double coverage : options.coverages) {
    const double inner = 1 - kTailBeyond * (1 - coverage);
    const bool steadied = far && coverage >= kTailCoverage;
    plan.tails.push_back(steadied ? SteadyTail{inner, kHeavierTail * NormalWidthRatio(coverage, inner)} : SteadyTail{});
  }
  double checks_a_cycle = cycle / stride;
  if (far) {
    const auto checks = HorizonGrid::Make(steps, kMaxChecks, static_cast<int>(cycle));
    if (checks.stride < stride) plan.checks = checks;
    if (plan.checks) checks_a_cycle += cycle / checks.stride;
  }
  plan.feedback =
      far ? FarFeedback(options.coverages, checks_a_cycle) : CoverageFeedback::Make(options.coverages, kFeedback, 0);
  plan.feedback.keep = static_cast<float>(std::exp2(-1 / ((far ? 10 : 5) * checks_a_cycle)));
  plan.cycle = Divisor(static_cast<uint32_t>(std::max(1., cycle)));
  plan.phase_rate = far ? 0 : static_cast<float>(std::clamp(kPhaseRate * stride / cycle, kLeastPhaseRate, .5));
  plan.band.scale_rate = static_cast<float>(std::min(.02, .96 * stride / cycle));
  plan.band.half_life = static_cast<int>(std::clamp((far ? 7 : 2.4) * cycle / stride, 64., 1e9));
  return plan;
}

}  // namespace promcast
