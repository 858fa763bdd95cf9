#include "pipeline/shard_engine.h"

#include <algorithm>
#include <limits>

#include "forecast/fetch_memory.h"
#include "ingest/label_rules.h"
#include "self_metrics/process_metrics.h"
#include "series/step_detector.h"

namespace promcast {
namespace {

// So many samples are looked for at once, so that memory comes for one while another is looked at.
constexpr size_t kSamplesAtOnce = 32;

// A lean series whose models run keeps its newest samples only: two hours would take more than all else that it holds.
constexpr size_t kLeanRingBytes = SampleRing::kMinRingBytes;

std::string_view SuffixOf(SampleKind kind) {
  switch (kind) {
    case SampleKind::kHistogramCount:
      return "_count";
    case SampleKind::kHistogramSum:
      return "_sum";
    case SampleKind::kFloat:
      break;
  }
  return "";
}

SampleVerdict VerdictOf(SampleOutcome outcome) {
  switch (outcome) {
    case SampleOutcome::kApplied:
      return SampleVerdict::kAccepted;
    case SampleOutcome::kDuplicate:
      return SampleVerdict::kDuplicate;
    case SampleOutcome::kOutOfOrder:
      return SampleVerdict::kOutOfOrder;
    case SampleOutcome::kNotANumber:
      return SampleVerdict::kNotANumber;
    case SampleOutcome::kStaleMarker:
      return SampleVerdict::kStaleMarker;
    case SampleOutcome::kTooFarAhead:
      return SampleVerdict::kTooFarAhead;
  }
  return SampleVerdict::kAccepted;
}

/// 0 while too few samples came to tell.
uint32_t StepOf(const SampleRing& ring) {
  StepDetector detector;
  std::optional<int64_t> step_ms;
  ring.ForEach(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), [&](Sample sample) {
    if (!step_ms) step_ms = detector.Add(sample.timestamp_ms);
  });
  return static_cast<uint32_t>(step_ms.value_or(0));
}

}  // namespace

ShardEngine::ShardEngine(const ShardContext& context, const PipelineOptions& options,
                         std::shared_ptr<const RuleSet> rules)
    : context_(context) {
  Reconfigure(options, std::move(rules));
}

void ShardEngine::Apply(ShardBatch& batch) {
  const int64_t now_ms = context_.clock.NowMs();
  const size_t count = batch.samples.size();
  batch.verdicts.resize(count);
  left_out_ = {};
  const std::span<const IncomingSample> samples = batch.samples;
  Prefetch(samples.first(std::min(count, kSamplesAtOnce)));
  for (size_t begin = 0; begin < count; begin += kSamplesAtOnce) {
    const auto together = samples.subspan(begin, std::min(kSamplesAtOnce, count - begin));
    const size_t end = begin + together.size();
    Prefetch(samples.subspan(end, std::min(kSamplesAtOnce, count - end)));
    FetchSeries(together);
    for (size_t i = begin; i < end; i++) batch.verdicts[i] = Apply(samples[i], now_ms, batch);
  }
  if (cells_to_count_ > 0) context_.metrics.cells.Increment(std::exchange(cells_to_count_, 0));
  FlushOutput();
}

void ShardEngine::Prefetch(std::span<const IncomingSample> samples) const {
  for (const IncomingSample& sample : samples) {
    registry_.Prefetch(sample.fingerprint);
    ignored_.Prefetch(sample.fingerprint);
  }
}

// Pointer by pointer, each for all samples before the next.
void ShardEngine::FetchSeries(std::span<const IncomingSample> samples) const {
  std::array<const SeriesState*, kSamplesAtOnce> states;
  std::array<const PatientBank*, kSamplesAtOnce> banks;  // that will learn
  size_t learning = 0;
  for (size_t i = 0; i < samples.size(); i++) states[i] = registry_.Fetch(samples[i].fingerprint);
  for (size_t i = 0; i < samples.size(); i++) {
    if (states[i] == nullptr) continue;
    states[i]->ring.Fetch(0);
    FetchMemory(states[i]->model.get(), states[i]->model ? sizeof(SeriesModel) : 0);
  }
  for (size_t i = 0; i < samples.size(); i++) {
    if (states[i] == nullptr) continue;
    states[i]->ring.Fetch(1);
    const SeriesModel* model = states[i]->model.get();
    if (model == nullptr || !model->bank.is_full() || !model->grid.LiesBeyond(samples[i].timestamp_ms)) continue;
    model->bank.FetchForUpdate(0);
    banks[learning++] = &model->bank;
  }
  for (const int depth : {1, 2}) {
    for (size_t i = 0; i < learning; i++) banks[i]->FetchForUpdate(depth);
  }
}

