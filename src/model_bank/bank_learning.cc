// How a bank learns, and what it asks its models.
#include <algorithm>
#include <bit>
#include <cmath>

#include "candidates/candidates.h"
#include "model_bank/bank_impl.h"

namespace promcast {
namespace {

constexpr double kRangeMargin = .2;

}  // namespace

std::span<const double> ModelBank::Impl::Ask(const Ahead& ahead, DirectRegressions::Features& features,
                                             Forecasts& out) const {
  const size_t experts = plan->experts.size();
  const size_t models = plan->models();
  for (size_t i = 0; i < experts; i++) out[i] = plan->experts[i]->Forecast(past, ahead);
  const size_t first_extra = plan->first_extra();
  if (regressions) {
    features = regressions->FeaturesOf(ahead);
    regressions->Forecast(ahead, features, {out.data() + experts, first_extra - experts});
  }
  const int steps = static_cast<int>(ahead.steps);
  double* next = out.data() + first_extra;
  for (const auto& [model, true_zero, borrowed] : extra()) {
    double& forecast = *next++;
    forecast = std::numeric_limits<double>::quiet_NaN();
    if (!model) continue;
    model->Forecast({&steps, 1}, {&forecast, 1});
    if (true_zero) forecast = scale.ToModel(forecast);
  }
  const size_t lanes = HorizonMix::Lanes(models);
  for (size_t i = models; i < lanes; i++) out[i] = std::numeric_limits<double>::quiet_NaN();
  const Bounds bounds = ForecastBounds();
  for (size_t i = 0; i < lanes; i++) out[i] = bounds.Clamp(out[i]);
  return {out.data(), lanes};
}

// Nothing may run away: at most a fifth of the seen range beyond it.
ModelBank::Impl::Bounds ModelBank::Impl::ForecastBounds() const {
  const double margin = kRangeMargin * (past.high() - past.low());
  return {past.low() - margin, past.high() + margin};
}

double ModelBank::Impl::HalfWidth(size_t rung, size_t coverage_index, double forecast_scale) const {
  const HorizonMix own_mix = mix(rung);
  const double own = own_mix.HalfWidth(coverage_index, forecast_scale);
  if (rung == 0) return own;
  // Residuals of overlapping forecasts tell little until they span the horizon once more: until then at least what the
  // shorter horizon suggests if errors add up like a random walk, though no more than the range seen in so short a
  // time.
  const HorizonGrid& grid = own_mix.plan().grid;
  const ConformalBand& band = own_mix.band();
  const bool spanned =
      band.resolved() * grid.stride > grid.steps && band.Established(options().coverages[coverage_index]);
  if (spanned) return own;
  const HorizonMix shorter = mix(rung - 1);
  const double shorter_width = HalfWidth(rung - 1, coverage_index, shorter.band().Scale(0));
  double grown = shorter_width * std::sqrt(static_cast<double>(grid.steps) / shorter.plan().grid.steps);
  const double seen_range = past.high() - past.low();
  grown = std::min(grown, seen_range * (1 + static_cast<double>(grid.steps) / static_cast<double>(past.seen())));
  return std::isfinite(own) ? std::max(own, grown) : grown;
}

void ModelBank::Impl::ScoreAnomaly(const std::optional<ResolvedForecast>& resolved) {
  if (!resolved || std::isnan(resolved->half_width)) {
    anomaly_score = std::numeric_limits<float>::quiet_NaN();
    return;
  }
  const double score = resolved->error == 0 ? 0 : resolved->error / resolved->half_width;
  anomaly_score = static_cast<float>(std::clamp(score, -kFarthestScore, kFarthestScore));
}

void ModelBank::Impl::Learn(double value) {
  if (past.seen() == 0) {
    scale.Start(value);
    if (detector()) detector()->Spread(std::bit_cast<uint64_t>(value));
  }
  if (constant && past.seen() > 0 && scale.FromModel(0) != value) {
    constant = false;
    scale.SetUnit(value);
  }
  const double z = scale.ToModel(value);
  never_negative = never_negative && value >= 0;
  const size_t horizons = rungs();
  for (size_t rung = 0; rung < horizons; rung++) {
    const auto resolved = mix(rung).Resolve(now, z);
    if (rung == 0) ScoreAnomaly(resolved);
  }
  past.Update(z);
  const std::span<TrendLine> all_lines = lines();
  for (size_t i = 0; i < all_lines.size(); i++) all_lines[i].Update(z, plan->line_keeps[i]);
  for (ExtraModel& one : extra()) {
    if (one.model) one.model->Update(one.true_zero ? value : z);
    if (one.borrowed && past.seasonal()) one.model.reset();
  }
  if (detector() && !constant && detector()->Update(z)) AdoptSeasons();
  if (regressions) regressions->Update(now, z);
  IssueAll();
}

std::vector<int> ModelBank::Impl::Seasons() const {
  const SeasonDetector* const found = detector();
  if (!found) return options().seasons;
  std::vector<int> seasons;
  for (size_t i = 0; i < found->seasons(); i++) seasons.push_back(found->season(i));
  return seasons;
}

void ModelBank::Impl::AdoptSeasons() {
  const int first = past.first_season();
  const std::vector<int> lengths = Seasons();
  std::vector<FoundSeason> seasons;
  seasons.reserve(lengths.size());
  for (const int length : lengths) seasons.push_back({length, detector()->MemoryOf(length)});
  past.Adopt(seasons, plan->memory);
  if (regressions && past.first_season() != first) regressions->Restart();
  MakeSeasonalExtra(lengths);
}

void ModelBank::Impl::MakeSeasonalExtra(std::span<const int> seasons) {
  for (size_t i = 0; i < extra().size(); i++) {
    if (SeasonsNeeded(plan->extra[i]) > 0) extra()[i].model = MakeCandidate(plan->extra[i], seasons);
  }
}

void ModelBank::Impl::IssueAll() {
  Forecasts forecasts;
  DirectRegressions::Features features;
  Widths widths;
  const size_t coverages = options().coverages.size();
  const size_t horizons = rungs();
  for (size_t rung = 0; rung < horizons; rung++) {
    HorizonMix own = mix(rung);
    const bool kept = own.Keeps(now);
    const bool checked = own.Checks(now);
    if (!kept && !checked) continue;
    const Ahead ahead = past.LookAhead(own.plan().grid.steps);
    const auto asked = Ask(ahead, features, forecasts);
    if (kept && regressions) regressions->Keep(rung, now, ahead, features);
    Mixed mixed = own.Mix(asked, now + own.plan().grid.steps);
    const bool banded = warm();
    for (size_t i = 0; banded && i < coverages; i++) widths[i] = HalfWidth(rung, i, mixed.scale);
    if (kept && own.plan().line)
      mixed.line = ForecastBounds().Clamp(lines()[*own.plan().line].Ahead(own.plan().grid.steps));
    if (kept) own.Issue(now, mixed, {widths.data(), banded ? coverages : 0});
    if (checked && banded) own.IssueCheck(now, mixed.point, {widths.data(), coverages});
  }
}

double ModelBank::Impl::Bounded(double value) const {
  if (never_negative) value = std::max(value, 0.);
  if (options().floor) value = std::max(value, *options().floor);
  if (options().ceiling) value = std::min(value, *options().ceiling);
  return value;
}

}  // namespace promcast
