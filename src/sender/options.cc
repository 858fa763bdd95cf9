#include "sender/options.h"

#include <array>

namespace promcast {
namespace {

constexpr std::array<const char*, 4> kOwnHeaders = {"Content-Type", "Content-Encoding", "Retry-Attempt",
                                                    "X-Prometheus-Remote-Write-Version"};

absl::Status Invalid(const char* message) {
  return absl::InvalidArgumentError(message);
}

absl::Status ValidateQueue(const QueueOptions& queue) {
  using std::chrono::milliseconds;
  constexpr milliseconds kLongest = std::chrono::hours(24);
  if (queue.capacity == 0) return Invalid("queue_config: capacity must be at least 1");
  if (queue.max_shards == 0 || queue.max_shards > 200) return Invalid("queue_config: max_shards must be 1 to 200");
  if (queue.max_samples_per_send == 0 || queue.max_samples_per_send > 1'000'000) {
    return Invalid("queue_config: max_samples_per_send must be 1 to 1000000");
  }
  if (queue.batch_send_deadline < milliseconds(0) || queue.batch_send_deadline > kLongest) {
    return Invalid("queue_config: batch_send_deadline must be 0s to 24h");
  }
  if (queue.min_backoff < milliseconds(1) || queue.max_backoff < queue.min_backoff || queue.max_backoff > kLongest) {
    return Invalid("queue_config: 1ms <= min_backoff <= max_backoff <= 24h must hold");
  }
  if (queue.sample_age_limit < milliseconds(0)) return Invalid("queue_config: sample_age_limit must not be negative");
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateDestination(const DestinationOptions& options) {
  if (auto status = ValidateHttpEndpoint(options, kOwnHeaders); !status.ok()) return status;
  return ValidateQueue(options.queue_config);
}

}  // namespace promcast
