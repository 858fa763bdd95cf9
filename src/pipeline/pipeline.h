#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "checkpoint/snapshot_reader.h"
#include "checkpoint/snapshot_source.h"
#include "concurrency/mutex.h"
#include "ingest/sample_sink.h"
#include "pipeline/admission.h"
#include "pipeline/cohorts.h"
#include "pipeline/history_backfill.h"
#include "pipeline/lineage.h"
#include "pipeline/metric_catalog.h"
#include "pipeline/options.h"
#include "pipeline/pipeline_metrics.h"
#include "pipeline/restore_report.h"
#include "pipeline/rule_set.h"
#include "pipeline/series_forecasts.h"
#include "pipeline/series_shard.h"
#include "remote_read/read_source.h"
#include "self_metrics/metrics.h"
#include "timeseries/clock.h"
#include "timeseries/selector.h"

namespace promcast {

/// A rule with what its series did lately.
struct RuleReport {
  RuleOptions options;
  RuleTally tally;
};

/// The life of a sample: from the decoded request through its shard's ring, grid and models to the output series.
/// All methods are thread-safe.
class Pipeline final : public SampleSink, public ReadSource, public SnapshotSource {
 public:
  /// `write` takes finished output, from the shards' threads and those that submit; it must not block.
  Pipeline(const PipelineOptions& options, const Clock& clock, MetricRegistry& metrics,
           std::function<void(std::shared_ptr<const OutputBatch>)> write);
  ~Pipeline() override;

  size_t shard_count() const override { return shards_.size(); }
  bool Submit(size_t shard, ShardBatch& batch) override { return shards_[shard]->Submit(batch); }
  void NoteMetadata(const MetadataView& metadata) override;
  bool ready() const override { return !refuses_samples_; }

  /// Puts all series under the options' rules and limits. What stands under IngestOptions and `shards` needs a restart.
  void Reconfigure(const PipelineOptions& options);

  ShardReport report() const;
  std::vector<RuleReport> rule_reports() const;
  /// The selected series that any of `match` selects, at most `limit`, in order of their labels; which ones, where more
  /// match, is not said. Asks one shard after the other and waits for each. Nothing when the pipeline is stopping.
  std::optional<FoundSeries> Search(const std::vector<Selector>& match, size_t limit) const;
  /// Asks the shards as Search does.
  absl::Status Read(const ReadQuery& query, const Selector& selector, ReadResult& result) const override;
  void SaveFamilies(RecordBlock& block) const override;
  std::future<std::optional<uint32_t>> SaveSeries(size_t shard, uint32_t first_slot, RecordBlock& block) const override;
  /// While true, requests are told to come back later.
  void RefuseSamples(bool refuse) { refuses_samples_ = refuse; }
  /// Takes up the series of a snapshot, before the first sample comes; waits for the shards. `hash_seed`: that of the
  /// fingerprints of the samples to come.
  RestoreReport Restore(const SnapshotReader& snapshot, uint64_t hash_seed);
  size_t output_series() const { return admission_.output_series.used(); }

  /// Applies what has been accepted and stops the shards; later submissions are refused.
  void Stop();

 private:
  /// Calls `visit(engine, slot)` on the threads of the shards, one after the other: from slot 0, then from where each
  /// call says, until it says nothing. False when the pipeline is stopping.
  template <class Visit>
  bool VisitInPieces(const Visit& visit) const;
  void StartBackfill(const PipelineOptions& options) PROMCAST_REQUIRES(backfill_mutex_);
  void PublishMetrics(MetricRegistry& metrics);
  void ReportLoop();
  void WatchMemory(int64_t lap_ms);
  void RestoreFamilies(std::string_view records);
  void ReviewReadings();
  void WriteRuleReport(const RuleReport& report, int64_t now_ms, OutputBatch& out) const;

  const Clock& clock_;
  const std::function<void(std::shared_ptr<const OutputBatch>)> write_;
  MetricRegistry& registry_;
  PipelineMetrics metrics_;
  MetricCatalog catalog_;
  Lineage lineage_;
  Cohorts cohorts_;
  Admission admission_;
  std::atomic<size_t> max_memory_bytes_;
  MemoryWatch memory_watch_;  // the reporter's
  std::atomic<bool> types_changed_{false};
  std::atomic<bool> refuses_samples_{false};

  mutable Mutex mutex_;
  CondVar stop_requested_;
  std::shared_ptr<const RuleSet> rules_ PROMCAST_GUARDED_BY(mutex_);
  bool stopping_ PROMCAST_GUARDED_BY(mutex_) = false;

  std::vector<std::unique_ptr<SeriesShard>> shards_;  // made at construction

  Mutex backfill_mutex_;
  std::vector<HistorySourceOptions> history_sources_ PROMCAST_GUARDED_BY(backfill_mutex_);
  BackfillOptions backfill_options_ PROMCAST_GUARDED_BY(backfill_mutex_);
  std::unique_ptr<HistoryBackfill> backfill_ PROMCAST_GUARDED_BY(backfill_mutex_);

  std::thread reporter_;  // last: uses all of the above
};

}  // namespace promcast
