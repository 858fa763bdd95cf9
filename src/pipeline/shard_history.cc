// The part of ShardEngine that lets series wait for their history, and feeds it to them.
#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "pipeline/shard_engine.h"
#include "remote_write/label_block.h"

namespace promcast {
namespace {

constexpr int64_t kEarliest = std::numeric_limits<int64_t>::min();
constexpr int64_t kLatest = std::numeric_limits<int64_t>::max();
constexpr int64_t kDayMs = 86'400'000;

/// Two cycles show a season with its changes; what is looked for needs sixteen days to show a week.
int64_t HistoryLength(const RuleOptions& rule) {
  int64_t length_ms = rule.detect_seasons ? 21 * kDayMs : kDayMs;
  for (const int64_t season_ms : rule.seasons_ms) length_ms = std::max(length_ms, 2 * season_ms);
  for (const int64_t horizon_ms : rule.horizons_ms) length_ms = std::max(length_ms, 2 * horizon_ms);
  return length_ms;
}

/// Everything up to it is known to the series' model, or will be once it starts.
int64_t NewestLearnt(const SeriesState& state, const AwaitedHistory& awaited) {
  if (state.model != nullptr && !state.model->grid.empty()) return state.model->grid.newest_ms();
  return awaited.past.empty() ? kEarliest : awaited.past.newest().timestamp_ms;
}

IncomingSample Incoming(Sample sample) {
  IncomingSample incoming{};
  incoming.timestamp_ms = sample.timestamp_ms;
  incoming.value = sample.value;
  return incoming;
}

}  // namespace

void ShardEngine::AwaitHistory(uint32_t slot) {
  SeriesState& state = registry_[slot];
  if (!reads_history_ || state.kind != SampleKind::kFloat) return;  // stores keep histograms in another form
  AwaitedHistory& awaited = awaited_.Add(slot);
  state.awaits_history = true;
  if (state.model != nullptr && !state.model->grid.empty()) {
    SampleRing held;
    const int64_t newest_ms = state.model->grid.newest_ms();
    state.ring.ForEach(kEarliest, kLatest, [&](Sample sample) {
      (sample.timestamp_ms <= newest_ms ? awaited.past : held).Append(sample, series_options_.ring);
    });
    state.ring = std::move(held);
  }
  if (!state.ring.empty()) awaited_.SetReady(slot, context_.clock.NowMs());
}

void ShardEngine::AwaitRestOfHistory(uint32_t slot) {
  SeriesState& state = registry_[slot];
  if (state.was_modelled) return AwaitHistory(slot);
  SampleRing known = std::move(state.ring);  // of a series too young for models: goes before what comes
  AwaitHistory(slot);
  (state.awaits_history ? awaited_.Find(slot)->past : state.ring) = std::move(known);
}

void ShardEngine::TakeHistoryAsks(int64_t settle_ms, size_t limit, std::vector<HistoryAsk>& asks) {
  const int64_t now_ms = context_.clock.NowMs();
  awaited_.TakeUnasked(now_ms, settle_ms, limit, [&](uint32_t slot, AwaitedHistory& awaited) {
    const SeriesState& state = registry_[slot];
    HistoryAsk& ask = asks.emplace_back();
    ask.slot = slot;
    ask.number = awaited.ask;
    ask.to_ms = awaited.read_before_ms = state.ring.oldest_ms();
    ask.waited_ms = std::max<int64_t>(0, now_ms - awaited.since_ms);
    ask.from_ms = ask.to_ms - std::min(HistoryLength(state.rule->options), max_history_ms_);
    if (const int64_t newest_ms = NewestLearnt(state, awaited); newest_ms >= ask.from_ms) ask.from_ms = newest_ms + 1;
    label_store_.View(state.labels, labels_);
    EncodeLabelBlock(labels_, ask.label_block);
    ask.rules = rules_;
    ask.rule = static_cast<size_t>(state.rule - rules_->rules().data());
  });
}

void ShardEngine::ReturnHistoryAsks() {
  awaited_.ReturnAll(context_.clock.NowMs());
}

AwaitedHistory* ShardEngine::FindAwaited(uint32_t slot, uint32_t ask) {
  return registry_.InUse(slot) ? awaited_.Find(slot, ask) : nullptr;
}

/// A live sample of a series that waits.
SampleVerdict ShardEngine::Hold(uint32_t slot, Sample sample, int64_t now_ms) {
  SeriesState& state = registry_[slot];
  if (!state.ring.empty() && sample.timestamp_ms <= state.ring.newest().timestamp_ms) {
    return sample.timestamp_ms == state.ring.newest().timestamp_ms ? SampleVerdict::kDuplicate
                                                                   : SampleVerdict::kOutOfOrder;
  }
  state.received_ms = now_ms;
  state.ring.Append(sample, series_options_.ring);
  awaited_.SetReady(slot, now_ms);
  if (IsStaleMarker(sample.value)) return SampleVerdict::kStaleMarker;
  return std::isfinite(sample.value) ? SampleVerdict::kAccepted : SampleVerdict::kNotANumber;
}

void ShardEngine::ApplyHistory(const HistoryBatch& batch) {
  const int64_t now_ms = context_.clock.NowMs();
  size_t first = 0;
  size_t applied = 0;
  for (const HistoryBatch::Series& series : batch.series) {
    const auto samples = std::span(batch.samples).subspan(first, series.samples);
    first += series.samples;
    AwaitedHistory* awaited = FindAwaited(series.slot, series.ask);
    if (awaited == nullptr) continue;
    SeriesState& state = registry_[series.slot];
    const int64_t end_ms = state.ring.oldest_ms();
    int64_t newest_ms = NewestLearnt(state, *awaited);
    const int64_t received_ms = state.received_ms;
    std::swap(state.ring, awaited->past);
    state.awaits_history = false;
    replaying_ = true;
    for (const Sample& sample : samples) {
      if (sample.timestamp_ms <= newest_ms) continue;
      if (sample.timestamp_ms >= end_ms) break;
      ApplyTo(state, Incoming(sample), now_ms);
      newest_ms = sample.timestamp_ms;
      applied++;
    }
    replaying_ = false;
    state.awaits_history = true;
    std::swap(state.ring, awaited->past);
    state.received_ms = received_ms;
  }
  context_.metrics.history_samples.Increment(static_cast<double>(applied));
}

std::optional<HistoryGap> ShardEngine::FinishHistory(uint32_t slot, uint32_t ask, bool complete) {
  AwaitedHistory* awaited = FindAwaited(slot, ask);
  if (awaited == nullptr) return std::nullopt;
  SeriesState& state = registry_[slot];
  if (complete && !state.ring.empty()) {
    const int64_t oldest_ms = state.ring.oldest_ms();
    const HistoryGap gap{std::exchange(awaited->read_before_ms, oldest_ms), oldest_ms};
    if (gap.from_ms < gap.to_ms) return gap;
  }
  const SampleRing held = std::exchange(state.ring, std::move(awaited->past));
  awaited_.Erase(slot);
  state.awaits_history = false;
  const int64_t now_ms = context_.clock.NowMs();
  const int64_t received_ms = state.received_ms;
  held.ForEach(kEarliest, kLatest, [&](Sample sample) { ApplyTo(state, Incoming(sample), now_ms); });
  state.received_ms = received_ms;
  (complete ? context_.metrics.history_complete : context_.metrics.history_given_up).Increment();
  return std::nullopt;
}

void ShardEngine::EndAwaiting() {
  awaited_.VisitAll([this](uint32_t slot, uint32_t ask) { FinishHistory(slot, ask, false); });
}

}  // namespace promcast
