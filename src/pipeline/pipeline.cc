#include "pipeline/pipeline.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <map>

#include "http_client/url.h"
#include "ingest/label_rules.h"
#include "logging/log.h"
#include "remote_write/label_block.h"
#include "self_metrics/process_metrics.h"

namespace promcast {
namespace {

// Requests of 2000 samples that may wait for a shard before writers are told to come back.
constexpr size_t kMaxWaitingBatches = 128;

constexpr auto kStatusCount = static_cast<size_t>(SeriesStatus::kCount);

void AppendRuleSeries(std::string_view name, std::vector<LabelView> labels, Sample sample, OutputBatch& out) {
  labels.push_back({kMetricNameLabel, name});
  labels.push_back({kForecasterLabel, kForecasterValue});
  std::sort(labels.begin(), labels.end());
  out.Append(EncodeLabelBlock(labels), sample);
}

}  // namespace

Pipeline::Pipeline(const PipelineOptions& options, const Clock& clock, MetricRegistry& metrics,
                   std::function<void(std::shared_ptr<const OutputBatch>)> write)
    : clock_(clock),
      write_(std::move(write)),
      registry_(metrics),
      metrics_(metrics),
      max_memory_bytes_(options.limits.max_memory_bytes),
      rules_(std::make_shared<RuleSet>(options.forecasts)) {
  const size_t shards = options.shards > 0 ? options.shards : std::max(1u, std::thread::hardware_concurrency());
  const ShardContext context{clock_, catalog_, admission_, metrics_, lineage_, cohorts_, shards, write_};
  for (size_t i = 0; i < shards; i++)
    shards_.push_back(std::make_unique<SeriesShard>(context, options, rules_, kMaxWaitingBatches));
  PublishMetrics(metrics);
  {
    MutexLock lock(backfill_mutex_);
    StartBackfill(options);
  }
  reporter_ = std::thread([this] { ReportLoop(); });
}

Pipeline::~Pipeline() {
  Stop();
}

void Pipeline::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_requested_.NotifyAll();
  if (reporter_.joinable()) reporter_.join();
  {
    MutexLock lock(backfill_mutex_);
    backfill_.reset();
  }
  for (const auto& shard : shards_) shard->Stop();
}

void Pipeline::NoteMetadata(const MetadataView& metadata) {
  if (catalog_.Note(metadata)) types_changed_ = true;
}

void Pipeline::ReviewReadings() {
  if (!types_changed_.exchange(false)) return;
  for (const auto& shard : shards_) shard->Run([](ShardEngine& engine) { engine.ReviewReadings(); });
}

void Pipeline::Reconfigure(const PipelineOptions& options) {
  auto rules = std::make_shared<const RuleSet>(options.forecasts);
  {
    MutexLock lock(mutex_);
    rules_ = rules;
  }
  max_memory_bytes_ = options.limits.max_memory_bytes;
  MutexLock lock(backfill_mutex_);
  const bool same_sources = options.remote_read == history_sources_ && options.backfill == backfill_options_;
  if (!same_sources) backfill_.reset();
  for (const auto& shard : shards_) {
    shard->Run([options, rules, same_sources](ShardEngine& engine) {
      engine.Reconfigure(options, rules);
      if (!same_sources) engine.ReturnHistoryAsks();
    });
  }
  if (!same_sources) StartBackfill(options);
}

void Pipeline::StartBackfill(const PipelineOptions& options) {
  history_sources_ = options.remote_read;
  backfill_options_ = options.backfill;
  if (options.remote_read.empty()) return;
  std::vector<HistorySource> sources;
  for (const HistorySourceOptions& source : options.remote_read) {
    const std::string name = source.name.empty() ? WithoutUserInfo(source.url) : source.name;
    sources.push_back({name, [source] { return MakeHistoryReader(source); }});
  }
  backfill_ = std::make_unique<HistoryBackfill>(options.backfill, std::move(sources), shards_, registry_);
}

ShardReport Pipeline::report() const {
  ShardReport sum;
  for (const auto& shard : shards_) sum += shard->report();
  sum.bank_bytes += lineage_.bytes();
  sum.bank_bytes.models += cohorts_.bytes();
  return sum;
}

std::vector<RuleReport> Pipeline::rule_reports() const {
  std::shared_ptr<const RuleSet> rules;
  {
    MutexLock lock(mutex_);
    rules = rules_;
  }
  const ShardReport sum = report();
  std::vector<RuleReport> reports;
  for (size_t i = 0; i < rules->rules().size(); i++) {
    RuleReport& rule = reports.emplace_back();
    rule.options = rules->rules()[i].options;
    if (i < sum.rules.size()) rule.tally = sum.rules[i];
  }
  return reports;
}

