#include "checkpoint/checkpointer.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "logging/log.h"

namespace promcast {
namespace {

// The one before the last is there for when the last turns out damaged.
constexpr size_t kKeptSnapshots = 2;

// Of 19: shards and listeners go first where cores are short.
constexpr int kWriterNiceness = 10;

std::string_view ReasonOf(const absl::Status& status) {
  if (absl::IsResourceExhausted(status)) return "no_space";
  return absl::IsPermissionDenied(status) ? "not_writable" : "io";
}

}  // namespace

struct Checkpointer::Metrics {
  explicit Metrics(MetricRegistry& metrics)
      : success_timestamp(metrics.AddGauge("promcast_snapshot_last_success_timestamp_seconds",
                                           "When the last snapshot that was written was begun; 0 before the first.")),
        duration(metrics.AddGauge("promcast_snapshot_duration_seconds", "What the last snapshot took.")),
        bytes(metrics.AddGauge("promcast_snapshot_size_bytes", "Size of the last snapshot.")),
        series(metrics.AddGauge("promcast_snapshot_series", "Series in the last snapshot.")),
        written(metrics.AddCounter("promcast_snapshots_total", "Snapshots written.")),
        no_space(Failures(metrics, "no_space")),
        not_writable(Failures(metrics, "not_writable")),
        io(Failures(metrics, "io")) {}

  Gauge &success_timestamp, &duration, &bytes, &series;
  Counter &written, &no_space, &not_writable, &io;

  Counter& FailuresBy(std::string_view reason) const {
    return reason == "no_space" ? no_space : (reason == "not_writable" ? not_writable : io);
  }

 private:
  static Counter& Failures(MetricRegistry& metrics, const char* reason) {
    return metrics.AddCounter("promcast_snapshot_failures_total",
                              "Snapshots that could not be written; the one before stays.", {{"reason", reason}});
  }
};

absl::Status WriteSnapshot(const SnapshotSource& source, const std::atomic<bool>& cancel, SnapshotWriter& writer) {
  RecordBlock now, next;
  source.SaveFamilies(now);
  if (absl::Status status = writer.Add(BlockKind::kFamilies, now); !status.ok()) return status;
  for (size_t shard = 0; shard < source.shard_count(); shard++) {
    next.Clear();
    auto slice = source.SaveSeries(shard, 0, next);
    for (bool more = true; more;) {
      if (!slice.valid()) return absl::CancelledError("the shards are ending");
      const std::optional<uint32_t> next_slot = slice.get();
      if (cancel) return absl::CancelledError("promcast is ending");
      more = next_slot.has_value();
      std::swap(now, next);
      next.Clear();
      if (more) slice = source.SaveSeries(shard, *next_slot, next);  // while this one is written
      const absl::Status status = writer.Add(BlockKind::kSeries, now);
      if (status.ok()) continue;
      if (slice.valid()) slice.wait();
      return status;
    }
  }
  return writer.Finish();
}

Checkpointer::Checkpointer(const StorageFolder& folder, const SnapshotSource& source, const Clock& clock,
                           MetricRegistry& metrics, std::string version)
    : folder_(folder),
      source_(source),
      clock_(clock),
      version_(std::move(version)),
      metrics_(std::make_unique<Metrics>(metrics)) {}

Checkpointer::~Checkpointer() {
  Stop(/*last=*/false);
}

void Checkpointer::Start(const StorageOptions& options) {
  Reconfigure(options);
  thread_ = std::thread([this] { Loop(); });
}

void Checkpointer::Reconfigure(const StorageOptions& options) {
  {
    MutexLock lock(mutex_);
    interval_ms_ = options.snapshot_interval_ms;
  }
  woken_.NotifyAll();
}

void Checkpointer::Stop(bool last) {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  cancel_ = true;
  woken_.NotifyAll();
  if (thread_.joinable()) thread_.join();
  cancel_ = false;
  if (last) Run();
}

CheckpointReport Checkpointer::report() const {
  MutexLock lock(mutex_);
  return report_;
}

void Checkpointer::Loop() {
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kWriterNiceness);  // of this thread alone
  while (WaitUntilDue()) Run();
}

bool Checkpointer::WaitUntilDue() {
  const auto start = std::chrono::steady_clock::now();
  MutexLock lock(mutex_);
  for (int64_t interval_ms = 0; !stopping_ && interval_ms != interval_ms_;) {
    interval_ms = interval_ms_;
    const auto changed = [&]() PROMCAST_REQUIRES(mutex_) { return stopping_ || interval_ms != interval_ms_; };
    woken_.WaitUntil(mutex_, start + std::chrono::milliseconds(interval_ms), changed);
  }
  return !stopping_;
}

void Checkpointer::Run() {
  CheckpointReport written;
  const absl::Status status = TryToWrite(written);
  if (absl::IsCancelled(status)) return;
  Tell(status, written);
  MutexLock lock(mutex_);
  written.failures = report_.failures + (status.ok() ? 0 : 1);
  if (status.ok()) {
    report_ = std::move(written);
  } else {
    report_.failures = written.failures;
    report_.problem = std::string(status.message());
  }
}

absl::Status Checkpointer::TryToWrite(CheckpointReport& written) {
  const auto start = std::chrono::steady_clock::now();
  written.written_ms = clock_.NowMs();
  if (!folder_.write_problem().ok()) return folder_.write_problem();
  auto file = folder_.Create();
  if (!file.ok()) return file.status();
  SnapshotWriter writer({.created_ms = written.written_ms, .version = version_},
                        [&file](std::string_view bytes) { return (*file)->Write(bytes); });
  if (absl::Status status = WriteSnapshot(source_, cancel_, writer); !status.ok()) return status;
  if (absl::Status status = (*file)->Commit(); !status.ok()) return status;
  folder_.Keep(kKeptSnapshots, refused_);
  written.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  written.series = writer.totals().series;
  written.bytes = writer.written_bytes();
  return absl::OkStatus();
}

void Checkpointer::Tell(const absl::Status& status, const CheckpointReport& written) {
  if (!status.ok()) {
    metrics_->FailuresBy(ReasonOf(status)).Increment();
    Log(LogLevel::kError, "snapshot not written; what was learned since the last one is lost if promcast ends",
        {{"problem", std::string(status.message())}});
    return;
  }
  metrics_->written.Increment();
  metrics_->success_timestamp.Set(static_cast<double>(written.written_ms) / 1000);
  metrics_->duration.Set(written.seconds);
  metrics_->bytes.Set(static_cast<double>(written.bytes));
  metrics_->series.Set(static_cast<double>(written.series));
  Log(LogLevel::kInfo, "snapshot written",
      {{"storage_path", folder_.path()},
       {"series", written.series},
       {"bytes", written.bytes},
       {"seconds", fmt::format("{:.3f}", written.seconds)}});
}

}  // namespace promcast
