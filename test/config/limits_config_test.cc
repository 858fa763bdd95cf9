#include <string>

#include "config_cases.h"

namespace promcast {
namespace {

TEST(LimitsConfig, ReadsEveryKey) {
  const PipelineOptions options = MustParse(R"(forecasts: []
limits:
  max_series: 11
  max_known_series: 12
  max_output_series: 13
  max_memory: 2GiB
  max_ahead: 2m
  max_request_body: 1MiB
  max_decoded_request: 2MiB
  max_in_flight: 1GiB
  max_labels_per_series: 14
  max_label_name_length: 15
  max_label_value_length: 1KiB
series: {idle_timeout: 30m, ring_retention: 0s, ring_max_bytes: 4KiB}
storage: {snapshot_interval: 90s}
shards: 3
)");
  EXPECT_EQ(options.limits.max_series, 11u);
  EXPECT_EQ(options.limits.max_known_series, 12u);
  EXPECT_EQ(options.limits.max_output_series, 13u);
  EXPECT_EQ(options.limits.max_memory_bytes, 2147483648u);
  EXPECT_EQ(options.limits.max_ahead_ms, 120'000);
  EXPECT_EQ(options.ingest.max_body_bytes, 1048576u);
  EXPECT_EQ(options.ingest.max_decoded_bytes, 2097152u);
  EXPECT_EQ(options.ingest.max_in_flight_bytes, 1073741824u);
  EXPECT_EQ(options.ingest.decode.max_labels_per_series, 14u);
  EXPECT_EQ(options.ingest.decode.max_label_name_bytes, 15u);
  EXPECT_EQ(options.ingest.decode.max_label_value_bytes, 1024u);
  EXPECT_EQ(options.series.idle_timeout_ms, 1'800'000);
  EXPECT_EQ(options.series.ring.retention_ms, 0);
  EXPECT_EQ(options.series.ring.max_bytes, 4096u);
  EXPECT_EQ(options.storage.snapshot_interval_ms, 90'000);
  EXPECT_EQ(options.shards, 3u);
}

TEST(LimitsConfig, AbsentAndEmptySectionsLeaveTheDefaults) {
  for (const std::string yaml : {"forecasts: []\n", "forecasts:\nremote_write:\nlimits:\nseries:\nstorage:\n",
                                 "forecasts: []\nlimits: {}\nseries: {}\nremote_write: []\n"}) {
    const PipelineOptions options = MustParse(yaml);
    const PipelineOptions defaults;
    EXPECT_EQ(options.limits, defaults.limits);
    EXPECT_EQ(options.series.idle_timeout_ms, defaults.series.idle_timeout_ms);
    EXPECT_EQ(options.series.ring.retention_ms, defaults.series.ring.retention_ms);
    EXPECT_EQ(options.series.ring.max_bytes, defaults.series.ring.max_bytes);
    EXPECT_EQ(options.ingest.max_body_bytes, defaults.ingest.max_body_bytes);
    EXPECT_EQ(options.ingest.max_decoded_bytes, defaults.ingest.max_decoded_bytes);
    EXPECT_EQ(options.ingest.max_in_flight_bytes, defaults.ingest.max_in_flight_bytes);
    EXPECT_EQ(options.ingest.decode.max_labels_per_series, defaults.ingest.decode.max_labels_per_series);
    EXPECT_EQ(options.ingest.decode.max_label_name_bytes, defaults.ingest.decode.max_label_name_bytes);
    EXPECT_EQ(options.ingest.decode.max_label_value_bytes, defaults.ingest.decode.max_label_value_bytes);
    EXPECT_EQ(options.storage.snapshot_interval_ms, defaults.storage.snapshot_interval_ms);
    EXPECT_EQ(options.shards, defaults.shards);
    EXPECT_TRUE(options.forecasts.empty());
    EXPECT_TRUE(options.remote_write.empty());
  }
}

TEST(LimitsConfig, NamesWhatIsWrongAndWhere) {
  const std::string top(kNoForecasts);
  for (const BadConfig& bad : std::vector<BadConfig>{
           {top + "storage: {snapshot_interval: 0s}", "2:30", "storage.snapshot_interval: expected a duration from 10ms", "\"0s\""},
           {top + "limits: {max_series: -1}", "2:22", "limits.max_series: expected a whole number from 1", "\"-1\""},
           {top + "limits: {max_series: 0}", "2:22", "limits.max_series", "found \"0\""},
           {top + "limits: {max_series: \"5\"}", "2:22", "expected a whole number", "found \"5\""},
           {top + "limits: {max_series: 1e6}", "2:22", "expected a whole number", "found \"1e6\""},
           {top + "limits: {max_series: 99999999999999999999}", "2:22", "expected a whole number", ""},
           {top + "limits: {max_series: [1]}", "2:22", "expected a whole number, found a list", ""},
           {top + "limits: {max_series: }", "2:10", "expected a whole number, found nothing", ""},
           {top + "limits:\n  max_ahead: soon\n", "3:14", "limits.max_ahead: \"soon\" is not a duration", ""},
           {top + "limits:\n  max_request_body: 32M\n", "3:21", "\"32M\" is not a size in bytes", "32MiB"},
           {top + "limits:\n  max_request_body: 2TiB\n", "3:21", "expected a size from 1KiB to 1GiB", "\"2TiB\""},
           {top + "limits:\n  max_request_body: {a: 1}\n", "3:21", "expected a size in bytes", "found a map"},
           {top + "limits:\n  max_in_flight: 1MiB\n", "3:3", "max_in_flight (1MiB) is smaller", "raise it"},
           {top + "limits:\n  max_known_series: 1000\n", "3:3", "max_known_series (1000) is smaller", "raise it"},
           {top + "limits: 5", "2:9", "limits: expected a map", "found text"},
           {top + "limits: {max_serie: 5}", "2:10", "unknown key \"max_serie\" in limits", "\"max_series\"?"},
           {top + "series: {ring_retention: 5}", "2:26", "series.ring_retention", "not a duration"},
           {top + "series: {idle_timeout: 5ms}", "2:24", "expected a duration from 1s", "\"5ms\""},
           {top + "series: {idle: 5}", "2:10", "unknown key \"idle\" in series", "known keys: idle_timeout"},
           {top + "shards: many", "2:9", "shards: expected a whole number from 0 to 1024", "\"many\""},
           {top + "shards: 1025", "2:9", "shards: expected a whole number from 0 to 1024", "\"1025\""},
       }) {
    ExpectOneError(bad);
  }
}

}  // namespace
}  // namespace promcast
