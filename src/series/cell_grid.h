#pragma once

#include <cstdint>

#include "timeseries/sample.h"

namespace promcast {

/// How samples become the value of a grid cell.
enum class CellReading : uint8_t {
  kLast,  ///< gauges: the newest sample of the cell
  kRate,  ///< counters: increase per second since the last cell's newest sample; a drop of the value is a reset
};

/// What became of a sample, each with a counter of its own.
enum class SampleOutcome : uint8_t {
  kApplied,
  kDuplicate,    ///< the newest timestamp again: ignored, so that a retried request is idempotent
  kOutOfOrder,   ///< older than the newest: ignored
  kNotANumber,   ///< NaN or infinite: time passes, nothing is learnt
  kStaleMarker,  ///< the series has ended
  kTooFarAhead,  ///< stamped further ahead of the clock than allowed: refused, as one such sample would block the series
};

/// What happened on the way, beside the outcome.
struct GridEvents {
  bool counter_reset = false;
  bool gap = false;         ///< at least one cell stayed empty
  bool clock_jump = false;  ///< a gap too long to fill cell by cell
};

}  // namespace promcast
