#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <string_view>
#include <vector>

#include "timeseries/selector.h"

namespace promcast {

/// Which series a request asks for.
struct SeriesQuery {
  static constexpr size_t kDefaultLimit = 100;
  static constexpr size_t kMaxLimit = 1000;

  std::vector<Selector> match;   ///< any of them; at least one
  size_t limit = kDefaultLimit;  ///< 1 to kMaxLimit; more asked for counts as that
};

/// Reads `match[]=<selector>`, at least once, and `limit=N` of a URL's query; other parameters are ignored, and of
/// several limits the first one counts, as in Prometheus. Errors name the parameter and what is wrong with it.
absl::StatusOr<SeriesQuery> ParseSeriesQuery(std::string_view query);

}  // namespace promcast
