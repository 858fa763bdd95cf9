#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <unordered_map>
#include <vector>

#include "concurrency/mutex.h"
#include "promcast/season_shape.h"
#include "timeseries/fingerprint.h"

namespace promcast {

/// The seasons' shapes of series that are siblings (a cohort: one rule, one metric), for new ones to begin with. Of a
/// large cohort a sample is kept. Shared by all shards; thread-safe.
class Cohorts {
 public:
  static constexpr size_t kMostSiblings = 64;  ///< of a cohort: those with the lowest fingerprints
  static constexpr size_t kMostCohorts = 1024;

  /// Whether Offer would keep the shape of that series.
  bool Wants(const Fingerprint& cohort, const Fingerprint& series) const;
  /// The shape of a series as of `now_ms`, good until `forget_ms`; replaces the one it offered before.
  void Offer(const Fingerprint& cohort, const Fingerprint& series, const SeasonShape& shape, int64_t now_ms,
             int64_t forget_ms);
  /// Forgets the shape of that series.
  void Withdraw(const Fingerprint& cohort, const Fingerprint& series);
  /// What the siblings have in common, see CommonShape().
  std::optional<SeasonShape> Common(const Fingerprint& cohort) const;
  /// Forgets what is good no longer, or, the clock having been set back, seems to come from after `now_ms`.
  void Forget(int64_t now_ms);

  /// Of the cohorts' fingerprints.
  uint64_t seed() const { return seed_; }
  size_t size() const;
  size_t bytes() const;

 private:
  struct Sibling {
    Fingerprint series;
    int64_t offered_ms = 0;
    int64_t forget_ms = 0;
  };
  struct Cohort {
    std::vector<Sibling> siblings;
    std::vector<SeasonShape> shapes;  // theirs, in the same order

    void Forget(size_t place);
    /// Where the series stands, or would come; nothing when there is no room for it.
    std::optional<size_t> PlaceOf(const Fingerprint& series) const;
  };

  const uint64_t seed_ = std::random_device()();
  mutable Mutex mutex_;
  std::unordered_map<Fingerprint, Cohort, FingerprintHash> cohorts_ PROMCAST_GUARDED_BY(mutex_);
};

}  // namespace promcast
