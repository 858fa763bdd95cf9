#include "sender/destination_metrics.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

namespace promcast {
namespace {

Counter& Failed(MetricRegistry& registry, const std::string& destination, const char* reason) {
  return registry.AddCounter("promcast_remote_write_samples_failed_total",
                             "Samples that were lost on their way to a destination, by reason.",
                             {{"destination", destination}, {"reason", reason}});
}

}  // namespace

DestinationMetrics::DestinationMetrics(MetricRegistry& registry, const std::string& destination)
    : rejected(Failed(registry, destination, "rejected")),
      invalid_response(Failed(registry, destination, "invalid_response")),
      too_old(Failed(registry, destination, "too_old")),
      queue_full(Failed(registry, destination, "queue_full")),
      stopped(Failed(registry, destination, "stopped")),
      retried(registry.AddCounter("promcast_remote_write_samples_retried_total",
                                  "Samples sent again after an attempt that may succeed later.",
                                  {{"destination", destination}})),
      queue_length(registry.AddGauge("promcast_remote_write_queue_length",
                                     "Samples that wait for a destination or are being sent.",
                                     {{"destination", destination}})),
      queue_capacity(registry.AddGauge("promcast_remote_write_queue_capacity",
                                       "Samples that the queues of a destination hold before the oldest leave.",
                                       {{"destination", destination}})),
      registry_(registry),
      destination_(destination),
      samples_(registry.AddCounter("promcast_remote_write_samples_total", "Samples that a destination took.",
                                   {{"destination", destination}})),
      bytes_(registry.AddCounter("promcast_remote_write_bytes_total",
                                 "Compressed bytes of all requests to a destination, retries included.",
                                 {{"destination", destination}})),
      duration_seconds_(registry.AddHistogram(
          "promcast_remote_write_request_duration_seconds", "How long a destination takes to answer a request.",
          {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}, {{"destination", destination}})),
      protocol_version_(registry.AddGauge("promcast_remote_write_protocol_version",
                                          "Major version of remote write spoken with a destination.",
                                          {{"destination", destination}})),
      highest_sent_timestamp_seconds_(registry.AddGauge("promcast_remote_write_highest_sent_timestamp_seconds",
                                                        "Timestamp of the newest sample that a destination took.",
                                                        {{"destination", destination}})) {}

void DestinationMetrics::CountRequest(int code, double seconds, size_t body_bytes) {
  // A hostile server must not make more metrics than HTTP has statuses.
  std::string label = "other";
  if (code == 0) label = "none";
  if (code >= kFirstCode && code <= kLastCode) label = fmt::format("{}", code);
  registry_
      .AddCounter("promcast_remote_write_requests_total",
                  "Requests to a destination by HTTP status; none: no answer came.",
                  {{"destination", destination_}, {"code", label}})
      .Increment();
  duration_seconds_.Observe(seconds);
  bytes_.Increment(static_cast<double>(body_bytes));
}

void DestinationMetrics::CountWritten(size_t samples, int64_t newest_ms) {
  if (samples == 0) return;
  samples_.Increment(static_cast<double>(samples));
  MutexLock lock(mutex_);
  if (newest_ms <= highest_sent_ms_) return;
  highest_sent_ms_ = newest_ms;
  highest_sent_timestamp_seconds_.Set(static_cast<double>(newest_ms) / 1000);
}

}  // namespace promcast
