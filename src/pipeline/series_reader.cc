#include "pipeline/series_reader.h"

#include <algorithm>
#include <cmath>

#include "ingest/label_rules.h"
#include "pipeline/shard_engine.h"
#include "remote_write/label_block.h"

namespace promcast {
namespace {

// What one call does at most, a few milliseconds, for which the shard's samples wait.
constexpr uint32_t kReadSlots = 8192;
constexpr size_t kReadPoints = 4096;
constexpr size_t kReadBytes = 4 << 20;

// An evaluation takes the newest point before it, so it sees one that is late by as much as the points are apart: at
// most by this part of the time between evaluations, and far less than the five minutes that Prometheus looks back.
constexpr int64_t kPointsPerEvaluation = 4;
constexpr int64_t kMaxThinnedMs = 60'000;
constexpr int64_t kFewPoints = 100;  // are not thinned further
// Longer cells have points between their ends as well, so that an evaluation always finds one.
constexpr int64_t kMaxUnitMs = 150'000;

bool AsksForOwnSeries(const Matcher& matcher) {
  return matcher.type == MatchType::kEqual && matcher.name == kForecasterLabel && matcher.value == kForecasterValue;
}

/// Spares looking at series: promcast keeps no samples of its own ones.
bool MayWantSamples(const ReadQuery& query) {
  return query.start_ms <= query.end_ms && std::none_of(query.matchers.begin(), query.matchers.end(), AsksForOwnSeries);
}

/// Spares naming the curves of each series.
bool MayWantCurves(const ReadQuery& query, int64_t now_ms) {
  return query.end_ms > now_ms && std::all_of(query.matchers.begin(), query.matchers.end(), [](const Matcher& matcher) {
           if (matcher.type != MatchType::kEqual) return true;
           if (matcher.name == kForecasterLabel) return AsksForOwnSeries(matcher);
           return matcher.name != kMetricNameLabel || std::string_view(matcher.value).starts_with("predicted_");
         });
}

/// From one point to the next, a multiple of the cells' length, or of a part of it.
int64_t SpacingMs(const ReadHints& hints, int64_t step_ms, int64_t window_ms) {
  const int64_t unit_ms = step_ms / ((step_ms + kMaxUnitMs - 1) / kMaxUnitMs);
  int64_t enough_ms = 0;
  if (hints.range_ms == 0) {
    enough_ms = std::min({hints.step_ms / kPointsPerEvaluation, kMaxThinnedMs, window_ms / kFewPoints});
  }
  const int64_t least_ms = window_ms / SeriesReader::kMaxCurvePoints + 1;
  return std::max({int64_t{1}, enough_ms / unit_ms, (least_ms + unit_ms - 1) / unit_ms}) * unit_ms;
}

int64_t RoundUp(int64_t value, int64_t multiple_of) {
  return (value + multiple_of - 1) / multiple_of * multiple_of;
}

/// Whether forecasts for that time are written at all: those of the horizon that it falls to.
bool IsHeldBack(const SeriesState& state, int64_t ahead_ms) {
  if (!state.rule->options.hold_back) return false;
  const std::vector<size_t>& bank_horizon = state.model->plan->bank_horizon;
  const std::vector<int64_t>& horizons_ms = state.rule->options.horizons_ms;
  size_t horizon = 0;
  while (horizon + 1 < bank_horizon.size() && horizons_ms[horizon] < ahead_ms) horizon++;
  return !state.model->bank->skilful(bank_horizon[horizon]);
}

}  // namespace

SeriesReader::SeriesReader(const ReadQuery& query, const Selector& selector, int64_t now_ms)
    : query_(query),
      selector_(selector),
      now_ms_(now_ms),
      may_want_samples_(MayWantSamples(query)),
      may_want_curves_(MayWantCurves(query, now_ms)) {}

bool SeriesReader::Read(const SeriesState& state, std::span<const LabelView> labels, ReadResult& result) {
  if (may_want_samples_ && selector_.Matches(labels) && !ReadRing(state, labels, result)) return false;
  return !may_want_curves_ || state.status != SeriesStatus::kPredicted || ReadCurves(state, labels, result);
}

bool SeriesReader::ReadRing(const SeriesState& state, std::span<const LabelView> labels, ReadResult& result) const {
  ReadSeries found{EncodeLabelBlock(labels), {}};
  state.ring.ForEachChunk(query_.start_ms, query_.end_ms, [&](const ChunkView& chunk) {
    if (chunk.min_ms >= query_.start_ms && chunk.max_ms <= query_.end_ms) {
      found.chunks.push_back({chunk.min_ms, chunk.max_ms, {chunk.bytes.begin(), chunk.bytes.end()}});
      return;
    }
    ChunkPacker packer;
    XorChunkReader reader(chunk.bytes);
    for (Sample sample; reader.Next(sample);) {
      if (sample.timestamp_ms >= query_.start_ms && sample.timestamp_ms <= query_.end_ms) packer.Append(sample);
    }
    for (XorChunk& part : packer.Take()) found.chunks.push_back(std::move(part));
  });
  return result.Add(std::move(found));
}

bool SeriesReader::ReadCurves(const SeriesState& state, std::span<const LabelView> labels, ReadResult& result) {
  const std::vector<int64_t>& horizons_ms = state.rule->options.horizons_ms;
  const int64_t step_ms = state.model->plan->step_ms;
  const int64_t first_ms = std::max(query_.start_ms, now_ms_ + 1);
  const int64_t last_ms = std::min(query_.end_ms, now_ms_ + horizons_ms[state.model->plan->bank_horizon.size() - 1]);
  if (first_ms > last_ms) return true;
  SelectCurves(state, labels);
  if (curves_.empty()) return true;
  lower_.resize(state.rule->options.coverages.size());
  upper_.resize(lower_.size());
  const int64_t spacing_ms = SpacingMs(query_.hints, step_ms, last_ms - first_ms);
  for (int64_t at_ms = RoundUp(first_ms, spacing_ms); at_ms <= last_ms; at_ms += spacing_ms) AppendPoint(state, at_ms);
  for (Curve& curve : curves_) {
    if (!result.Add({std::move(curve.label_block), curve.packer.Take()})) return false;
  }
  return true;
}

void SeriesReader::SelectCurves(const SeriesState& state, std::span<const LabelView> labels) {
  curves_.clear();
  curve_labels_.Clear();
  output_series_.Open(labels, state.reading, *state.rule, curve_labels_);
  std::vector<LabelView> curve;
  for (size_t part = 0; part <= 2 * state.rule->options.coverages.size(); part++) {
    output_series_.AppendCurve(part, {});
    std::string block = curve_labels_.LabelBlock(part);
    DecodeLabelBlock(block, curve);
    if (selector_.Matches(curve)) curves_.push_back({part, {}, std::move(block)});
  }
}

void SeriesReader::AppendPoint(const SeriesState& state, int64_t timestamp_ms) {
  const SeriesModel& model = *state.model;
  const int64_t step_ms = model.plan->step_ms;
  const int64_t ahead_ms = timestamp_ms - model.grid.closed_cell_end_ms();
  if (ahead_ms < 1 || ahead_ms / step_ms >= BankOptions::kMaxSteps) return;
  if (IsHeldBack(state, timestamp_ms - now_ms_)) return;
  const auto steps = static_cast<int>(std::max<int64_t>(1, ahead_ms / step_ms));
  if (!Forecast(*model.bank, steps, at_)) return;
  if (const int64_t rest_ms = ahead_ms - steps * step_ms; rest_ms > 0) {
    if (!Forecast(*model.bank, steps + 1, next_)) return;
    const double part = static_cast<double>(rest_ms) / static_cast<double>(step_ms);
    for (size_t i = 0; i < at_.size(); i++) at_[i] = std::lerp(at_[i], next_[i], part);
  }
  for (Curve& curve : curves_) curve.packer.Append({timestamp_ms, at_[curve.part]});
}

bool SeriesReader::Forecast(const ModelBank& bank, int steps, std::vector<double>& parts) {
  ForecastOut forecast{0, lower_, upper_};
  points_++;
  if (!bank.Forecast(steps, forecast)) return false;
  parts.assign(1, forecast.point);
  for (size_t i = 0; i < lower_.size(); i++) parts.insert(parts.end(), {lower_[i], upper_[i]});
  return true;
}

std::optional<uint32_t> ShardEngine::Read(uint32_t first_slot, SeriesReader& reader, ReadResult& result) const {
  const auto slots = static_cast<uint32_t>(registry_.slot_count());
  const uint32_t end = slots - first_slot > kReadSlots ? first_slot + kReadSlots : slots;
  const size_t points = reader.points();
  const size_t bytes = result.bytes();
  std::vector<LabelView> labels;
  uint32_t slot = first_slot;
  while (slot < end && reader.points() - points < kReadPoints && result.bytes() - bytes < kReadBytes) {
    const uint32_t at = slot++;
    if (!registry_.InUse(at)) continue;
    label_store_.View(registry_[at].labels, labels);
    if (!reader.Read(registry_[at], labels, result)) return std::nullopt;
  }
  return slot < slots ? std::optional(slot) : std::nullopt;
}

}  // namespace promcast
