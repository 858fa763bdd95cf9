#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pipeline/rule_set.h"
#include "series/sample_ring.h"
#include "timeseries/sample.h"

namespace promcast {

/// A series that waits for its samples from from_ms to before to_ms.
struct HistoryAsk {
  uint32_t slot = 0;
  uint32_t number = 0;  ///< tells it from others of the same slot
  int64_t from_ms = 0, to_ms = 0;
  int64_t waited_ms = 0;
  std::string label_block;
  std::shared_ptr<const RuleSet> rules;
  size_t rule = 0;
};

/// A stretch of time, from from_ms to before to_ms.
struct HistoryGap {
  int64_t from_ms = 0, to_ms = 0;
};

/// Samples of several series, those of each in order of time.
struct HistoryBatch {
  struct Series {
    uint32_t slot, ask;
    uint32_t samples;  ///< how many follow those of the series before
  };
  std::vector<Series> series;
  std::vector<Sample> samples;
};

/// What is kept of a series while it waits.
struct AwaitedHistory {
  SampleRing past;  ///< what its ring would be before its first live sample
  uint32_t ask = 0;
  bool ready = false;  ///< it may be asked for
  bool asked = false;
  int64_t read_before_ms = 0;  ///< what came before was asked for
  int64_t since_ms = 0;        ///< when it became ready, by our clock
};

/// The series of one shard that wait, by slot. Not thread-safe.
class AwaitedHistories {
 public:
  /// A new ask for the series in `slot`, in place of one that it may have; it is not given out before SetReady.
  AwaitedHistory& Add(uint32_t slot) {
    AwaitedHistory& awaited = by_slot_[slot] = AwaitedHistory();
    awaited.ask = ++last_ask_;
    return awaited;
  }
  /// The series has a live sample, and so its history an end. Nothing where that was known.
  void SetReady(uint32_t slot, int64_t now_ms) {
    AwaitedHistory* awaited = Find(slot);
    if (awaited == nullptr || std::exchange(awaited->ready, true)) return;
    awaited->since_ms = now_ms;
    unasked_.emplace_back(slot, awaited->ask);
  }
  const AwaitedHistory* Find(uint32_t slot) const {
    const auto at = by_slot_.find(slot);
    return at == by_slot_.end() ? nullptr : &at->second;
  }
  AwaitedHistory* Find(uint32_t slot) {
    const auto at = by_slot_.find(slot);
    return at == by_slot_.end() ? nullptr : &at->second;
  }
  AwaitedHistory* Find(uint32_t slot, uint32_t ask) {
    AwaitedHistory* awaited = Find(slot);
    return awaited != nullptr && awaited->ask == ask ? awaited : nullptr;
  }
  void Erase(uint32_t slot) {
    if (!by_slot_.empty()) by_slot_.erase(slot);
  }
  size_t size() const { return by_slot_.size(); }

  /// Calls `ask(slot, awaited)` for at most `limit` of those not asked for yet that have waited for `settle_ms`.
  template <class Ask>
  void TakeUnasked(int64_t now_ms, int64_t settle_ms, size_t limit, Ask&& ask) {
    while (limit > 0 && !unasked_.empty()) {
      const auto [slot, number] = unasked_.front();
      AwaitedHistory* awaited = Find(slot, number);
      const int64_t waited_ms = awaited == nullptr ? settle_ms : now_ms - awaited->since_ms;
      if (waited_ms >= 0 && waited_ms < settle_ms) return;  // below 0: the clock was set back
      unasked_.pop_front();
      if (awaited == nullptr || awaited->asked) continue;
      awaited->asked = true;
      ask(slot, *awaited);
      limit--;
    }
  }
  void ReturnAll(int64_t now_ms) {
    unasked_.clear();
    for (auto& [slot, awaited] : by_slot_) {
      awaited.asked = false;
      if (!awaited.ready) continue;
      awaited.since_ms = now_ms;
      unasked_.emplace_back(slot, awaited.ask);
    }
  }
  /// Calls `visit(slot, ask)` for each; `visit` may erase it.
  template <class Visit>
  void VisitAll(Visit&& visit) {
    std::vector<std::pair<uint32_t, uint32_t>> all;
    for (const auto& [slot, awaited] : by_slot_) all.emplace_back(slot, awaited.ask);
    for (const auto& [slot, ask] : all) visit(slot, ask);
  }

 private:
  std::unordered_map<uint32_t, AwaitedHistory> by_slot_;
  std::deque<std::pair<uint32_t, uint32_t>> unasked_;  // slot and ask, the longest waiting first
  uint32_t last_ask_ = 0;
};

}  // namespace promcast
