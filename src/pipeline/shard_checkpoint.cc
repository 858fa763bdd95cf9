// The part of ShardEngine that puts its series into snapshots and takes them from there.
#include <algorithm>

#include "ingest/label_rules.h"
#include "pipeline/shard_engine.h"

namespace promcast {
namespace {

// What is saved at once, so that batches need not wait for more than a fraction of a millisecond.
constexpr size_t kSavedBytes = 256 << 10;
constexpr uint32_t kSavedSlots = 4096;

// No step that is seen is shorter (see RoundStepMs), and a plan takes memory by how many fit into a season.
constexpr uint32_t kShortestSeenStepMs = 100;

}  // namespace

std::optional<uint32_t> ShardEngine::Save(uint32_t first_slot, RecordBlock& block) const {
  const auto slots = static_cast<uint32_t>(registry_.slot_count());
  const uint32_t end = slots - first_slot > kSavedSlots ? first_slot + kSavedSlots : slots;
  std::vector<LabelView> labels;
  uint32_t slot = first_slot;
  for (; slot < end && block.bytes().size() < kSavedBytes; slot++) {
    if (!registry_.InUse(slot)) continue;
    const SeriesState& state = registry_[slot];
    label_store_.View(state.labels, labels);
    // What a waiting series' models have not seen yet is read again as the rest of its history.
    const AwaitedHistory* awaited = state.awaits_history ? awaited_.Find(slot) : nullptr;
    const SampleRing& ring = awaited != nullptr ? awaited->past : state.ring;
    block.Add([&](std::string& out) {
      VisitModel(slot, [&](const SeriesModel* model) { AppendSeriesRecord(state, model, ring, labels, out); });
    });
  }
  return slot < slots ? std::optional(slot) : std::nullopt;
}

RestoreOutcome ShardEngine::Restore(const Fingerprint& fingerprint, std::string_view bytes) {
  SeriesRecord record;
  if (!ReadSeriesRecord(bytes, record).ok()) return RestoreOutcome::kDamaged;
  if (!record.step_told && record.step_ms > 0 && record.step_ms < kShortestSeenStepMs) return RestoreOutcome::kDamaged;
  std::string problem;
  const SampleVerdict verdict = CheckLabels(record.head.labels, problem);
  if (verdict == SampleVerdict::kOwnSeries) return RestoreOutcome::kNoRule;
  if (verdict != SampleVerdict::kAccepted) return RestoreOutcome::kDamaged;
  if (registry_.Find(fingerprint)) return RestoreOutcome::kTwice;
  const Rule* rule = rules_->Match(record.head.labels);
  if (rule == nullptr) return RestoreOutcome::kNoRule;
  if (!context_.admission.memory_full) LookAtMemory();
  if (context_.admission.memory_full || !context_.admission.series.Take(1, limits_.max_series))
    return RestoreOutcome::kLimit;

  SeriesState state;
  state.labels = label_store_.Add(record.head.labels);
  state.rule = rule;
  state.kind = record.kind;
  state.reading = record.reading;
  state.received_ms = context_.clock.NowMs();  // its source has idle_timeout to come back
  if (record.stale) state.status = SeriesStatus::kStale;
  const bool step_stays = !record.step_told && rule->options.step_ms == 0;
  state.step_ms = step_stays ? record.step_ms : static_cast<uint32_t>(rule->options.step_ms);
  state.ring = std::move(record.ring);
  state.was_modelled = record.grid.has_value();
  const bool has_model = RestoreModel(record, state);
  RestoreOutput(record, state);
  status_counts_[static_cast<size_t>(state.status)]++;
  const uint32_t slot = registry_.Insert(fingerprint, std::move(state));
  Enlist(slot);
  AwaitRestOfHistory(slot);
  if (rule->options.cohort_start) OfferSeason(slot, context_.clock.NowMs());
  if (record.stale) LeaveModel(slot);
  return has_model ? RestoreOutcome::kRestored : RestoreOutcome::kSamplesOnly;
}

/// True when the series has its models again, or had none. Otherwise they start with its next sample, from the ring.
bool ShardEngine::RestoreModel(const SeriesRecord& record, SeriesState& state) {
  if (!record.grid) return true;
  if (state.step_ms != record.step_ms) return false;
  std::shared_ptr<const RulePlan> plan = PlanOf(state, record.relief);
  std::string problem;
  std::optional<ModelBank> bank = ModelBank::Load(plan->bank, record.bank, problem);
  if (!bank) return false;
  state.model = std::make_unique<SeriesModel>(std::move(plan), *record.grid, *std::move(bank));
  return true;
}

/// What was being written before goes on, and so can be ended.
void ShardEngine::RestoreOutput(const SeriesRecord& record, SeriesState& state) {
  const Rule& rule = *state.rule;
  if (!record.has_output || record.output_key != rule.output_key) return;
  if (!context_.admission.output_series.Take(rule.OutputSeries(), limits_.max_output_series)) return;
  state.has_output = true;
  const unsigned known = (1U << (2 * rule.options.thresholds.size())) - 1;
  state.threshold_output = static_cast<uint16_t>(record.threshold_output & known);
}

}  // namespace promcast
