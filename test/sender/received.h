#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../http_client/test_server.h"
#include "timeseries/sample.h"

namespace promcast {

/// One TimeSeries as it stood in a request.
struct ReceivedSeries {
  std::vector<std::pair<std::string, std::string>> labels;  ///< in the order of the wire
  std::vector<Sample> samples;
  uint64_t metadata_type = 0;  ///< 2.0 only: Metadata.MetricType
};

struct ReceivedWrite {
  bool v2 = false;
  std::vector<std::string> symbols;  ///< 2.0 only
  std::vector<ReceivedSeries> series;
};

/// Takes a remote-write request apart by the specifications, with the snappy library and a protobuf walk of its own:
/// nothing of the code under test. Fails the running test on anything that the specifications do not allow.
ReceivedWrite Receive(const TestRequest& request);

/// All samples of all requests as `name{label=value,...} timestamp value`, in the order in which they came.
std::vector<std::string> AllSamples(const std::vector<TestRequest>& requests);

}  // namespace promcast
