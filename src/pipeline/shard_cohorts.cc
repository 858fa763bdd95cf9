// The part of ShardEngine that lets new series begin with the season of their siblings.
#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "pipeline/shard_engine.h"

namespace promcast {
namespace {

constexpr int64_t kOffersASeason = 24;
constexpr int64_t kRememberedSeasons = 2;

/// Of the rule's seasons the one that gives the series' shape; 0 when there is none on its grid.
int64_t FirstSeason(const SeriesState& state) {
  for (const int64_t season_ms : state.rule->options.seasons_ms) {
    if (season_ms >= 2 * int64_t{state.step_ms}) return season_ms;
  }
  return 0;
}

/// 0 to 1; a season begins wherever a whole number of them has passed since the epoch.
double PlaceIn(int64_t season_ms, int64_t timestamp_ms) {
  const int64_t into_season_ms = (timestamp_ms % season_ms + season_ms) % season_ms;
  return static_cast<double>(into_season_ms) / static_cast<double>(season_ms);
}

/// Where the first cell begins that the ring's samples will close.
std::optional<int64_t> FirstCell(const SeriesState& state, const GridLimits& limits, int64_t now_ms) {
  CellGrid grid(state.step_ms, state.reading);
  std::optional<int64_t> first_ms;
  GridEvents events;
  state.ring.ForEach(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), [&](Sample sample) {
    if (first_ms) return;
    grid.Add(sample, now_ms, limits, events,
             [&](double, int64_t) { first_ms = first_ms.value_or(grid.closed_cell_end_ms()); });
  });
  if (!first_ms && !grid.empty()) first_ms = grid.closed_cell_end_ms();
  return first_ms;
}

}  // namespace

Fingerprint ShardEngine::CohortOf(const SeriesState& state) const {
  std::vector<LabelView> labels;
  label_store_.View(state.labels, labels);
  const uint64_t seed = context_.cohorts.seed();
  const auto metric = std::find_if(labels.begin(), labels.end(), [](auto& l) { return l.name == kMetricNameLabel; });
  Fingerprint cohort = LabelFingerprint("rule", state.rule->options.name, seed);
  cohort += LabelFingerprint(metric->name, metric->value, seed);
  cohort += LabelFingerprint(static_cast<uint64_t>(FirstSeason(state)), 1 + static_cast<uint64_t>(state.reading));
  return cohort;
}

/// Before the ring goes into the series' new models.
void ShardEngine::BorrowSeason(const SeriesState& state) {
  const int64_t season_ms = FirstSeason(state);
  if (season_ms == 0 || state.model->bank->season_count() == 0) return;
  const auto common = context_.cohorts.Common(CohortOf(state));
  if (!common) return;
  const auto first_ms = FirstCell(state, grid_limits_, context_.clock.NowMs());
  if (!first_ms || !state.model->bank->Borrow(*common, PlaceIn(season_ms, *first_ms))) return;
  if (!replaying_ && !state.was_modelled) context_.metrics.series_borrowed.Increment();
}

/// Some times a season, each series at its own.
bool ShardEngine::OffersSeasonNow(uint32_t slot, int64_t now_ms) const {
  const SeriesState& state = registry_[slot];
  const int64_t interval_ms = state.rule->options.interval_ms;
  const int64_t every_ms = std::max(interval_ms, FirstSeason(state) / kOffersASeason);
  const int64_t shifted_ms =
      now_ms + static_cast<int64_t>(registry_.fingerprint(slot).low % static_cast<uint64_t>(every_ms));
  return shifted_ms / every_ms != (shifted_ms - interval_ms) / every_ms;
}

void ShardEngine::OfferSeason(uint32_t slot, int64_t now_ms) {
  const SeriesState& state = registry_[slot];
  const int64_t season_ms = FirstSeason(state);
  if (season_ms == 0 || state.model == nullptr || state.status == SeriesStatus::kStale) return;
  const Fingerprint cohort = CohortOf(state);
  const Fingerprint& series = registry_.fingerprint(slot);
  if (!context_.cohorts.Wants(cohort, series)) return;
  const CellGrid& grid = state.model->grid;
  const auto shape = state.model->bank->Shape(PlaceIn(season_ms, grid.closed_cell_end_ms() - grid.step_ms()));
  const int64_t remembered_ms = kRememberedSeasons * std::max(season_ms, state.rule->options.interval_ms);
  if (shape) context_.cohorts.Offer(cohort, series, *shape, now_ms, now_ms + remembered_ms);
}

}  // namespace promcast
