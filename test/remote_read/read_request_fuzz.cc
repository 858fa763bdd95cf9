#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "remote_read/read_request.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const promcast::ReadRequestLimits limits{.max_queries = 4, .max_matchers = 4, .max_matcher_bytes = 256};
  const auto request = promcast::DecodeReadRequest({reinterpret_cast<const char*>(data), size}, limits);
  if (!request.ok()) return 0;
  if (request->queries.size() > limits.max_queries) std::abort();
  for (const promcast::ReadQuery& query : request->queries) {
    if (query.matchers.size() > limits.max_matchers) std::abort();
    const auto selector = promcast::Selector::FromMatchers(query.matchers);
    if (selector.ok()) (void)selector->Matches({{promcast::kMetricNameLabel, "up"}, {"job", "a"}});
  }
  return 0;
}
