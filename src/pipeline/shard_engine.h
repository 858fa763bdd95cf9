#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "checkpoint/record_block.h"
#include "pipeline/admission.h"
#include "pipeline/awaited_history.h"
#include "pipeline/cohorts.h"
#include "pipeline/ignored_series.h"
#include "pipeline/lineage.h"
#include "pipeline/metric_catalog.h"
#include "pipeline/output_series.h"
#include "pipeline/pipeline_metrics.h"
#include "pipeline/restore_report.h"
#include "pipeline/rule_set.h"
#include "pipeline/schedule.h"
#include "pipeline/series_forecasts.h"
#include "pipeline/series_reader.h"
#include "pipeline/series_record.h"
#include "pipeline/series_state.h"
#include "pipeline/shard_report.h"
#include "series/label_store.h"
#include "series/registry.h"
#include "timeseries/clock.h"
#include "timeseries/selector.h"

namespace promcast {

/// What the shards of a pipeline share. Everything in it is thread-safe.
struct ShardContext {
  const Clock& clock;
  const MetricCatalog& catalog;
  Admission& admission;
  PipelineMetrics& metrics;
  Lineage& lineage;
  Cohorts& cohorts;
  size_t shards;  ///< how many there are: each takes its part of limits.max_known_series
  std::function<void(std::shared_ptr<const OutputBatch>)> write;  ///< takes finished output; must not block
};

/// The series of one shard: finds or admits them, keeps their rings, grids and models, and on schedule asks them for
/// predictions. Knows no thread: one at a time may call it.
class ShardEngine {
 public:
  ShardEngine(const ShardContext& context, const PipelineOptions& options, std::shared_ptr<const RuleSet> rules);

  /// Applies the samples and fills in their verdicts. Does not call `done`.
  void Apply(ShardBatch& batch);
  /// Serves one slot of each rule's schedule where one is due; true when any was.
  bool RunDueSlot();
  /// When the next slot is due.
  int64_t next_due_ms() const;

  /// Puts the series under other rules and limits. A series whose rule stays the same keeps its models; the output of
  /// the others ends, and their models start again, with their next sample, from what the ring holds.
  void Reconfigure(const PipelineOptions& options, std::shared_ptr<const RuleSet> rules);
  /// Looks again how each series is to be read, now that more types are known. Where that changes the output ends, and
  /// the model starts again as with Reconfigure.
  void ReviewReadings();

  /// Lets a series with a rule wait for history, from its model's newest sample on where it has a model: its samples go
  /// to the ring alone until FinishHistory. Nothing where no history is read.
  void AwaitHistory(uint32_t slot);
  /// The same for a series that was just restored: what its ring holds has its place before what comes.
  void AwaitRestOfHistory(uint32_t slot);
  /// Adds the series to `asks` that have waited for `settle_ms` and were not given out yet, at most `limit` of them.
  void TakeHistoryAsks(int64_t settle_ms, size_t limit, std::vector<HistoryAsk>& asks);
  /// Those that were given out are to be asked for again.
  void ReturnHistoryAsks();
  /// Feeds what came before the rings' samples to the models, as if it had been streamed; what is not newer than the
  /// samples before it is left out, and so are series that do not wait any more.
  void ApplyHistory(const HistoryBatch& batch);
  /// Ends the wait: the model gets what the ring holds, and the series is live. When its history is said to be complete
  /// but the ring has lost its first samples meanwhile, it goes on waiting, for the gap that is returned.
  std::optional<HistoryGap> FinishHistory(uint32_t slot, uint32_t ask, bool complete);

  /// Whether most of its series have models, so that samples are soon applied: a model that starts learns a whole ring.
  bool IsSettled() const {
    return status_counts_[static_cast<size_t>(SeriesStatus::kWarmingUp)] <= registry_.size() / 16;
  }

  ShardReport Report() const;
  /// Adds the series that any of `match` selects to `found`, which takes `limit` of them. Begins at `first_slot`, 0 for
  /// a new search, and ends after some thousand slots, so that samples need not wait for the whole of it; returns the
  /// slot to go on from, or nothing when there is no more to find. Series that come or go in between may be missed.
  std::optional<uint32_t> Search(const std::vector<Selector>& match, size_t limit, uint32_t first_slot,
                                 FoundSeries& found) const;
  /// Shows `reader` the series from `first_slot` on, in pieces as with Search. Ends when the result refuses a series.
  std::optional<uint32_t> Read(uint32_t first_slot, SeriesReader& reader, ReadResult& result) const;
  /// Adds the series from `first_slot` on to `block`, in pieces as with Search.
  std::optional<uint32_t> Save(uint32_t first_slot, RecordBlock& block) const;
  /// Takes up a series that Save wrote, maybe under other rules.
  RestoreOutcome Restore(const Fingerprint& fingerprint, std::string_view record);

