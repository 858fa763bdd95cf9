#pragma once

#include <absl/status/status.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace promcast {

struct DemoOptions {
  std::string listen_address = "127.0.0.1:9097";  ///< host:port; an empty host means every address, port 0 a free one
  int64_t day_ms = 120'000;                       ///< how long a day of the demo lasts; at least 1000
  uint64_t seed = 1;                              ///< another seed, another service
};

/// Serves DemoSeries on GET /metrics (and /-/healthy) until `stop` is set; looks at it every 100 ms, so that a signal
/// handler may set it. `on_listening` gets the address once it accepts connections. InvalidArgument for options that
/// cannot be, Unavailable where the address cannot be listened on.
absl::Status RunDemo(const DemoOptions& options, const std::atomic<bool>& stop,
                     const std::function<void(std::string_view address)>& on_listening = {});

}  // namespace promcast
