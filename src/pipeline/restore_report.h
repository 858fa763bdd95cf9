#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace promcast {

/// What became of a series of a snapshot.
enum class RestoreOutcome : uint8_t {
  kRestored,     ///< all of it
  kSamplesOnly,  ///< its rule asks for other models now: they start again from its recent samples
  kNoRule,       ///< no rule wants it any more
  kLimit,        ///< limits.max_series or .max_memory
  kTwice,        ///< it was there already
  kDamaged,
  kCount,
};

/// The word for it in metrics and logs.
inline std::string_view RestoreOutcomeName(RestoreOutcome outcome) {
  static constexpr std::array<std::string_view, static_cast<size_t>(RestoreOutcome::kCount)> kNames = {
      "restored", "samples_only", "no_rule", "limit_reached", "twice", "damaged"};
  return kNames[static_cast<size_t>(outcome)];
}

struct RestoreReport {
  std::array<uint64_t, static_cast<size_t>(RestoreOutcome::kCount)> series{};
  uint64_t damaged_blocks = 0;

  uint64_t Of(RestoreOutcome outcome) const { return series[static_cast<size_t>(outcome)]; }
};

}  // namespace promcast