template <class Visit>
bool Pipeline::VisitInPieces(const Visit& visit) const {
  for (const auto& shard : shards_) {
    std::optional<uint32_t> slot = 0;
    while (slot) {
      const auto next_slot = std::make_shared<std::promise<std::optional<uint32_t>>>();
      const auto piece = [&visit, from = *slot, next_slot](const ShardEngine& engine) {
        next_slot->set_value(visit(engine, from));
      };
      if (!shard->Run(piece)) return false;
      slot = next_slot->get_future().get();
    }
  }
  return true;
}

std::optional<FoundSeries> Pipeline::Search(const std::vector<Selector>& match, size_t limit) const {
  FoundSeries found;
  const auto search = [&](const ShardEngine& engine, uint32_t from) -> std::optional<uint32_t> {
    if (found.truncated) return std::nullopt;
    return engine.Search(match, limit, from, found);
  };
  if (!VisitInPieces(search)) return std::nullopt;
  std::sort(found.series.begin(), found.series.end(), [](const SeriesForecasts& a, const SeriesForecasts& b) {
    return std::lexicographical_compare(a.labels.begin(), a.labels.end(), b.labels.begin(), b.labels.end());
  });
  return found;
}

absl::Status Pipeline::Read(const ReadQuery& query, const Selector& selector, ReadResult& result) const {
  SeriesReader reader(query, selector, clock_.NowMs());
  if (!reader.wants_any()) return absl::OkStatus();
  const auto read = [&](const ShardEngine& engine, uint32_t from) -> std::optional<uint32_t> {
    if (!result.problem().empty()) return std::nullopt;
    return engine.Read(from, reader, result);
  };
  return VisitInPieces(read) ? absl::OkStatus() : absl::UnavailableError("promcast is stopping");
}

void Pipeline::PublishMetrics(MetricRegistry& metrics) {
  struct Gauges {
    std::array<Gauge*, kStatusCount> status;
    std::array<Gauge*, std::tuple_size_v<SeasonCounts>> seasons;
    Gauge *no_rule, *own, *limit, *await_history, *registry, *rings, *labels, *models, *pending, *bands, *banks;
  };
  auto gauges = std::make_shared<Gauges>();
  const auto series = [&](std::string_view state) {
    return &metrics.AddGauge("promcast_series",
                             "Series known, by state; all but \"predicted\" are reasons for getting no prediction.",
                             {{"state", std::string(state)}});
  };
  for (size_t i = 0; i < kStatusCount; i++) gauges->status[i] = series(SeriesStatusName(static_cast<SeriesStatus>(i)));
  gauges->no_rule = series("no_rule");
  gauges->own = series("own_series");
  gauges->limit = series("limit_reached");
  gauges->await_history = &metrics.AddGauge("promcast_backfill_waiting_series", "Series that wait for their history.");
  for (size_t i = 0; i < gauges->seasons.size(); i++) {
    gauges->seasons[i] = &metrics.AddGauge(
        "promcast_series_seasons", "Series with models, by the number of seasons that these use, told or found.",
        {{"seasons", std::to_string(i)}});
  }
  const auto bytes = [&](const char* part) {
    return &metrics.AddGauge("promcast_state_bytes", "Memory that the state of series takes, by part.",
                             {{"part", part}});
  };
  gauges->registry = bytes("registry");
  gauges->rings = bytes("rings");
  gauges->models = bytes("models");
  gauges->labels = bytes("labels");
  gauges->pending = bytes("pending");
  gauges->bands = bytes("bands");
  gauges->banks = bytes("banks");
  metrics.AddCollector([this, gauges] {
    const ShardReport sum = report();
    for (size_t i = 0; i < kStatusCount; i++) gauges->status[i]->Set(static_cast<double>(sum.status[i]));
    for (size_t i = 0; i < sum.seasons.size(); i++) gauges->seasons[i]->Set(static_cast<double>(sum.seasons[i]));
    gauges->no_rule->Set(static_cast<double>(sum.no_rule));
    gauges->own->Set(static_cast<double>(sum.own_series));
    gauges->limit->Set(static_cast<double>(sum.limit_reached));
    gauges->await_history->Set(static_cast<double>(sum.await_history));
    gauges->registry->Set(static_cast<double>(sum.registry_bytes));
    gauges->rings->Set(static_cast<double>(sum.ring_bytes));
    gauges->models->Set(static_cast<double>(sum.bank_bytes.models));
    gauges->labels->Set(static_cast<double>(sum.label_bytes));
    gauges->pending->Set(static_cast<double>(sum.bank_bytes.pending));
    gauges->bands->Set(static_cast<double>(sum.bank_bytes.bands));
    gauges->banks->Set(static_cast<double>(sum.bank_bytes.other));
  });
  metrics.AddCallback("promcast_output_series", "Output series being written.", {},
                      [this] { return static_cast<double>(output_series()); });
  metrics.AddCallback("promcast_metric_families", "Metric families whose type is known.", {},
                      [this] { return static_cast<double>(catalog_.size()); });
  metrics.AddCallback("promcast_schedule_late_slots_total",
                      "Parts of the prediction schedule left out because they came too late.", {},
                      [this] { return static_cast<double>(report().late_slots); });
}