SampleVerdict ShardEngine::Apply(const IncomingSample& sample, int64_t now_ms, ShardBatch& batch) {
  if (const SampleVerdict* known = KnownVerdict(sample.fingerprint)) return *known;
  if (sample.timestamp_ms > now_ms + limits_.max_ahead_ms) {
    if (batch.first_refusal.empty()) batch.first_refusal = "a sample's timestamp lies too far in the future";
    return SampleVerdict::kTooFarAhead;
  }
  if (const auto slot = registry_.Find(sample.fingerprint)) return ApplyTo(*slot, sample, now_ms);
  const SampleVerdict verdict = ignored_.Find(sample.fingerprint);
  return verdict == SampleVerdict::kAccepted ? Admit(sample, batch) : verdict;
}

const SampleVerdict* ShardEngine::KnownVerdict(const Fingerprint& fingerprint) const {
  for (const LeftOut& left_out : left_out_) {
    if (left_out.verdict != SampleVerdict::kAccepted && left_out.fingerprint == fingerprint) return &left_out.verdict;
  }
  return nullptr;
}

void ShardEngine::Remember(const Fingerprint& fingerprint, SampleVerdict verdict) {
  left_out_[next_left_out_++ % left_out_.size()] = {fingerprint, verdict};
}

SampleVerdict ShardEngine::Admit(const IncomingSample& sample, ShardBatch& batch) {
  batch.labels->CopyLabels(sample.series_offset, sample.series_bytes, labels_);
  for (LabelView& label : labels_) {
    if (sample.kind == SampleKind::kFloat || label.name != kMetricNameLabel) continue;
    metric_name_.assign(label.value).append(SuffixOf(sample.kind));
    label.value = metric_name_;
  }
  std::string problem;
  const SampleVerdict verdict = CheckLabels(labels_, problem);
  if (IsRefused(verdict)) {
    Remember(sample.fingerprint, verdict);
    if (batch.first_refusal.empty()) batch.first_refusal = std::move(problem);
    return verdict;
  }
  if (verdict == SampleVerdict::kOwnSeries) return Ignore(sample.fingerprint, verdict);
  const Rule* rule = rules_->Match(labels_);
  if (rule == nullptr) return Ignore(sample.fingerprint, SampleVerdict::kNoRule);
  if (!context_.admission.memory_full) LookAtMemory();
  if (context_.admission.memory_full || !context_.admission.series.Take(1, limits_.max_series))
    return Ignore(sample.fingerprint, SampleVerdict::kLimitReached);

  SeriesState state;
  state.labels = label_store_.Add(labels_);
  state.rule = rule;
  state.step_ms = static_cast<uint32_t>(rule->options.step_ms);
  state.kind = sample.kind;
  const std::string_view metric =
      std::find_if(labels_.begin(), labels_.end(), [](auto& l) { return l.name == kMetricNameLabel; })->value;
  state.reading = context_.catalog.ReadingOf(metric, sample.kind);
  const uint32_t slot = registry_.Insert(sample.fingerprint, std::move(state));
  status_counts_[static_cast<size_t>(SeriesStatus::kWarmingUp)]++;
  context_.metrics.series_created.Increment();
  Enlist(slot);
  AwaitHistory(slot);
  return ApplyTo(slot, sample, context_.clock.NowMs());
}

// A flood of new series fills memory faster than the pipeline's own watch looks at it.
void ShardEngine::LookAtMemory() {
  constexpr uint32_t kSeriesBetweenLooks = 256;
  if (limits_.max_memory_bytes == 0 || ++asked_to_admit_ % kSeriesBetweenLooks != 0) return;
  if (ResidentBytes() > static_cast<double>(limits_.max_memory_bytes)) context_.admission.memory_full = true;
}

SampleVerdict ShardEngine::Ignore(const Fingerprint& fingerprint, SampleVerdict verdict) {
  Remember(fingerprint, verdict);
  const size_t known = registry_.size() + ignored_.size();
  const bool room = known < std::max<size_t>(1, limits_.max_known_series / context_.shards);
  if (room) ignored_.Insert(fingerprint, verdict);
  return verdict;
}

void ShardEngine::Enlist(uint32_t slot) {
  const SeriesState& state = registry_[slot];
  const auto rule = static_cast<size_t>(state.rule - rules_->rules().data());
  schedules_[rule].Add(slot);
}

SampleVerdict ShardEngine::ApplyTo(uint32_t slot, const IncomingSample& sample, int64_t now_ms) {
  SeriesState& state = registry_[slot];
  if (state.awaits_history) return Hold(slot, {sample.timestamp_ms, sample.value}, now_ms);
  if (state.model == nullptr) Inherit(slot, sample.timestamp_ms);
  const SampleVerdict verdict = ApplyTo(state, sample, now_ms);
  if (verdict == SampleVerdict::kStaleMarker) LeaveModel(slot);
  return verdict;
}

