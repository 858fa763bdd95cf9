#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "timeseries/selector.h"

namespace promcast {

/// The forms of an answer. The numbers are those of ReadRequest.ResponseType.
enum class ReadResponseType : uint8_t { kSamples = 0, kStreamedXorChunks = 1 };

/// What a reader makes of a query's samples. Advice: zeros where it says nothing.
struct ReadHints {
  int64_t step_ms = 0;   ///< from one evaluation to the next
  int64_t range_ms = 0;  ///< of the range selector around, as in max_over_time(x[1h]); 0: none
  friend bool operator==(const ReadHints&, const ReadHints&) = default;
};

/// The samples wanted: those of the series for which all matchers hold, from start_ms to end_ms, both included.
struct ReadQuery {
  int64_t start_ms = 0, end_ms = 0;
  std::vector<Matcher> matchers;
  ReadHints hints;
  friend bool operator==(const ReadQuery&, const ReadQuery&) = default;
};

struct ReadRequest {
  std::vector<ReadQuery> queries;
  ReadResponseType response_type = ReadResponseType::kSamples;
};

/// So that a hostile request costs little: each regular expression may take some MiB when it is compiled.
struct ReadRequestLimits {
  size_t max_queries = 64;
  size_t max_matchers = 64;              ///< of one query
  size_t max_matcher_bytes = 256 << 10;  ///< names and values of one query's matchers together
};

/// Reads a prometheus.ReadRequest, walking the wire format in place. Of the response types that it names the first one
/// known counts. InvalidArgument says what is wrong: broken wire format, an unknown matcher type, no response type that
/// is known, a limit.
absl::StatusOr<ReadRequest> DecodeReadRequest(std::string_view message, const ReadRequestLimits& limits);

}  // namespace promcast