 private:
  void Prefetch(std::span<const IncomingSample> samples) const;
  void FetchSeries(std::span<const IncomingSample> samples) const;
  SampleVerdict Apply(const IncomingSample& sample, int64_t now_ms, ShardBatch& batch);
  SampleVerdict Admit(const IncomingSample& sample, ShardBatch& batch);
  void LookAtMemory();
  SampleVerdict Ignore(const Fingerprint& fingerprint, SampleVerdict verdict);
  SampleVerdict ApplyTo(uint32_t slot, const IncomingSample& sample, int64_t now_ms);
  SampleVerdict ApplyTo(SeriesState& state, const IncomingSample& sample, int64_t now_ms);
  SampleVerdict Hold(uint32_t slot, Sample sample, int64_t now_ms);
  AwaitedHistory* FindAwaited(uint32_t slot, uint32_t ask);
  void EndAwaiting();
  SampleOutcome AddToGrid(SeriesState& state, Sample sample, int64_t now_ms);
  static bool IsGrownUp(const SeriesState& state, int64_t newest_ms);
  void StartModel(SeriesState& state);
  void RestartLater(SeriesState& state);
  Fingerprint IdentityOf(const SeriesState& state) const;
  void VisitModel(uint32_t slot, const std::function<void(const SeriesModel*)>& visit) const;
  void LeaveModel(uint32_t slot);
  void Inherit(uint32_t slot, int64_t timestamp_ms);
  Fingerprint CohortOf(const SeriesState& state) const;
  void BorrowSeason(const SeriesState& state);
  bool OffersSeasonNow(uint32_t slot, int64_t now_ms) const;
  void OfferSeason(uint32_t slot, int64_t now_ms);
  bool RestoreModel(const SeriesRecord& record, SeriesState& state);
  void RestoreOutput(const SeriesRecord& record, SeriesState& state);
  bool Relieve(SeriesState& state);
  const SampleVerdict* KnownVerdict(const Fingerprint& fingerprint) const;
  void Remember(const Fingerprint& fingerprint, SampleVerdict verdict);
  std::shared_ptr<const RulePlan> PlanOf(const SeriesState& state, MemoryRelief asked);
  void Enlist(uint32_t slot);

  Schedule::Staying Visit(std::span<const uint32_t> slots, int64_t now_ms);
  void FetchAndLearn(std::span<const uint32_t> slots);
  bool Expire(uint32_t slot, int64_t now_ms);
  bool KnowsRecent(const SeriesState& state, int64_t now_ms) const;
  bool Speaks(SeriesState& state, int64_t now_ms);
  void ForecastAll(int64_t now_ms);
  void Forecast(SeriesState& state, int64_t now_ms);
  void WriteForecasts(int64_t now_ms);
  void AppendTimesToThresholds(SeriesState& state, int64_t now_ms);
  void LogSpeakers(const SeriesState& state) const;
  void TallySeries(uint32_t slot);
  void EndOutput(SeriesState& state);
  void Remove(uint32_t slot);
  void SetStatus(SeriesState& state, SeriesStatus status);
  void FlushMuchOutput();
  void FlushOutput();

  const ShardContext context_;
  LimitOptions limits_;
  SeriesOptions series_options_;
  RingOptions lean_ring_;  // of series whose rule has the lean profile
  GridLimits grid_limits_;
  std::shared_ptr<const RuleSet> rules_;
  using PlanKey = std::tuple<const Rule*, int64_t, CellReading, MemoryRelief>;
  std::map<PlanKey, std::shared_ptr<const RulePlan>> plans_;
  Registry<SeriesState> registry_;
  LabelStore label_store_;
  IgnoredSeries ignored_;
  bool reads_history_ = false;
  int64_t max_history_ms_ = 0;
  AwaitedHistories awaited_;
  std::vector<Schedule> schedules_;  // one a rule
  int64_t next_age_ms_ = 0;
  uint32_t asked_to_admit_ = 0;

  OutputSeries output_series_;
  std::vector<StoredLabel> output_labels_;
  // By place in the group that is being visited; empty until they are needed.
  std::array<std::vector<StoredLabel>, Schedule::kCalledTogether> group_labels_;
  std::shared_ptr<OutputBatch> output_ = std::make_shared<OutputBatch>();
  // What the series say that are being visited, in the order in which it is written.
  struct Statement {
    SeriesState* series;
    size_t place;      // in the group
    size_t forecasts;  // of so many horizons
  };
  struct SpokenForecast {
    size_t horizon;
    double point;
    size_t edges;  // where its bands begin: all lower ones, all upper ones
  };
  std::vector<Statement> statements_;
  std::vector<SpokenForecast> spoken_;
  std::vector<double> edges_;
  std::vector<double> lower_, upper_;  // as many as the rule at hand has coverages
  std::vector<CurvePoint> curve_, lower_curve_, upper_curve_;
  HorizonScore score_;
  std::vector<LabelView> labels_;
  std::string metric_name_;

  // The series that the batch under way had left out last: they are not looked at again for each of their samples.
  struct LeftOut {
    Fingerprint fingerprint;
    SampleVerdict verdict = SampleVerdict::kAccepted;
  };
  std::array<LeftOut, 4> left_out_{};
  size_t next_left_out_ = 0;
  bool replaying_ = false;  // a ring into a model: what happened then has been counted
  double cells_to_count_ = 0;

  // Sums of the lap under way, and of the last whole one, per rule.
  struct Lap {
    RuleTally tally;
    size_t ring_bytes = 0;
    BankBytes bank_bytes;
    SeasonCounts seasons{};
    int64_t started_ms = 0;
  };
  std::vector<Lap> laps_, last_laps_;
  std::array<size_t, static_cast<size_t>(SeriesStatus::kCount)> status_counts_{};
};

}  // namespace promcast