void Pipeline::ReportLoop() {
  std::map<std::string, int64_t> next_ms;  // by rule name
  for (;;) {
    {
      MutexLock lock(mutex_);
      const auto stop = [this]() PROMCAST_REQUIRES(mutex_) { return stopping_; };
      if (stop_requested_.WaitFor(mutex_, std::chrono::seconds(1), stop)) return;
    }
    const std::vector<RuleReport> rules = rule_reports();
    int64_t lap_ms = 0;
    for (const RuleReport& rule : rules) lap_ms = std::max(lap_ms, rule.options.interval_ms);
    WatchMemory(lap_ms);
    ReviewReadings();
    auto out = std::make_shared<OutputBatch>();
    const int64_t now_ms = clock_.NowMs();
    for (const RuleReport& rule : rules) {
      int64_t& next = next_ms[rule.options.name];
      if (now_ms < next && next <= now_ms + rule.options.interval_ms) continue;
      next = now_ms + rule.options.interval_ms;
      WriteRuleReport(rule, now_ms, *out);
    }
    if (!out->empty()) write_(std::move(out));
  }
}

void Pipeline::WatchMemory(int64_t lap_ms) {
  size_t waiting_series = 0;
  for (const auto& shard : shards_) waiting_series += shard->report().await_history;
  const size_t limit_bytes = max_memory_bytes_.load();
  const bool was_full = memory_watch_.full();
  memory_watch_.Look({.used_bytes = limit_bytes > 0 ? ResidentBytes() : 0,
                      .limit_bytes = static_cast<double>(limit_bytes),
                      .relieved_series = admission_.relieved_series,
                      .waiting_series = waiting_series,
                      .now_ms = clock_.NowMs(),
                      .lap_ms = lap_ms});
  admission_.memory_pressed = memory_watch_.pressed();
  const MemoryRelief relief = memory_watch_.relief();
  if (relief != admission_.relief.exchange(relief)) {
    const bool gives = relief != MemoryRelief::kNone;
    Log(gives ? LogLevel::kWarn : LogLevel::kInfo,
        gives ? "memory is near limits.max_memory; series give something up"
              : "memory is far below limits.max_memory again; new series get all that their rule says",
        {{"gives_up", MemoryReliefName(relief)}, {"max_memory_bytes", limit_bytes}});
  }
  const bool full = memory_watch_.full();
  admission_.memory_full = full;
  if (full == was_full) return;
  Log(full ? LogLevel::kWarn : LogLevel::kInfo,
      full ? "memory is above limits.max_memory; new series are left out" : "memory is below limits.max_memory again",
      {{"max_memory_bytes", limit_bytes}});
}

void Pipeline::WriteRuleReport(const RuleReport& report, int64_t now_ms, OutputBatch& out) const {
  const Rule rule = RuleSet({report.options}).rules().front();
  for (size_t h = 0; h < std::min(report.tally.horizons.size(), rule.horizon_texts.size()); h++) {
    const HorizonTally& tally = report.tally.horizons[h];
    const LabelView rule_label{"rule", rule.options.name};
    const LabelView horizon_label{"horizon", rule.horizon_texts[h]};
    if (tally.series > 0) {
      AppendRuleSeries("forecast_skill_ratio", {rule_label, horizon_label}, {now_ms, tally.skill / tally.series}, out);
    }
    for (size_t i = 0; i < tally.against.size(); i++) {
      const auto [series, skill] = tally.against[i];
      const LabelView baseline{"baseline", SkillBaselineName(static_cast<SkillBaseline>(i))};
      if (series == 0) continue;
      AppendRuleSeries("forecast_skill_against_ratio", {rule_label, horizon_label, baseline}, {now_ms, skill / series},
                       out);
    }
    for (size_t c = 0; c < std::min(tally.inside.size(), rule.coverage_texts.size()); c++) {
      AppendRuleSeries("forecast_coverage_ratio", {rule_label, horizon_label, {"coverage", rule.coverage_texts[c]}},
                       {now_ms, tally.inside[c] / tally.banded_series}, out);
    }
  }
}

}  // namespace promcast
