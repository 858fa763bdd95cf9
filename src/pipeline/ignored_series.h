#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ingest/sample_sink.h"
#include "series/fingerprint_table.h"

namespace promcast {

/// Series that were looked at once and left out, so that their next samples cost one probe. Forgets those that stay
/// away: what was not asked for between two calls of Age goes. A
/// series that was left out by a limit is looked at anew after a call of Age.
class IgnoredSeries {
 public:
  /// The verdict that a series was left out with, or kAccepted when it is not here.
  SampleVerdict Find(const Fingerprint& fingerprint) {
    if (const auto verdict = young_.table.Find(fingerprint)) return static_cast<SampleVerdict>(*verdict);
    const auto old = old_.table.Find(fingerprint);
    if (!old) return SampleVerdict::kAccepted;
    const auto verdict = static_cast<SampleVerdict>(*old);
    old_.table.Erase(fingerprint);
    old_.counts[static_cast<size_t>(verdict)]--;
    if (verdict == SampleVerdict::kLimitReached) return SampleVerdict::kAccepted;  // there may be room by now
    Insert(fingerprint, verdict);
    return verdict;
  }

  void Insert(const Fingerprint& fingerprint, SampleVerdict verdict) {
    young_.table.Insert(fingerprint, static_cast<uint32_t>(verdict));
    young_.counts[static_cast<size_t>(verdict)]++;
  }

  void Age() {
    old_ = std::move(young_);
    young_ = Generation();
  }
  void Clear() {
    young_ = Generation();
    old_ = Generation();
  }

  void Prefetch(const Fingerprint& fingerprint) const { young_.table.Prefetch(fingerprint); }

  size_t Count(SampleVerdict verdict) const {
    return young_.counts[static_cast<size_t>(verdict)] + old_.counts[static_cast<size_t>(verdict)];
  }
  size_t size() const { return young_.table.size() + old_.table.size(); }
  size_t allocated_bytes() const { return young_.table.allocated_bytes() + old_.table.allocated_bytes(); }

 private:
  struct Generation {
    FingerprintTable table;
    std::array<size_t, static_cast<size_t>(SampleVerdict::kCount)> counts{};
  };
  Generation young_, old_;
};

}  // namespace promcast
