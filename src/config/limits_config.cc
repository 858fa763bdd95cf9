#include <fmt/format.h>

#include <algorithm>

#include "config/byte_size.h"
#include "config/sections.h"

namespace promcast {
namespace {

constexpr IntegerRange kSeriesCount{.min = 1, .max = 1'000'000'000};
constexpr IntegerRange kLabelBytes{.min = 1, .max = 1 << 20};
constexpr IntegerRange kRequestBytes{.min = 1 << 10, .max = 1 << 30};
constexpr IntegerRange kInFlightBytes{.min = 1 << 10, .max = uint64_t{1} << 40};

void CheckLimits(const YamlValue& value, const PipelineOptions& options) {
  const IngestOptions& ingest = options.ingest;
  const size_t largest = std::max(ingest.max_body_bytes, ingest.max_decoded_bytes);
  if (ingest.max_in_flight_bytes < largest) {
    value.Fail(
        fmt::format("max_in_flight ({}) is smaller than the largest single request ({}), which could then never be "
                    "taken; raise it, or lower max_request_body and max_decoded_request",
                    FormatByteSize(ingest.max_in_flight_bytes), FormatByteSize(largest)));
  }
  if (options.limits.max_known_series < options.limits.max_series) {
    value.Fail(fmt::format("max_known_series ({}) is smaller than max_series ({}); it counts those too, so raise it",
                           options.limits.max_known_series, options.limits.max_series));
  }
}

}  // namespace

void ReadLimits(YamlSection& top, PipelineOptions& options) {
  const auto entry = top.Take("limits");
  if (!entry) return;
  YamlSection section(*entry);
  section.Integer("max_series", options.limits.max_series, kSeriesCount);
  section.Integer("max_known_series", options.limits.max_known_series, kSeriesCount);
  section.Integer("max_output_series", options.limits.max_output_series, kSeriesCount);
  section.Bytes("max_memory", options.limits.max_memory_bytes, {.min = 64 << 20, .max = uint64_t{1} << 50});
  section.Duration("max_ahead", options.limits.max_ahead_ms, DurationRange{});
  section.Bytes("max_request_body", options.ingest.max_body_bytes, kRequestBytes);
  section.Bytes("max_decoded_request", options.ingest.max_decoded_bytes, kRequestBytes);
  section.Bytes("max_in_flight", options.ingest.max_in_flight_bytes, kInFlightBytes);
  section.Integer("max_labels_per_series", options.ingest.decode.max_labels_per_series, {.min = 1, .max = 10'000});
  section.Bytes("max_label_name_length", options.ingest.decode.max_label_name_bytes, kLabelBytes);
  section.Bytes("max_label_value_length", options.ingest.decode.max_label_value_bytes, kLabelBytes);
  section.RefuseOtherKeys();
  CheckLimits(*entry, options);
}

void ReadSeries(YamlSection& top, PipelineOptions& options) {
  const auto entry = top.Take("series");
  if (!entry) return;
  YamlSection section(*entry);
  section.Duration("idle_timeout", options.series.idle_timeout_ms, {.min_ms = 1000});
  section.Duration("ring_retention", options.series.ring.retention_ms, DurationRange{});
  section.Bytes("ring_max_bytes", options.series.ring.max_bytes, {.min = 1 << 10, .max = 1 << 30});
  section.RefuseOtherKeys();
}

void ReadStorage(YamlSection& top, PipelineOptions& options) {
  const auto entry = top.Take("storage");
  if (!entry) return;
  YamlSection section(*entry);
  section.Duration("snapshot_interval", options.storage.snapshot_interval_ms, {.min_ms = 10});
  section.RefuseOtherKeys();
}

void ReadShards(YamlSection& top, PipelineOptions& options) {
  top.Integer("shards", options.shards, {.min = 0, .max = 1024});
}

}  // namespace promcast
