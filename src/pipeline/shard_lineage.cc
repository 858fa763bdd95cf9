// The part of ShardEngine that hands the models of series that ended to those that come in their place.
#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "pipeline/shard_engine.h"

namespace promcast {

Fingerprint ShardEngine::IdentityOf(const SeriesState& state) const {
  const std::vector<std::string>& across = state.rule->options.inherit_across;
  std::vector<LabelView> labels;
  label_store_.View(state.labels, labels);
  Fingerprint identity;
  for (const LabelView& label : labels) {
    if (std::find(across.begin(), across.end(), label.name) != across.end()) continue;
    identity += LabelFingerprint(label.name, label.value, context_.lineage.seed());
  }
  return identity;
}

/// The series' models, also where they wait for it or an heir; null when there are none.
void ShardEngine::VisitModel(uint32_t slot, const std::function<void(const SeriesModel*)>& visit) const {
  const SeriesState& state = registry_[slot];
  bool visited = false;
  if (state.model == nullptr && !state.rule->options.inherit_across.empty()) {
    context_.lineage.VisitOwn(IdentityOf(state), registry_.fingerprint(slot), [&](const SeriesModel& model) {
      if (!std::exchange(visited, true)) visit(&model);
    });
  }
  if (!visited) visit(state.model.get());
}

void ShardEngine::LeaveModel(uint32_t slot) {
  SeriesState& state = registry_[slot];
  if (state.rule->options.inherit_across.empty() || state.model == nullptr || state.awaits_history) return;
  LeftModel left{registry_.fingerprint(slot), rules_, state.rule, std::move(state.model), context_.clock.NowMs()};
  context_.lineage.Leave(IdentityOf(state), std::move(left), limits_.max_series);
}

/// For a series without models, before its sample of `timestamp_ms`.
void ShardEngine::Inherit(uint32_t slot, int64_t timestamp_ms) {
  SeriesState& state = registry_[slot];
  if (state.rule->options.inherit_across.empty() || state.awaits_history || context_.lineage.size() == 0) return;
  const Fingerprint& series = registry_.fingerprint(slot);
  LeftModel left =
      context_.lineage.Take(IdentityOf(state), series, state.rule, state.reading, state.step_ms, timestamp_ms);
  if (left.model == nullptr) return;
  state.model = std::move(left.model);
  state.was_modelled = true;
  CellGrid& grid = state.model->grid;
  state.step_ms = static_cast<uint32_t>(grid.step_ms());
  if (!(left.series == series)) {
    grid.ChangeSource();
    if (state.rule->options.cohort_start) context_.cohorts.Withdraw(CohortOf(state), left.series);
    context_.metrics.series_inherited.Increment();
  }
  const int64_t known_ms = grid.newest_ms();
  const int64_t now_ms = context_.clock.NowMs();
  state.ring.ForEach(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), [&](Sample sample) {
    if (sample.timestamp_ms > known_ms) AddToGrid(state, sample, now_ms);
  });
}

}  // namespace promcast
