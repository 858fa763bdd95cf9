// The part of ShardEngine that runs on schedule: predictions, expiry, and the sums that reports are made of.
#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "forecast/fetch_memory.h"
#include "logging/log.h"
#include "pipeline/shard_engine.h"

namespace promcast {
namespace {

// A score over fewer resolved forecasts than these says nothing yet.
constexpr double kScoredForecasts = 20;

// Points of the curve on which threshold crossings are looked for, evenly on the logarithm of time.
constexpr int kCurvePoints = 20;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

void Count(const HorizonScore& score, HorizonTally& tally) {
  if (score.count >= kScoredForecasts) {
    if (const auto skill = SkillOf(score)) {
      tally.series++;
      tally.skill += std::clamp(*skill, -1.0, 1.0);
    }
    for (size_t i = 0; i < tally.against.size(); i++) {
      const auto skill = SkillAgainst(static_cast<SkillBaseline>(i), score);
      if (!skill) continue;
      tally.against[i].series++;
      tally.against[i].skill += std::clamp(*skill, -1.0, 1.0);
    }
  }
  if (score.banded_count >= kScoredForecasts) {
    tally.banded_series++;
    tally.inside.resize(score.inside.size());
    for (size_t i = 0; i < score.inside.size(); i++) tally.inside[i] += score.inside[i] / score.banded_count;
  }
}

}  // namespace

int64_t ShardEngine::next_due_ms() const {
  int64_t due_ms = std::numeric_limits<int64_t>::max();
  for (const Schedule& schedule : schedules_) due_ms = std::min(due_ms, schedule.next_due_ms());
  return due_ms;
}

bool ShardEngine::RunDueSlot() {
  const int64_t now_ms = context_.clock.NowMs();
  if (now_ms >= next_age_ms_ || next_age_ms_ > now_ms + 2 * series_options_.idle_timeout_ms) {
    if (next_age_ms_ != 0) ignored_.Age();
    next_age_ms_ = now_ms + series_options_.idle_timeout_ms;
    context_.lineage.Forget(now_ms - series_options_.idle_timeout_ms, now_ms);
    context_.cohorts.Forget(now_ms);
  }
  bool any = false;
  for (size_t rule = 0; rule < schedules_.size(); rule++) {
    const auto visit = [&](std::span<const uint32_t> slots) { return Visit(slots, now_ms); };
    if (!schedules_[rule].RunNextSlot(now_ms, visit)) continue;
    any = true;
    if (now_ms - laps_[rule].started_ms >= schedules_[rule].interval_ms() || laps_[rule].started_ms > now_ms) {
      last_laps_[rule] = std::exchange(laps_[rule], Lap());
      laps_[rule].started_ms = now_ms;
    }
  }
  FlushOutput();
  return any;
}

// Step by step, each for all series before the next: the program of one step stays in the cache, which that of a whole
// visit does not. A slot leaves the schedule with its series, here or in Reconfigure, before another one may have it.
Schedule::Staying ShardEngine::Visit(std::span<const uint32_t> slots, int64_t now_ms) {
  FetchAndLearn(slots);
  Schedule::Staying staying;
  statements_.clear();
  for (size_t i = 0; i < slots.size(); i++) {
    staying[i] = !Expire(slots[i], now_ms);
    if (!staying[i]) continue;
    SeriesState& state = registry_[slots[i]];
    const bool may_speak = state.awaits_history ? KnowsRecent(state, now_ms) : !Relieve(state);
    if (may_speak && Speaks(state, now_ms)) statements_.push_back({&state, i, 0});
  }
  ForecastAll(now_ms);
  WriteForecasts(now_ms);
  for (size_t i = 0; i < slots.size(); i++) {
    if (!staying[i]) continue;
    const bool may_offer = registry_[slots[i]].rule->options.cohort_start;
    if (may_offer && OffersSeasonNow(slots[i], now_ms)) OfferSeason(slots[i], now_ms);
    TallySeries(slots[i]);
  }
  FlushMuchOutput();
  return staying;
}

// Pointer by pointer, what is small for all at once. A bank that learns fills much of the nearest cache: while one
// does, no more than the next two are fetched.
void ShardEngine::FetchAndLearn(std::span<const uint32_t> slots) {
  const auto state = [&](size_t i) -> SeriesState& { return registry_[slots[i]]; };
  const auto fetch_bank = [&](size_t i, int depth) {
    if (const SeriesModel* const model = state(i).model.get()) model->bank.FetchForForecast(depth);
  };
  for (size_t i = 0; i < slots.size(); i++) FetchMemory(&state(i), sizeof(SeriesState));
  for (size_t i = 0; i < slots.size(); i++) {
    LabelStore::Fetch(state(i).labels);
    if (const SeriesModel* const model = state(i).model.get()) FetchMemory(model, sizeof(SeriesModel));
  }
  for (size_t i = 0; i < slots.size(); i++) fetch_bank(i, 0);
  const auto fetch_parts = [&](size_t i) {
    fetch_bank(i, 1);
    group_labels_[i].clear();
    if (!state(i).has_output) return;
    label_store_.BeginView(state(i).labels, group_labels_[i]);
    output_series_.Fetch(group_labels_[i]);
  };
  const auto fetch_rest = [&](size_t i) {
    fetch_bank(i, 2);
    label_store_.FinishView(group_labels_[i]);
  };
  const auto learn = [&](size_t i) {
    if (SeriesModel* const model = state(i).model.get()) model->bank.CatchUp();
  };
  Staggered(slots.size(), fetch_parts, fetch_rest, learn);
}

bool ShardEngine::Expire(uint32_t slot, int64_t now_ms) {
  assert(registry_.InUse(slot));
  if (now_ms - registry_[slot].received_ms <= series_options_.idle_timeout_ms) return false;
  context_.metrics.series_expired.Increment();
  LeaveModel(slot);
  Remove(slot);
  return true;
}

/// Whether a series that waits has models from before that are not out of date: it need not fall silent meanwhile.
bool ShardEngine::KnowsRecent(const SeriesState& state, int64_t now_ms) const {
  return state.model != nullptr && !state.model->grid.empty() &&
         state.model->grid.newest_ms() >= now_ms - series_options_.idle_timeout_ms;
}

/// Whether the series can be predicted and its output has room. Sets its status; ends the output of one that can't any
/// more, and takes room for that of one that begins.
bool ShardEngine::Speaks(SeriesState& state, int64_t now_ms) {
  if (state.status == SeriesStatus::kStale) return false;
  if (state.model == nullptr || state.model->grid.empty()) return false;
  const SeriesModel& model = *state.model;
  if (model.grid.newest_ms() < now_ms - series_options_.idle_timeout_ms) {
    EndOutput(state);
    SetStatus(state, SeriesStatus::kStale);
    return false;
  }
  if (!model.bank->warm()) {
    SetStatus(state, SeriesStatus::kWarmingUp);
    return false;
  }
  if (model.bank->constant()) {
    EndOutput(state);
    SetStatus(state, SeriesStatus::kConstant);
    return false;
  }
  if (!state.has_output &&
      !context_.admission.output_series.Take(state.rule->OutputSeries(), limits_.max_output_series)) {
    SetStatus(state, SeriesStatus::kOutputLimit);
    return false;
  }
  state.has_output = true;
  SetStatus(state, SeriesStatus::kPredicted);
  return true;
}

void ShardEngine::Forecast(SeriesState& state, int64_t now_ms) {
  const RuleOptions& rule = state.rule->options;
  const SeriesModel& model = *state.model;
  lower_.resize(rule.coverages.size());
  upper_.resize(rule.coverages.size());
  for (size_t h = 0; h < model.plan->bank_horizon.size(); h++) {
    ForecastOut forecast{0, lower_, upper_};
    if (!model.bank->Forecast(StepsAhead(model, rule.horizons_ms[h], now_ms), forecast)) continue;
    if (rule.hold_back && !model.bank->skilful(model.plan->bank_horizon[h])) {
      context_.metrics.held_back.Increment();
      forecast.point = StaleMarker();
      std::fill(lower_.begin(), lower_.end(), StaleMarker());
      std::fill(upper_.begin(), upper_.end(), StaleMarker());
    }
    spoken_.push_back({h, forecast.point, edges_.size()});
    edges_.insert(edges_.end(), lower_.begin(), lower_.end());
    edges_.insert(edges_.end(), upper_.begin(), upper_.end());
  }
}

void ShardEngine::ForecastAll(int64_t now_ms) {
  spoken_.clear();
  edges_.clear();
  for (Statement& statement : statements_) {
    const size_t before = spoken_.size();
    Forecast(*statement.series, now_ms);
    statement.forecasts = spoken_.size() - before;
  }
}

void ShardEngine::WriteForecasts(int64_t now_ms) {
  auto spoken = spoken_.begin();
  for (const auto& [series, place, forecasts] : statements_) {
    const RuleOptions& rule = series->rule->options;
    const size_t coverages = rule.coverages.size();
    std::vector<StoredLabel>& labels = group_labels_[place];
    if (labels.empty()) label_store_.View(series->labels, labels);
    output_series_.Open(labels, label_store_.generation(), series->reading, *series->rule, *output_);
    for (const auto end = spoken + static_cast<ptrdiff_t>(forecasts); spoken != end; ++spoken) {
      output_series_.AppendPoint(spoken->horizon, {now_ms, spoken->point});
      const double* const edges = edges_.data() + spoken->edges;
      for (size_t c = 0; c < coverages; c++) {
        output_series_.AppendBand(spoken->horizon, c, {now_ms, edges[c]}, {now_ms, edges[coverages + c]});
      }
    }
    if (const double score = series->model->bank->anomaly_score(); rule.anomaly_score && std::isfinite(score)) {
      const double verdict = std::abs(score) <= 1 ? 0 : (score > 0 ? 1 : -1);
      output_series_.AppendAnomaly({now_ms, std::abs(score)}, {now_ms, verdict});
    }
    AppendTimesToThresholds(*series, now_ms);
    if (LogEnabled(LogLevel::kDebug)) LogSpeakers(*series);
  }
  context_.metrics.predictions.Increment(static_cast<double>(statements_.size()));
}

void ShardEngine::AppendTimesToThresholds(SeriesState& state, int64_t now_ms) {
  const RuleOptions& rule = state.rule->options;
  if (rule.thresholds.empty()) return;
  const SeriesModel& model = *state.model;
  curve_.assign(1, {0, model.grid.last_value()});
  lower_curve_ = upper_curve_ = curve_;
  if (state.reading == CellReading::kRate) curve_[0].value = lower_curve_[0].value = upper_curve_[0].value = kUnknown;
  const int64_t last_ms = rule.horizons_ms[model.plan->bank_horizon.size() - 1];
  const double last = static_cast<double>(last_ms) / static_cast<double>(model.plan->step_ms);
  int steps = 0;
  for (int i = 1; i <= kCurvePoints; i++) {
    const int next = static_cast<int>(std::round(std::pow(last, static_cast<double>(i) / kCurvePoints)));
    if (next <= steps) continue;
    steps = next;
    ForecastOut forecast{0, lower_, upper_};
    if (!model.bank->Forecast(steps, forecast)) continue;
    const double ahead_ms = static_cast<double>(model.grid.closed_cell_end_ms() + steps * model.plan->step_ms - now_ms);
    const double ahead_seconds = std::max(0.0, ahead_ms / 1000);
    curve_.push_back({ahead_seconds, forecast.point});
    lower_curve_.push_back({ahead_seconds, lower_.back()});
    upper_curve_.push_back({ahead_seconds, upper_.back()});
  }
  for (size_t i = 0; i < rule.thresholds.size(); i++) {
    const ThresholdOptions& threshold = rule.thresholds[i];
    for (const bool edge : {false, true}) {
      const auto& edge_curve = threshold.side == ThresholdSide::kBelow ? lower_curve_ : upper_curve_;
      const auto seconds = TimeToThreshold(edge ? edge_curve : curve_, threshold.level, threshold.side);
      const auto bit = static_cast<uint16_t>(1U << (2 * i + (edge ? 1 : 0)));
      if (!seconds && (state.threshold_output & bit) == 0) continue;  // absent, and was before
      state.threshold_output =
          static_cast<uint16_t>(seconds ? state.threshold_output | bit : state.threshold_output & ~bit);
      output_series_.AppendTimeToThreshold(i, edge, {now_ms, seconds.value_or(StaleMarker())});
    }
  }
}

// Which model weighs most at each horizon.
void ShardEngine::LogSpeakers(const SeriesState& state) const {
  std::vector<LabelView> views;
  label_store_.View(state.labels, views);
  std::vector<Label> labels;
  for (const LabelView& label : views) labels.push_back({std::string(label.name), std::string(label.value)});
  const std::string series = Labels(std::move(labels)).ToString();
  const SeriesModel& model = *state.model;
  for (size_t h = 0; h < model.plan->bank_horizon.size(); h++) {
    const std::vector<ModelWeight> models = model.bank->Models(model.plan->bank_horizon[h]);
    const auto speaker = std::max_element(models.begin(), models.end(),
                                          [](const auto& a, const auto& b) { return a.weight < b.weight; });
    Log(LogLevel::kDebug, "model that weighs most",
        {{"series", series},
         {"horizon", state.rule->horizon_texts[h]},
         {"model", speaker->name},
         {"weight", speaker->weight}});
  }
}

void ShardEngine::TallySeries(uint32_t slot) {
  const SeriesState& state = registry_[slot];
  Lap& lap = laps_[static_cast<size_t>(state.rule - rules_->rules().data())];
  lap.ring_bytes += state.ring.allocated_bytes();
  if (state.awaits_history) lap.ring_bytes += awaited_.Find(slot)->past.allocated_bytes();
  lap.tally.series++;
  lap.tally.predicted += state.status == SeriesStatus::kPredicted;
  if (state.model == nullptr) return;
  BankBytes bytes = state.model->bank->Bytes();
  bytes.other += sizeof(SeriesModel) - sizeof(ModelBank);
  lap.bank_bytes += bytes;
  lap.seasons[state.model->bank->season_count()]++;
  const std::vector<size_t>& horizons = state.model->plan->bank_horizon;
  if (lap.tally.horizons.size() < horizons.size()) lap.tally.horizons.resize(horizons.size());
  for (size_t h = 0; h < horizons.size(); h++) {
    state.model->bank->Score(horizons[h], score_);
    Count(score_, lap.tally.horizons[h]);
  }
}

ShardReport ShardEngine::Report() const {
  ShardReport report;
  report.status = status_counts_;
  report.no_rule = ignored_.Count(SampleVerdict::kNoRule);
  report.own_series = ignored_.Count(SampleVerdict::kOwnSeries);
  report.await_history = awaited_.size();
  report.limit_reached = ignored_.Count(SampleVerdict::kLimitReached);
  report.label_bytes = label_store_.allocated_bytes();
  report.registry_bytes = registry_.allocated_bytes() + ignored_.allocated_bytes();
  for (const Schedule& schedule : schedules_) {
    report.late_slots += schedule.late_slots();
    report.registry_bytes += schedule.allocated_bytes();
  }
  for (const Lap& lap : last_laps_) {
    report.ring_bytes += lap.ring_bytes;
    report.bank_bytes += lap.bank_bytes;
    for (size_t i = 0; i < lap.seasons.size(); i++) report.seasons[i] += lap.seasons[i];
    report.rules.push_back(lap.tally);
  }
  return report;
}

}  // namespace promcast
