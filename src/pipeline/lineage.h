#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <unordered_map>
#include <vector>

#include "concurrency/mutex.h"
#include "pipeline/rule_set.h"
#include "pipeline/series_state.h"
#include "timeseries/fingerprint.h"

namespace promcast {

/// The models of a series that has ended.
struct LeftModel {
  Fingerprint series;  ///< whose they were
  std::shared_ptr<const RuleSet> rules;
  const Rule* rule = nullptr;  ///< of `rules`
  std::unique_ptr<SeriesModel> model;
  int64_t left_ms = 0;  ///< when, by our clock
};

/// Models that series left when they ended, for series that come in their place: a replaced pod's for the new pod's.
/// By identity, which is what is left of a series' labels without those that change with each replacement. Shared by
/// all shards; thread-safe.
class Lineage {
 public:
  /// Keeps at most `limit` of them: more are dropped.
  void Leave(const Fingerprint& identity, LeftModel left, size_t limit);
  /// What a series may take over: its own models where it comes back, else those that were left last by one of the same
  /// rule, reading and step (`step_ms` 0: any) before `timestamp_ms`. Its model is null when there are none.
  LeftModel Take(const Fingerprint& identity, const Fingerprint& series, const Rule* rule,
                 CellReading reading, uint32_t step_ms, int64_t timestamp_ms);
  /// Calls `visit(const SeriesModel&)` with what `series` itself left, if that is still there; others wait meanwhile.
  template <class Visit>
  void VisitOwn(const Fingerprint& identity, const Fingerprint& series, Visit&& visit) const {
    MutexLock lock(mutex_);
    const auto all = by_identity_.find(identity);
    if (all == by_identity_.end()) return;
    for (const LeftModel& left : all->second) {
      if (left.series == series) visit(*left.model);
    }
  }
  /// Forgets what was left before then, or, the clock having been set back, seems to be left after `now_ms`.
  void Forget(int64_t before_ms, int64_t now_ms);

  /// Of identities' fingerprints.
  uint64_t seed() const { return seed_; }
  size_t size() const;
  BankBytes bytes() const;

 private:
  struct IdentityHash {
    size_t operator()(const Fingerprint& identity) const { return identity.low; }
  };

  const uint64_t seed_ = std::random_device()();
  mutable Mutex mutex_;
  std::unordered_map<Fingerprint, std::vector<LeftModel>, IdentityHash> by_identity_ PROMCAST_GUARDED_BY(mutex_);
  size_t size_ PROMCAST_GUARDED_BY(mutex_) = 0;
};

}  // namespace promcast
