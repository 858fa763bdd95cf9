#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "timeseries/labels.h"
#include "timeseries/sample.h"
#include "timeseries/selector.h"

namespace promcast {

/// Samples wanted of a store: those of the series for which all matchers hold, from start_ms to end_ms, both included.
struct HistoryQuery {
  std::vector<std::vector<Matcher>> selectors;  ///< any of them
  int64_t start_ms = 0, end_ms = 0;
};

/// A stretch of one series, in order of time. What it views dies with the call that brings it.
struct HistoryPiece {
  std::span<const LabelView> labels;  ///< sorted by name, each once
  std::span<const Sample> samples;
};

/// Takes what is read, piece by piece. A series may come in many pieces, and, where a query had to be asked again in
/// another form, from its beginning: samples that are not newer than those before are to be left out. An error ends the
/// reading.
using HistorySink = std::function<absl::Status(const HistoryPiece&)>;

/// A store that history is read from. One thread at a time, save Cancel.
class HistoryReader {
 public:
  virtual ~HistoryReader() = default;
  /// Brings all that the store has of `query` to `sink`, in bounded memory. Errors, besides the sink's own:
  /// ResourceExhausted when the answer is too large and less time is to be asked for; Unavailable when trying again may
  /// help; Cancelled; FailedPrecondition when somebody has to change something first, with what.
  virtual absl::Status Read(const HistoryQuery& query, const HistorySink& sink) = 0;
  /// Thread-safe. Ends a running Read and all later ones with Cancelled.
  virtual void Cancel() = 0;
};

}  // namespace promcast
