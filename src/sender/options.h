#pragma once

#include <absl/status/status.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "http_client/options.h"

namespace promcast {

/// Names and defaults as in Prometheus's queue_config where it has them.
struct QueueOptions {
  size_t capacity = 100'000;  ///< samples per shard; when full the oldest leave
  size_t max_shards = 1;      ///< parallel requests; a series always takes the same one
  size_t max_samples_per_send = 2000;
  std::chrono::milliseconds batch_send_deadline{1000};
  std::chrono::milliseconds min_backoff{30};
  std::chrono::milliseconds max_backoff{5000};
  bool retry_on_http_429 = false;
  std::chrono::milliseconds sample_age_limit{
      std::chrono::minutes(10)};  ///< older samples are dropped, not retried for ever; 0: never
  friend bool operator==(const QueueOptions&, const QueueOptions&) = default;
};

enum class ProtobufMessage { kAuto, kV1, kV2 };  ///< auto: 2.0, falling back to 1.0 where the receiver has none

/// One entry of `remote_write:`.
struct DestinationOptions : HttpEndpointOptions {
  std::string
      name;  ///< the metrics' `destination` label; default: the URL without user info; no two destinations share one
  ProtobufMessage protobuf_message = ProtobufMessage::kAuto;
  QueueOptions queue_config;
  /// Labels taken off before writing: the external_labels of the Prometheus that is written back to, which would
  /// otherwise come back doubled. A label leaves only when name and value are both equal.
  std::vector<std::pair<std::string, std::string>> strip_external_labels;
  friend bool operator==(const DestinationOptions&, const DestinationOptions&) = default;
};

/// InvalidArgument names the option that is wrong and what it may be. What a Sender is given must pass.
absl::Status ValidateDestination(const DestinationOptions& options);

}  // namespace promcast
