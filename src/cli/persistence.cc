#include "cli/persistence.h"

#include <fmt/format.h>

#include <chrono>

#include "logging/log.h"
#include "timeseries/duration.h"

namespace promcast {

absl::StatusOr<std::unique_ptr<Persistence>> Persistence::Open(const std::string& path, Pipeline& pipeline,
                                                               const Clock& clock, MetricRegistry& metrics) {
  auto folder = StorageFolder::Open(path);
  if (!folder.ok()) return folder.status();
  if (const absl::Status& problem = (*folder)->write_problem(); !problem.ok()) {
    Log(LogLevel::kError, "no snapshot can be written; what is learned is lost when promcast ends",
        {{"problem", std::string(problem.message())}});
  }
  return std::unique_ptr<Persistence>(new Persistence(*std::move(folder), pipeline, clock, metrics));
}

Persistence::Persistence(std::unique_ptr<StorageFolder> folder, Pipeline& pipeline, const Clock& clock,
                         MetricRegistry& metrics)
    : folder_(std::move(folder)),
      pipeline_(pipeline),
      clock_(clock),
      metrics_(metrics),
      checkpointer_(std::make_unique<Checkpointer>(*folder_, pipeline, clock, metrics, PROMCAST_VERSION)) {}

PersistenceReport Persistence::report() const {
  MutexLock lock(mutex_);
  return {folder_->path(), restored_, checkpointer_->report()};
}

void Persistence::Restore(uint64_t hash_seed) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<RefusedSnapshot> refused;
  const auto snapshot = OpenNewestWhole(folder_->List(), pipeline_.shard_count(), refused);
  std::vector<uint64_t> refused_numbers;
  for (const RefusedSnapshot& one : refused) {
    refused_numbers.push_back(one.file.number);
    Log(LogLevel::kWarn, "a snapshot is not used; it goes when there are two newer ones",
        {{"snapshot", one.file.path}, {"problem", one.problem}});
  }
  checkpointer_->LeaveOut(std::move(refused_numbers));
  RestoredState restored;
  if (snapshot) {
    restored.snapshot = snapshot->file.path;
    restored.written_ms = snapshot->reader.header().created_ms;
    restored.report = pipeline_.Restore(snapshot->reader, hash_seed);
  }
  restored.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  PublishMetrics(restored);
  LogRestored(restored);
  MutexLock lock(mutex_);
  restored_ = std::move(restored);
}

void Persistence::PublishMetrics(const RestoredState& restored) {
  for (size_t i = 0; i < restored.report.series.size(); i++) {
    metrics_
        .AddGauge("promcast_restored_series", "Series of the snapshot that was found at start, by what became of them.",
                  {{"outcome", std::string(RestoreOutcomeName(static_cast<RestoreOutcome>(i)))}})
        .Set(static_cast<double>(restored.report.series[i]));
  }
  metrics_.AddGauge("promcast_restore_duration_seconds", "How long restoring took at start.").Set(restored.seconds);
  metrics_
      .AddGauge("promcast_restored_snapshot_timestamp_seconds",
                "When the snapshot was begun that was restored at start; 0 without one.")
      .Set(static_cast<double>(restored.written_ms) / 1000);
}

void Persistence::LogRestored(const RestoredState& restored) const {
  if (restored.snapshot.empty()) {
    Log(LogLevel::kInfo, "there is no snapshot to restore", {{"storage_path", folder_->path()}});
    return;
  }
  std::vector<LogField> fields{{"snapshot", restored.snapshot},
                               {"age", FormatDuration((clock_.NowMs() - restored.written_ms) / 1000 * 1000)},
                               {"seconds", fmt::format("{:.3f}", restored.seconds)}};
  for (size_t i = 0; i < restored.report.series.size(); i++) {
    const uint64_t series = restored.report.series[i];
    if (i == 0 || series > 0) fields.emplace_back(RestoreOutcomeName(static_cast<RestoreOutcome>(i)), series);
  }
  if (restored.report.damaged_blocks > 0) fields.emplace_back("damaged_blocks", restored.report.damaged_blocks);
  Log(LogLevel::kInfo, "state restored", fields);
}

}  // namespace promcast
