#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/config.h"

/// What is accepted can be described and keeps the promises of its options; what is refused says where.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view yaml(reinterpret_cast<const char*>(data), size);
  const auto options = promcast::ParseConfig(yaml, "fuzz.yml");
  if (!options.ok()) {
    if (options.status().message().rfind("fuzz.yml:", 0) != 0) std::abort();
    return 0;
  }
  if (promcast::DescribeConfig(*options).empty()) std::abort();
  promcast::ConfigWarnings(*options);
  for (const auto& rule : options->forecasts) {
    if (rule.match.empty() || rule.horizons_ms.empty() || rule.coverages.empty() || rule.name.empty()) std::abort();
  }
  for (const auto& destination : options->remote_write) {
    if (!promcast::ValidateDestination(destination).ok()) std::abort();
  }
  return 0;
}
