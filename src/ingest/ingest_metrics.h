#pragma once

#include <array>
#include <string>

#include "ingest/sample_sink.h"
#include "self_metrics/metrics.h"

namespace promcast {

/// The counters of everything that arrives, shared by all listeners.
class IngestMetrics {
 public:
  explicit IngestMetrics(MetricRegistry& metrics);

  void CountRequest(WriteProtocol protocol, int status);
  void CountVerdict(SampleVerdict verdict, double samples) {
    verdicts_[static_cast<size_t>(verdict)]->Increment(samples);
  }
  void CountSeriesError(SeriesError error) { series_errors_[static_cast<size_t>(error)]->Increment(); }

  Counter& request_bytes;
  Counter& message_bytes;
  Counter& histograms;
  Counter& invalid_histograms;
  Counter& exemplars;
  Counter& metadata;

 private:
  MetricRegistry& metrics_;
  std::array<Counter*, static_cast<size_t>(SampleVerdict::kCount)> verdicts_{};
  std::array<Counter*, 7> series_errors_{};
};

}  // namespace promcast