SampleVerdict ShardEngine::ApplyTo(SeriesState& state, const IncomingSample& incoming, int64_t now_ms) {
  const Sample sample{incoming.timestamp_ms, incoming.value};
  SampleOutcome outcome;
  if (state.model == nullptr && IsGrownUp(state, sample.timestamp_ms)) StartModel(state);
  if (state.model != nullptr) {
    outcome = AddToGrid(state, sample, now_ms);
  } else if (!state.ring.empty() && sample.timestamp_ms <= state.ring.newest().timestamp_ms) {
    outcome = sample.timestamp_ms == state.ring.newest().timestamp_ms ? SampleOutcome::kDuplicate
                                                                      : SampleOutcome::kOutOfOrder;
  } else {
    outcome = IsStaleMarker(sample.value)
                  ? SampleOutcome::kStaleMarker
                  : (std::isfinite(sample.value) ? SampleOutcome::kApplied : SampleOutcome::kNotANumber);
  }
  if (outcome == SampleOutcome::kDuplicate || outcome == SampleOutcome::kOutOfOrder) return VerdictOf(outcome);
  if (outcome == SampleOutcome::kTooFarAhead) return VerdictOf(outcome);

  state.received_ms = now_ms;
  const bool went_back = !state.ring.empty() && sample.timestamp_ms <= state.ring.newest().timestamp_ms;
  if (went_back) {  // the source's clock was set back: what is newer than now is no history
    state.ring = SampleRing();
    RestartLater(state);
    state.was_modelled = false;
  }
  const bool lean = state.rule->options.profile == Profile::kLean && state.model != nullptr;
  state.ring.Append(sample, lean ? lean_ring_ : series_options_.ring);
  if (outcome == SampleOutcome::kStaleMarker) {
    if (!replaying_) context_.metrics.series_stale.Increment();
    EndOutput(state);
    SetStatus(state, SeriesStatus::kStale);
  } else if (state.status == SeriesStatus::kStale) {
    SetStatus(state, SeriesStatus::kWarmingUp);
  }
  if (state.step_ms == 0) state.step_ms = StepOf(state.ring);
  return VerdictOf(outcome);
}

SampleOutcome ShardEngine::AddToGrid(SeriesState& state, Sample sample, int64_t now_ms) {
  GridEvents events;
  SeriesModel& model = *state.model;
  const SampleOutcome outcome =
      model.grid.Add(sample, now_ms, grid_limits_, events, [&](double value, int64_t skipped_cells) {
        if (skipped_cells > 0) {
          model.bank.Skip(skipped_cells);
        } else {
          model.bank.Update(value);
          cells_to_count_ += replaying_ ? 0 : 1;
        }
      });
  if (replaying_) return outcome;
  if (events.counter_reset) context_.metrics.counter_resets.Increment();
  if (events.gap) context_.metrics.gaps.Increment();
  if (events.clock_jump) context_.metrics.clock_jumps.Increment();
  return outcome;
}

// Models that have yet to see some cells before they speak would cost memory for nothing, and most of what a new series
// costs: many live for minutes. The ring waits for them, as long as it holds all samples; only a grid can tell whether
// a source's clock was set back.
bool ShardEngine::IsGrownUp(const SeriesState& state, int64_t newest_ms) {
  if (state.step_ms == 0 || state.ring.empty()) return false;
  if (newest_ms < state.ring.newest().timestamp_ms || state.ring.has_full_chunk()) return true;
  return newest_ms - state.ring.oldest_ms() >= int64_t{ModelBank::kWarmCells - 1} * state.step_ms;
}

void ShardEngine::StartModel(SeriesState& state) {
  state.model = std::make_unique<SeriesModel>(PlanOf(state, context_.admission.relief), state.reading);
  if (state.rule->options.cohort_start) BorrowSeason(state);
  const int64_t now_ms = context_.clock.NowMs();
  const bool was_replaying = std::exchange(replaying_, replaying_ || state.was_modelled);
  state.was_modelled = true;
  state.ring.ForEach(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(),
                     [&](Sample sample) { AddToGrid(state, sample, now_ms); });
  replaying_ = was_replaying;
}

void ShardEngine::RestartLater(SeriesState& state) {
  EndOutput(state);
  state.model.reset();
  if (state.status != SeriesStatus::kStale) SetStatus(state, SeriesStatus::kWarmingUp);
  FlushMuchOutput();
}

bool ShardEngine::Relieve(SeriesState& state) {
  if (!context_.admission.memory_pressed || state.model == nullptr) return false;
  const MemoryRelief relief = state.rule->Possible(context_.admission.relief);
  if (relief <= state.model->plan->relief) return false;
  if (relief == MemoryRelief::kHorizons) EndOutput(state);  // that of the longer horizons for good
  StartModel(state);
  context_.admission.relieved_series++;
  (relief == MemoryRelief::kHorizons ? context_.metrics.gave_up_horizons : context_.metrics.gave_up_seasons)
      .Increment();
  return true;
}

