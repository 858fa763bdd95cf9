#include "pipeline/history_backfill.h"

#include <algorithm>
#include <future>
#include <utility>

#include "pipeline/history_worker.h"
#include "timeseries/duration.h"

namespace promcast {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kMaxCollectEvery(1000), kMinCollectEvery(10);
constexpr milliseconds kReportEvery(10'000);
constexpr size_t kAsksAtOnce = 20'000;    // of one shard
constexpr size_t kMaxWaitingGroups = 64;  // more stay with their shards

}  // namespace

HistoryBackfill::HistoryBackfill(const BackfillOptions& options, std::vector<HistorySource> sources,
                                 const std::vector<std::unique_ptr<SeriesShard>>& shards, MetricRegistry& metrics)
    : options_(options), sources_(std::move(sources)), shards_(shards) {
  for (const HistorySource& source : sources_) {
    const auto windows = [&](const char* result) {
      return &metrics.AddCounter("promcast_backfill_windows_total", "Windows of history asked of a store, by result.",
                                 {{"source", source.name}, {"result", result}});
    };
    windows_read_.push_back(windows("read"));
    windows_failed_.push_back(windows("failed"));
  }
  for (size_t i = 0; i < std::max<size_t>(1, options_.concurrency); i++)
    workers_.push_back(std::make_unique<Worker>(*this));
  collector_ = std::thread([this] { CollectLoop(); });
}

HistoryBackfill::~HistoryBackfill() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  for (const auto& worker : workers_) worker->Cancel();
  collector_.join();
  workers_.clear();
}

bool HistoryBackfill::stopping() const {
  MutexLock lock(mutex_);
  return stopping_;
}

bool HistoryBackfill::Pause(milliseconds duration) {
  MutexLock lock(mutex_);
  changed_.WaitUntil(mutex_, steady_clock::now() + duration, [this]() PROMCAST_REQUIRES(mutex_) { return stopping_; });
  return !stopping_;
}

bool HistoryBackfill::TakeGroup(HistoryGroup& group) {
  MutexLock lock(mutex_);
  changed_.Wait(mutex_, [this]() PROMCAST_REQUIRES(mutex_) { return stopping_ || !groups_.empty(); });
  if (stopping_) return false;
  group = std::move(groups_.front());
  groups_.pop_front();
  groups_at_work_++;
  return true;
}

void HistoryBackfill::GroupDone() {
  MutexLock lock(mutex_);
  groups_at_work_--;
}

void HistoryBackfill::CollectLoop() {
  const auto every = std::clamp(milliseconds(options_.settle_ms / 2), kMinCollectEvery, kMaxCollectEvery);
  do {
    Collect();
    ReportProgress();
  } while (Pause(every));
}

void HistoryBackfill::Collect() {
  {
    MutexLock lock(mutex_);
    if (groups_.size() >= kMaxWaitingGroups) return;
  }
  std::vector<AskOfShard> all;
  for (size_t shard = 0; shard < shards_.size(); shard++) {
    const auto asked = std::make_shared<std::promise<std::vector<HistoryAsk>>>();
    const bool runs = shards_[shard]->Run([asked, settle_ms = options_.settle_ms](ShardEngine& engine) {
      std::vector<HistoryAsk> asks;
      engine.TakeHistoryAsks(settle_ms, kAsksAtOnce, asks);
      asked->set_value(std::move(asks));
    });
    if (!runs) return;
    for (HistoryAsk& ask : asked->get_future().get()) all.push_back({shard, std::move(ask)});
  }
  if (all.empty()) return;
  std::vector<HistoryGroup> groups = GroupAsks(std::move(all));
  for (HistoryGroup& group : groups) {  // they have waited with their shards before
    const auto longest = std::max_element(group.members.begin(), group.members.end(), [](auto& a, auto& b) {
      return a.ask.waited_ms < b.ask.waited_ms;
    });
    group.collected -= milliseconds(longest->ask.waited_ms);
  }
  MutexLock lock(mutex_);
  for (HistoryGroup& group : groups) groups_.push_back(std::move(group));
  changed_.NotifyAll();
}

void HistoryBackfill::ReportProgress() {
  bool idle = false;
  {
    MutexLock lock(mutex_);
    idle = groups_.empty() && groups_at_work_ == 0;
  }
  const auto now = steady_clock::now();
  // Single series come all the time: only what takes long is told, and the first time.
  const auto level = first_report_ || last_report_ > began_ ? LogLevel::kInfo : LogLevel::kDebug;
  if (!reporting_) {
    if (idle) return;
    reporting_ = true;
    began_ = last_report_ = now;
    samples_ = series_ = 0;
    if (first_report_)
      Log(LogLevel::kInfo, "reading history for series that wait for it", {{"source", sources_.front().name}});
    return;
  }
  const auto seconds = std::chrono::duration<double>(now - began_).count();
  if (idle) {
    reporting_ = first_report_ = false;
    Log(level, "history read", {{"series", series_.load()}, {"samples", samples_.load()}, {"seconds", seconds}});
    return;
  }
  if (now - last_report_ < kReportEvery) return;
  last_report_ = now;
  size_t waiting = 0;
  for (const auto& shard : shards_) waiting += shard->report().await_history;
  Log(LogLevel::kInfo, "reading history",
      {{"series_done", series_.load()},
       {"series_waiting", waiting},
       {"samples", samples_.load()},
       {"read_until_unix", read_until_ms_.load() / 1000},
       {"seconds", seconds}});
}

}  // namespace promcast
