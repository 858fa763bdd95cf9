#pragma once

#include <absl/status/status.h>

#include "remote_read/read_request.h"
#include "remote_read/read_result.h"

namespace promcast {

/// Where the series of answers come from. Thread-safe.
class ReadSource {
 public:
  virtual ~ReadSource() = default;
  /// Adds what `query` asks for of the series that `selector`, made of its matchers, selects. May take as long as it
  /// takes to look at every series. Stops when the result refuses one; Unavailable when the process is ending.
  virtual absl::Status Read(const ReadQuery& query, const Selector& selector, ReadResult& result) const = 0;
};

}  // namespace promcast
