#include "ingest/ingest_metrics.h"

namespace promcast {
namespace {

constexpr std::array<const char*, static_cast<size_t>(SampleVerdict::kCount)> kVerdictNames = {
    "accepted",     "no_rule",       "own_series",   "stale_marker",   "not_a_number", "duplicate",
    "out_of_order", "limit_reached", "missing_name", "invalid_labels", "too_far_ahead"};

constexpr std::array<const char*, 7> kSeriesErrorNames = {"none",
                                                          "too_many_labels",
                                                          "label_name_too_long",
                                                          "label_value_too_long",
                                                          "odd_label_refs",
                                                          "symbol_out_of_range",
                                                          "malformed"};

}  // namespace

IngestMetrics::IngestMetrics(MetricRegistry& metrics)
    : request_bytes(
          metrics.AddCounter("promcast_ingest_request_bytes_total", "Bytes of remote-write bodies, as received.")),
      message_bytes(
          metrics.AddCounter("promcast_ingest_message_bytes_total", "Bytes of remote-write messages, inflated.")),
      histograms(metrics.AddCounter("promcast_ingest_histograms_total",
                                    "Native histograms taken; count and sum are modelled.")),
      invalid_histograms(metrics.AddCounter("promcast_ingest_invalid_histograms_total",
                                            "Native histograms refused because their buckets contradict their count.")),
      exemplars(metrics.AddCounter("promcast_ingest_exemplars_total", "Exemplars taken; they are counted, not kept.")),
      metadata(metrics.AddCounter("promcast_ingest_metadata_total", "Metadata entries taken.")),
      metrics_(metrics) {
  for (size_t i = 0; i < kVerdictNames.size(); i++) {
    verdicts_[i] = &metrics.AddCounter("promcast_ingest_samples_total", "Samples received, by what became of them.",
                                       {{"outcome", kVerdictNames[i]}});
  }
  for (size_t i = 1; i < kSeriesErrorNames.size(); i++) {
    series_errors_[i] =
        &metrics.AddCounter("promcast_ingest_broken_series_total", "Series of requests refused unread, by reason.",
                            {{"reason", kSeriesErrorNames[i]}});
  }
}

void IngestMetrics::CountRequest(WriteProtocol protocol, int status) {
  metrics_
      .AddCounter("promcast_ingest_requests_total", "Remote-write requests answered, by protocol version and status.",
                  {{"protocol", protocol == WriteProtocol::kV2 ? "2.0" : "1.0"}, {"code", std::to_string(status)}})
      .Increment();
}

}  // namespace promcast