std::shared_ptr<const RulePlan> ShardEngine::PlanOf(const SeriesState& state, MemoryRelief asked) {
  const MemoryRelief relief = state.rule->Possible(asked);
  const auto [at, is_new] = plans_.try_emplace({state.rule, state.step_ms, state.reading, relief});
  if (is_new) {
    at->second = std::make_shared<const RulePlan>(state.rule->MakePlan(state.step_ms, state.reading, relief));
  }
  return at->second;
}

void ShardEngine::SetStatus(SeriesState& state, SeriesStatus status) {
  status_counts_[static_cast<size_t>(state.status)]--;
  status_counts_[static_cast<size_t>(status)]++;
  state.status = status;
}

void ShardEngine::EndOutput(SeriesState& state) {
  if (!state.has_output) return;
  label_store_.View(state.labels, output_labels_);
  output_series_.Open(output_labels_, label_store_.generation(), state.reading, *state.rule, *output_);
  output_series_.AppendEnd(context_.clock.NowMs(), state.threshold_output);
  state.threshold_output = 0;
  context_.admission.output_series.Return(state.rule->OutputSeries());
  state.has_output = false;
}

void ShardEngine::Remove(uint32_t slot) {
  SeriesState& state = registry_[slot];
  EndOutput(state);
  status_counts_[static_cast<size_t>(state.status)]--;
  context_.admission.series.Return(1);
  label_store_.Release(std::move(state.labels));
  awaited_.Erase(slot);
  registry_.Erase(slot);
}

void ShardEngine::FlushMuchOutput() {
  constexpr size_t kMuch = 1024;
  if (output_->size() >= kMuch) FlushOutput();
}

void ShardEngine::FlushOutput() {
  if (output_->empty()) return;
  context_.metrics.output_samples.Increment(static_cast<double>(output_->size()));
  auto next = std::make_shared<OutputBatch>();
  next->Reserve(*output_);
  context_.write(std::exchange(output_, std::move(next)));
}

void ShardEngine::Reconfigure(const PipelineOptions& options, std::shared_ptr<const RuleSet> rules) {
  limits_ = options.limits;
  series_options_ = options.series;
  lean_ring_ = series_options_.ring;
  lean_ring_.max_bytes = std::min(lean_ring_.max_bytes, kLeanRingBytes);
  grid_limits_.max_ahead_ms = limits_.max_ahead_ms;
  reads_history_ = !options.remote_read.empty();
  max_history_ms_ = options.backfill.max_range_ms;
  grid_limits_.max_gap_cells = 0;  // a row of empty cells is one step for the models
  const std::shared_ptr<const RuleSet> old_rules = std::exchange(rules_, std::move(rules));
  plans_.clear();
  ignored_.Clear();
  schedules_.clear();
  for (const Rule& rule : rules_->rules()) schedules_.emplace_back(rule.options.interval_ms);
  laps_.assign(schedules_.size(), Lap());
  last_laps_.assign(schedules_.size(), Lap());

  std::vector<uint32_t> unwanted;
  registry_.Visit([&](uint32_t slot, SeriesState& state) {
    label_store_.View(state.labels, labels_);
    const Rule* rule = rules_->Match(labels_);
    if (rule == nullptr) {
      unwanted.push_back(slot);
      return;
    }
    const bool same = rule->options == state.rule->options;
    if (!same) RestartLater(state);  // still under the old rule: its output ends
    const bool step_stays = same || (rule->options.step_ms == 0 && state.rule->options.step_ms == 0);
    state.rule = rule;
    if (!step_stays) state.step_ms = static_cast<uint32_t>(rule->options.step_ms);
    Enlist(slot);
    if (!same) AwaitHistory(slot);
  });
  for (const uint32_t slot : unwanted) {
    Remove(slot);
    FlushMuchOutput();
  }
  if (!reads_history_) EndAwaiting();
  FlushOutput();
}

void ShardEngine::ReviewReadings() {
  registry_.Visit([&](uint32_t slot, SeriesState& state) {
    label_store_.View(state.labels, labels_);
    const auto name = std::find_if(labels_.begin(), labels_.end(), [](auto& l) { return l.name == kMetricNameLabel; });
    const CellReading reading = context_.catalog.ReadingOf(name->value, state.kind);
    if (reading == state.reading) return;
    RestartLater(state);  // still read as before: the output that ends has its old names
    state.reading = reading;
    AwaitHistory(slot);
  });
  FlushOutput();
}

}  // namespace promcast
