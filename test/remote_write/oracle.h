#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "remote_write/decoder.h"

namespace promcast::testing {

struct DecodedMetadata {
  MetricType type = MetricType::kUnknown;
  std::string metric_family, help, unit;
  friend bool operator==(const DecodedMetadata&, const DecodedMetadata&) = default;
};

struct DecodedSeries {
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<Sample> samples;
  std::vector<HistogramView> histograms;
  uint32_t exemplar_count = 0;
  std::optional<DecodedMetadata> metadata;
};

struct OracleSeries {
  /// What may be reported of it: exactly kNone, or one or several errors. Any error at all when it is malformed, since
  /// another one may stand in front of the place where it breaks.
  std::set<SeriesError> errors;
  DecodedSeries decoded;  ///< when the only error is kNone
};

struct OracleRequest {
  std::vector<OracleSeries> series;
  std::vector<DecodedMetadata> metadata;  ///< 1.0
};

/// What the decoder must make of `message`, by way of generated code. nullopt: the whole request must be refused.
/// Where promcast is stricter than protobuf: groups are malformed; 2.0's first symbol is empty; 2.0's number of symbols
/// is limited. Where it is laxer: a broken series is an error of that series alone, and a broken exemplar is just not
/// counted.
std::optional<OracleRequest> OracleDecode(WriteProtocol protocol, const std::string& message,
                                          const DecodeLimits& limits);

/// The same by RequestDecoder, which has the seed kSeed; its errors in place of the oracle's sets. Where a fingerprint
/// or a metric name is not that of the labels the series differs from the oracle's.
std::optional<OracleRequest> ProductDecode(WriteProtocol protocol, std::string_view message, RequestDecoder& decoder);

/// Empty when the two agree; otherwise the first difference.
std::string Difference(const std::optional<OracleRequest>& expected, const std::optional<OracleRequest>& actual);

}  // namespace promcast::testing
