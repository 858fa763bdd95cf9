#include "pipeline/history_worker.h"

#include <algorithm>
#include <future>
#include <limits>
#include <utility>

#include "http_client/retry.h"
#include "remote_write/label_block.h"

namespace promcast {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Few enough that live samples do not wait long behind them: a shard takes some milliseconds for them.
constexpr size_t kSamplesPerBatch = 1024;
constexpr size_t kMaxOutstanding = 3;
constexpr size_t kFinishedAtOnce = 64;
constexpr size_t kFailuresForGood = 2;  // of each store, where waiting does not help
constexpr milliseconds kMinBackoff(500), kMaxBackoff(30'000);
constexpr HistoryGap kNoGap{std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()};

HistoryGap Span(const HistoryGap& a, const HistoryGap& b) {
  return {std::min(a.from_ms, b.from_ms), std::max(a.to_ms, b.to_ms)};
}

}  // namespace

HistoryBackfill::Worker::Worker(HistoryBackfill& backfill) : backfill_(backfill), batches_(backfill.shards_.size()) {
  for (const HistorySource& source : backfill_.sources_) readers_.push_back(source.connect());
  thread_ = std::thread([this] { Run(); });
}

HistoryBackfill::Worker::~Worker() {
  Cancel();
  thread_.join();
  WaitForShards(0);
}

void HistoryBackfill::Worker::Cancel() {
  for (const auto& reader : readers_) reader->Cancel();
}

void HistoryBackfill::Worker::Run() {
  while (backfill_.TakeGroup(group_)) {
    ReadGroup();
    backfill_.GroupDone();
  }
}

void HistoryBackfill::Worker::ReadGroup() {
  HistoryGap gap{group_.from_ms, group_.end_ms};
  while (gap.from_ms < gap.to_ms) {
    HistoryWalk walk(group_.selectors, gap.from_ms, gap.to_ms);
    const bool complete = ReadWindows(walk);
    if (backfill_.stopping() || !Finish(complete, gap)) return;
  }
}

/// False when the sources kept failing, or the process is stopping.
bool HistoryBackfill::Worker::ReadWindows(HistoryWalk& walk) {
  const HistorySink take = [this](const HistoryPiece& piece) { return Take(piece); };
  Backoff backoff(kMinBackoff, kMaxBackoff);
  // A group that has waited while the store was away has been patient already.
  const bool store_answers = backfill_.last_success_.load() > group_.collected;
  auto last_success = store_answers ? steady_clock::now() : group_.collected;
  const auto patience = milliseconds(backfill_.options_.patience_ms);
  for (size_t failures = 0; !walk.done();) {
    // Also before the first try, where others have just failed: each may take as long as its timeout.
    const auto now = steady_clock::now();
    const auto last_failure = backfill_.last_failure_.load();
    const bool others_fail = last_failure > backfill_.last_success_.load() && now - last_failure < kMaxBackoff;
    if ((failures > 0 || others_fail) && now - last_success > patience) {
      Log(LogLevel::kWarn, "cannot read history; series go on without it", {{"series", group_.members.size()}});
      return false;
    }
    const absl::Status status = walk.ReadWindow(*readers_[source_], take);
    if (!SendAll() || absl::IsCancelled(status)) return false;
    if (status.ok()) {
      backfill_.windows_read_[source_]->Increment();
      backfill_.samples_ += std::exchange(samples_, 0);
      backfill_.read_until_ms_ = walk.at_ms();
      last_success = steady_clock::now();
      backfill_.last_success_ = last_success;
      backoff.Reset();
      failures = 0;
      continue;
    }
    samples_ = 0;
    backfill_.windows_failed_[source_]->Increment();
    const std::vector<LogField> fields = {{"source", backfill_.sources_[source_].name},
                                          {"series", group_.members.size()},
                                          {"from_unix", walk.at_ms() / 1000},
                                          {"error", std::string(status.message())}};
    failures++;
    backfill_.last_failure_ = steady_clock::now();
    const bool will_pass = !absl::IsFailedPrecondition(status) && !absl::IsResourceExhausted(status);
    const bool others_are_read = backfill_.last_success_.load() > group_.collected;
    if (!will_pass && others_are_read && failures >= kFailuresForGood * readers_.size()) {
      Log(LogLevel::kWarn, "cannot read the history of some series; they go on without it", fields);
      return false;
    }
    backfill_.failure_log_.Log(LogLevel::kWarn, "cannot read history, trying again", fields);
    source_ = (source_ + 1) % readers_.size();
    if (failures % readers_.size() == 0 && !backfill_.Pause(backoff.Next())) return false;
  }
  return true;
}

absl::Status HistoryBackfill::Worker::Take(const HistoryPiece& piece) {
  EncodeLabelBlock(piece.labels, label_block_);
  const auto at = group_.by_labels.find(label_block_);
  if (at == group_.by_labels.end()) return absl::OkStatus();
  const AskOfShard& member = group_.members[at->second];
  samples_ += piece.samples.size();
  HistoryBatch& batch = batches_[member.shard];
  for (size_t first = 0; first < piece.samples.size();) {
    const size_t count = std::min(piece.samples.size() - first, kSamplesPerBatch - batch.samples.size());
    const auto part = piece.samples.subspan(first, count);
    batch.series.push_back({member.ask.slot, member.ask.number, static_cast<uint32_t>(count)});
    batch.samples.insert(batch.samples.end(), part.begin(), part.end());
    first += count;
    if (batch.samples.size() == kSamplesPerBatch && !Send(member.shard)) {
      return absl::CancelledError("promcast is stopping");
    }
  }
  return absl::OkStatus();
}

bool HistoryBackfill::Worker::Send(size_t shard) {
  if (batches_[shard].series.empty()) return true;
  WaitForShards(kMaxOutstanding - 1);
  {
    MutexLock lock(mutex_);
    outstanding_++;
  }
  const auto batch = std::make_shared<HistoryBatch>(std::exchange(batches_[shard], {}));
  const bool runs = backfill_.shards_[shard]->Run([this, batch](ShardEngine& engine) {
    engine.ApplyHistory(*batch);
    MutexLock lock(mutex_);
    outstanding_--;
    applied_.NotifyAll();
  });
  if (runs) return true;
  MutexLock lock(mutex_);
  outstanding_--;
  return false;
}

bool HistoryBackfill::Worker::SendAll() {
  for (size_t shard = 0; shard < batches_.size(); shard++) {
    if (!Send(shard)) return false;
  }
  return true;
}

/// Accepted commands always run, so this ends.
void HistoryBackfill::Worker::WaitForShards(size_t most_outstanding) {
  MutexLock lock(mutex_);
  applied_.Wait(mutex_, [&]() PROMCAST_REQUIRES(mutex_) { return outstanding_ <= most_outstanding; });
}

/// False when the shards are stopping. `gap` is then what series still miss, which go on waiting: none, where from_ms
/// is not before to_ms.
bool HistoryBackfill::Worker::Finish(bool complete, HistoryGap& gap) {
  WaitForShards(0);
  gap = kNoGap;
  for (size_t shard = 0; shard < batches_.size(); shard++) {
    std::vector<std::pair<uint32_t, uint32_t>> asks;  // slot and number
    for (const AskOfShard& member : group_.members) {
      if (member.shard == shard) asks.emplace_back(member.ask.slot, member.ask.number);
    }
    for (size_t first = 0; first < asks.size(); first += kFinishedAtOnce) {
      const size_t end = std::min(first + kFinishedAtOnce, asks.size());
      std::vector<std::pair<uint32_t, uint32_t>> piece(asks.begin() + static_cast<ptrdiff_t>(first),
                                                       asks.begin() + static_cast<ptrdiff_t>(end));
      const auto finished = std::make_shared<std::promise<std::pair<HistoryGap, size_t>>>();
      const bool runs = backfill_.shards_[shard]->Run([finished, piece, complete](ShardEngine& engine) {
        HistoryGap all = kNoGap;
        size_t live = 0;
        for (const auto& [slot, number] : piece) {
          const auto missing = engine.FinishHistory(slot, number, complete);
          live += missing ? 0 : 1;
          if (missing) all = Span(all, *missing);
        }
        finished->set_value({all, live});
      });
      if (!runs) return false;
      const auto [missing, live] = finished->get_future().get();
      gap = Span(gap, missing);
      backfill_.series_ += live;
    }
  }
  return true;
}

}  // namespace promcast
