#pragma once

#include <cstdint>
#include <string>

#include "concurrency/mutex.h"
#include "self_metrics/metrics.h"

namespace promcast {

/// What one destination counts; every metric has the label `destination`. Thread-safe. A destination that comes back
/// after a reload goes on counting in the same metrics.
class DestinationMetrics {
 public:
  DestinationMetrics(MetricRegistry& registry, const std::string& destination);

  /// `code` is the HTTP status, or 0 for an attempt without an answer.
  void CountRequest(int code, double seconds, size_t body_bytes);
  /// Samples that the receiver took, the newest of them stamped `newest_ms`.
  void CountWritten(size_t samples, int64_t newest_ms);
  void SetProtocolVersion(int version) { protocol_version_.Set(version); }

  // Samples that were lost, by reason.
  Counter& rejected;  ///< refused by the receiver
  Counter&
      invalid_response;  ///< the receiver answers 2xx without saying what it wrote, and no other protocol is allowed
  Counter& too_old;
  Counter& queue_full;
  Counter& stopped;  ///< still queued when the destination went away
  Counter& retried;
  Gauge& queue_length;
  Gauge& queue_capacity;

 private:
  static constexpr int kFirstCode = 100, kLastCode = 599;

  MetricRegistry& registry_;
  const std::string destination_;
  Counter& samples_;
  Counter& bytes_;
  Histogram& duration_seconds_;
  Gauge& protocol_version_;
  Gauge& highest_sent_timestamp_seconds_;
  Mutex mutex_;
  int64_t highest_sent_ms_ PROMCAST_GUARDED_BY(mutex_) = INT64_MIN;
};

}  // namespace promcast
