#include "pipeline/series_shard.h"

#include <algorithm>
#include <chrono>

namespace promcast {
namespace {

constexpr int64_t kReportIntervalMs = 1000;

}  // namespace

SeriesShard::SeriesShard(const ShardContext& context, const PipelineOptions& options,
                         std::shared_ptr<const RuleSet> rules, size_t max_batches)
    : clock_(context.clock),
      max_batches_(max_batches),
      engine_(context, options, std::move(rules)),
      report_(engine_.Report()),
      thread_([this] { Loop(); }) {}

SeriesShard::~SeriesShard() {
  Stop();
}

void SeriesShard::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

bool SeriesShard::Submit(ShardBatch& batch) {
  const Accepted accepted = Accept(batch);
  if (accepted == Accepted::kWaits) changed_.NotifyOne();
  if (accepted == Accepted::kToRun) {
    ApplyAndGiveBack(batch);
    batch.done();
  }
  return accepted != Accepted::kNo;
}

SeriesShard::Accepted SeriesShard::Accept(ShardBatch& batch) {
  MutexLock lock(mutex_);
  if (stopping_ || batches_.size() >= max_batches_) return Accepted::kNo;
  // Before what was accepted earlier goes nothing, also not while thread_ is on its way to it.
  const bool is_free = !is_running_ && !is_claimed_ && batches_.empty() && commands_.empty();
  if (is_free && batch.samples.size() <= kMostAppliedAtOnce && engine_.IsSettled()) {
    is_running_ = true;
    return Accepted::kToRun;
  }
  batches_.push_back(&batch);
  return Accepted::kWaits;
}

// An engine that has thrown is in no state to go on with: on whichever thread, the process ends.
void SeriesShard::ApplyAndGiveBack(ShardBatch& batch) noexcept {
  engine_.Apply(batch);
  bool is_claimed = false;
  {
    MutexLock lock(mutex_);
    is_running_ = false;
    is_claimed = is_claimed_;
  }
  if (is_claimed) changed_.NotifyOne();
}

bool SeriesShard::Run(std::function<void(ShardEngine&)> command) {
  {
    MutexLock lock(mutex_);
    if (stopping_) return false;
    commands_.push_back(std::move(command));
  }
  changed_.NotifyOne();
  return true;
}

ShardReport SeriesShard::report() const {
  MutexLock lock(mutex_);
  return report_;
}

// Called by thread_, which gives the engine up while it waits, and has it again when this returns.
bool SeriesShard::WaitForWork(std::deque<ShardBatch*>& batches,
                              std::deque<std::function<void(ShardEngine&)>>& commands) {
  const int64_t wait_ms = std::clamp<int64_t>(engine_.next_due_ms() - clock_.NowMs(), 0, kReportIntervalMs);
  MutexLock lock(mutex_);
  is_running_ = false;
  const auto has_work = [this]()
                            PROMCAST_REQUIRES(mutex_) { return !batches_.empty() || !commands_.empty() || stopping_; };
  if (wait_ms > 0) changed_.WaitFor(mutex_, std::chrono::milliseconds(wait_ms), has_work);
  is_claimed_ = true;
  changed_.Wait(mutex_, [this]() PROMCAST_REQUIRES(mutex_) { return !is_running_; });
  is_claimed_ = false;
  is_running_ = true;
  batches.swap(batches_);
  commands.swap(commands_);
  return !stopping_ || !batches.empty() || !commands.empty();
}

void SeriesShard::PublishReport(int64_t now_ms) {
  if (now_ms < next_report_ms_ && next_report_ms_ <= now_ms + kReportIntervalMs) return;
  next_report_ms_ = now_ms + kReportIntervalMs;
  ShardReport report = engine_.Report();
  MutexLock lock(mutex_);
  report_ = std::move(report);
}

void SeriesShard::Loop() {
  std::deque<ShardBatch*> batches;
  std::deque<std::function<void(ShardEngine&)>> commands;
  while (WaitForWork(batches, commands)) {
    for (const auto& command : commands) command(engine_);
    if (!commands.empty()) next_report_ms_ = 0;
    for (ShardBatch* batch : batches) {
      engine_.Apply(*batch);
      batch->done();  // the batch may be gone after this
    }
    batches.clear();
    commands.clear();
    engine_.RunDueSlot();
    PublishReport(clock_.NowMs());
  }
}

}  // namespace promcast
