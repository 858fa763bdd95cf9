#pragma once

#include <cstddef>
#include <cstdint>

#include "remote_write/decoder.h"

namespace promcast {

struct IngestOptions {
  size_t max_body_bytes = 32 << 20;       ///< compressed; larger: 413
  size_t max_decoded_bytes = 32 << 20;    ///< inflated; larger: 400
  size_t max_in_flight_bytes = 48 << 20;  ///< bodies and inflated messages of all requests together; above: 503
  DecodeLimits decode;
  uint64_t hash_seed = 0;
  friend bool operator==(const IngestOptions&, const IngestOptions&) = default;
};

}  // namespace promcast
