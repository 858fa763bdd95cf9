#pragma once

#include <cstdint>

namespace promcast {

/// `storage:` of the configuration; where it goes is a flag.
struct StorageOptions {
  int64_t snapshot_interval_ms = 300'000;  ///< from the end of one to the beginning of the next
};

}  // namespace promcast
