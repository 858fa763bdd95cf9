#include "pipeline/series_forecasts.h"

#include <algorithm>
#include <limits>

#include "pipeline/shard_engine.h"

namespace promcast {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

// Series that one call looks at: a few milliseconds, for which the shard's samples wait.
constexpr uint32_t kSearchedSlots = 16'384;

double Ratio(double part, double whole) {
  return whole > 0 ? part / whole : kUnknown;
}

bool MatchesAny(const std::vector<Selector>& match, const std::vector<LabelView>& labels) {
  return std::any_of(match.begin(), match.end(), [&](const Selector& selector) { return selector.Matches(labels); });
}

std::vector<ModelShare> SharesOf(const ModelBank& bank, size_t bank_horizon) {
  std::vector<ModelShare> shares;
  for (const ModelWeight& model : bank.Models(bank_horizon))
    shares.push_back({std::string(model.name), model.weight, model.relative_loss});
  std::stable_sort(shares.begin(), shares.end(),
                   [](const ModelShare& a, const ModelShare& b) { return a.weight > b.weight; });
  return shares;
}

HorizonForecast DescribeHorizon(const SeriesState& state, size_t horizon, int64_t now_ms) {
  const RuleOptions& rule = state.rule->options;
  const SeriesModel& model = *state.model;
  const size_t bank_horizon = model.plan->bank_horizon[horizon];
  const HorizonScore score = model.bank->Score(bank_horizon);
  std::vector<double> lower(rule.coverages.size()), upper(rule.coverages.size());
  ForecastOut forecast{0, lower, upper};
  const bool is_predicted = state.status == SeriesStatus::kPredicted &&
                            model.bank->Forecast(StepsAhead(model, rule.horizons_ms[horizon], now_ms), forecast);

  HorizonForecast described;
  described.horizon_ms = rule.horizons_ms[horizon];
  described.predicted = is_predicted ? forecast.point : kUnknown;
  for (size_t c = 0; c < rule.coverages.size(); c++) {
    described.bands.push_back({rule.coverages[c], is_predicted ? lower[c] : kUnknown,
                               is_predicted ? upper[c] : kUnknown, Ratio(score.inside[c], score.banded_count)});
  }
  described.resolved = score.count;
  described.mean_absolute_error = Ratio(score.absolute_error, score.count);
  described.skill = SkillOf(score).value_or(kUnknown);
  described.skilful = model.bank->skilful(bank_horizon);
  described.held_back = rule.hold_back && !described.skilful;
  described.models = SharesOf(*model.bank, bank_horizon);
  return described;
}

}  // namespace

std::optional<double> SkillOf(const HorizonScore& score) {
  double baseline = score.naive_absolute_error;
  if (score.seasonal_naive_absolute_error > 0) baseline = std::min(baseline, score.seasonal_naive_absolute_error);
  if (baseline <= 0) return std::nullopt;
  return 1 - score.absolute_error / baseline;
}

std::optional<double> SkillAgainst(SkillBaseline baseline, const HorizonScore& score) {
  const double error = baseline == SkillBaseline::kNaive           ? score.naive_absolute_error
                       : baseline == SkillBaseline::kSeasonalNaive ? score.seasonal_naive_absolute_error
                                                                   : score.predict_linear_absolute_error;
  return error > 0 ? std::optional(1 - score.absolute_error / error) : std::nullopt;
}

int StepsAhead(const SeriesModel& model, int64_t horizon_ms, int64_t now_ms) {
  const int64_t ahead_ms = now_ms + horizon_ms - model.grid.closed_cell_end_ms();
  return static_cast<int>(std::clamp<int64_t>((ahead_ms + model.plan->step_ms / 2) / model.plan->step_ms, 1, 1 << 24));
}

SeriesForecasts Describe(const SeriesState& state, const std::vector<LabelView>& labels, int64_t now_ms) {
  std::vector<Label> copied;
  for (const LabelView& view : labels) copied.push_back({std::string(view.name), std::string(view.value)});

  SeriesForecasts described;
  described.labels = Labels(std::move(copied));
  described.rule = state.rule->options.name;
  described.status = state.status;
  if (state.step_ms > 0) described.step_ms = state.step_ms;
  if (!state.ring.empty()) described.newest_sample_ms = state.ring.newest().timestamp_ms;
  described.anomaly_score = state.model != nullptr ? state.model->bank->anomaly_score() : kUnknown;
  if (state.model != nullptr) {
    for (const int season : state.model->bank->seasons())
      described.seasons_ms.push_back(season * state.model->plan->step_ms);
  }
  for (size_t h = 0; state.model != nullptr && h < state.model->plan->bank_horizon.size(); h++)
    described.horizons.push_back(DescribeHorizon(state, h, now_ms));
  return described;
}

std::optional<uint32_t> ShardEngine::Search(const std::vector<Selector>& match, size_t limit, uint32_t first_slot,
                                            FoundSeries& found) const {
  const auto slots = static_cast<uint32_t>(registry_.slot_count());
  const uint32_t end = slots - first_slot > kSearchedSlots ? first_slot + kSearchedSlots : slots;
  std::vector<LabelView> labels;
  for (uint32_t slot = first_slot; slot < end; slot++) {
    if (!registry_.InUse(slot)) continue;
    label_store_.View(registry_[slot].labels, labels);
    if (!MatchesAny(match, labels)) continue;
    if (found.series.size() >= limit) {
      found.truncated = true;
      return std::nullopt;
    }
    found.series.push_back(Describe(registry_[slot], labels, context_.clock.NowMs()));
  }
  return end < slots ? std::optional(end) : std::nullopt;
}

}  // namespace promcast
