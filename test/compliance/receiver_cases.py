"""The cases of prometheus/compliance, remotewrite/receiver, each under its own name, with what a receiver must answer."""
import dataclasses
import math
from typing import Callable, Dict, List, Tuple

import harness
import wire
from wire import Exemplar, Histogram, Metadata, Sample, Series

HOUR_MS = 3_600_000


class Ticker:
    """Milliseconds that never repeat, so that no two requests of this run carry the same timestamp."""

    def __init__(self):
        self.last = 0

    def __call__(self) -> int:
        self.last = max(self.last + 1, harness.now_ms())
        return self.last


tick = Ticker()

Written = Tuple[int, int, int]  # samples, histograms, exemplars


@dataclasses.dataclass
class Case:
    name: str
    series: Callable[[int], List[Series]]  # given the time of the request
    written: Written
    status: int = 204


def up(**labels: str) -> Dict[str, str]:
    return {"__name__": "up", **labels}


JOB_INSTANCE = up(job="testjob", instance="localhost:9090")


def histogram(t: int, total: float, positive=False, negative=False, zero=False, custom=False, bad_count=False,
              start=0) -> Histogram:
    """Buckets as in the suite: positive 1 3 4 7 8, negative 1 2, zero 1, or custom 2 3 5 8 7 5."""
    h = Histogram(t, count=0, sum=total, start_timestamp_ms=start)
    if positive:
        h.positive_spans, h.positive_deltas, h.count = [(0, 3), (2, 2)], [1, 2, 1, 3, 1], 23
    if negative:
        h.negative_spans, h.negative_deltas, h.count = [(0, 2)], [1, 1], h.count + 3
    if zero:
        h.zero_count, h.count = 1, h.count + 1
    if custom:
        h.schema, h.custom_values = -53, [0.1, 0.5, 1.0, 2.5, 5.0, 10.0]
        h.positive_spans, h.positive_deltas, h.count = [(0, 6)], [2, 1, 2, 3, -1, -2], 30
    if bad_count:
        h.count = 99
    return h


def gauge(labels: Dict[str, str], value, t: int, **kwargs) -> Series:
    return Series(labels, [Sample(t, value)], **kwargs)


# --- SingleMetric, MultipleMetrics ----------------------------------------------------------------------------------

SPECIAL_VALUES = {"1.0": 1.0, "StaleNaN": wire.nan_with_bits(wire.STALE_NAN_BITS),
                  "NaN": wire.nan_with_bits(wire.NORMAL_NAN_BITS), "Inf": math.inf, "-Inf": -math.inf}

SINGLE_METRICS = {
    "simple metric": (up(), True),
    "simple metric with multiple labels": (JOB_INSTANCE, True),
    "simple metric with newlines": (up(job="test\njob\n", instance="localhost:9090"), True),
    "simple metric with dots": ({"__name__": "resource.cpu.usage", "job.name": "testjob",
                                 "instance.name": "localhost:9090"}, True),
    "simple metric with spaces": ({"__name__": "resource cpu usage", "job name": "testjob",
                                   "instance name": "localhost:9090"}, True),
    "simple metric without name label": ({"job": "testjob", "instance": "localhost:9090"}, False),
    "empty metric": ({}, False),
}


def metric_cases() -> List[Case]:
    def one_series(labels, value):
        return lambda t: [gauge(labels, value, t)]

    def four_series(value, unnamed):
        def build(t):
            series = []
            for i in range(4):
                labels = {"job": "testjob", "instance": f"localhost:909{i}"}
                series.append(gauge(labels if i < unnamed else up(**labels), value, t))
            return series
        return build

    cases = []
    for value_name, value in SPECIAL_VALUES.items():
        for name, (labels, valid) in SINGLE_METRICS.items():
            cases.append(Case(f"SingleMetric/{value_name}/{name}", one_series(labels, value),
                              (1, 0, 0) if valid else (0, 0, 0), 204 if valid else 400))
        prefix = f"MultipleMetrics/{value_name}/multiple metrics"
        cases.append(Case(prefix, four_series(value, 0), (4, 0, 0)))
        cases.append(Case(prefix + ", without name label", four_series(value, 4), (0, 0, 0), 400))
        cases.append(Case(prefix + ", 1 without name label", four_series(value, 1), (3, 0, 0), 400))
    cases.append(Case(
        "CounterWithCreatedTimestamp",
        lambda t: [Series({"__name__": "http_requests_total", "job": "api"}, [Sample(t, 100.0, t - HOUR_MS)])], (1, 0, 0)))
    return cases


# --- Histograms -----------------------------------------------------------------------------------------------------

def histogram_cases() -> List[Case]:
    def build(labels, *args, metadata=None, exemplar=None, start_offset=0, **kwargs):
        def series(t):
            exemplars = [Exemplar(exemplar, args[0], t)] if exemplar else []
            start = t - start_offset if start_offset else 0
            return [Series(labels, histograms=[histogram(t, *args, start=start, **kwargs)], exemplars=exemplars,
                           metadata=metadata)]
        return series

    test = {"__name__": "test_histogram"}
    seconds = Metadata("histogram", "HTTP request duration in seconds", "seconds")
    byte_sizes = Metadata("histogram", "HTTP response size in bytes", "bytes")

    def two_with_metadata(t):
        cpu = Metadata("histogram", "CPU usage distribution", "ratio")
        memory = Metadata("histogram", "Memory usage distribution", "bytes")
        return [
            Series({"__name__": "cpu_usage_histogram", "instance": "server1"},
                   histograms=[histogram(t, 0.75, positive=True, zero=True)], metadata=cpu),
            Series({"__name__": "memory_usage_histogram", "instance": "server1"},
                   histograms=[histogram(t, 8589934592, positive=True, negative=True)], metadata=memory)]

    one = (0, 1, 0)
    return [
        Case("Histograms/basic_histogram", build(test, 1.0, positive=True, negative=True, zero=True), one),
        Case("Histograms/custom_buckets_histogram", build(test, 1.0, positive=True, custom=True), one),
        Case("Histograms/positive_only_histogram", build({**test, "job": "test"}, 1.0, positive=True, zero=True), one),
        Case("Histograms/negative_only_histogram", build({**test, "instance": "localhost"}, 1.0, negative=True), one),
        Case("Histograms/minimal_histogram", build({"__name__": "minimal_hist"}, 1.0, zero=True), one),
        Case("Histograms/bad_count_histogram", build({"__name__": "minimal_hist"}, 1.0, positive=True, bad_count=True),
             (0, 0, 0), 400),
        Case("HistogramWithCreatedTimestamp",
             build({"__name__": "request_duration_seconds", "job": "api"}, 1.5, positive=True, negative=True, zero=True,
                   start_offset=HOUR_MS // 2), one),
        Case("MultipleHistograms", lambda t: [
            Series({"__name__": "hist1", "job": "test"}, histograms=[histogram(t, 10.5, positive=True, zero=True)]),
            Series({"__name__": "hist2", "job": "test"}, histograms=[histogram(t, 5.2, negative=True)])], (0, 2, 0)),
        Case("EmptyHistogram", build({"__name__": "empty_hist"}, 0.0), one),
        Case("HistogramWithMetadata",
             build({"__name__": "request_duration_seconds", "job": "api"}, 2.5, positive=True, negative=True, zero=True,
                   metadata=seconds), one),
        Case("HistogramWithExemplar",
             build({"__name__": "http_request_duration_seconds", "method": "GET"}, 1.23, positive=True, zero=True,
                   exemplar={"trace_id": "abc123def456", "span_id": "span789"}), (0, 1, 1)),
        Case("HistogramWithMetadataAndExemplar",
             build({"__name__": "response_size_bytes", "service": "upload"}, 10485760, positive=True, negative=True,
                   zero=True, metadata=byte_sizes, exemplar={"trace_id": "large_upload_trace", "user_id": "user456"}),
             (0, 1, 1)),
        Case("MultipleHistogramsWithMetadata", two_with_metadata, (0, 2, 0)),
    ]


# --- Exemplars ------------------------------------------------------------------------------------------------------

def exemplar_cases() -> List[Case]:
    def build(labels, exemplar_labels, value, start_offset=0):
        return lambda t: [Series(labels, [Sample(t, value, t - start_offset if start_offset else 0)],
                                 exemplars=[Exemplar(exemplar_labels, value, t)])]

    named = {
        "basic_exemplar": ({"__name__": "http_requests_total", "job": "api"}, {"trace_id": "abc123def456"}, 1.0),
        "exemplar_with_span_id": ({"__name__": "request_duration_seconds", "method": "GET"},
                                  {"trace_id": "xyz789", "span_id": "span123"}, 0.125),
        "exemplar_without_trace_id": ({"__name__": "cpu_usage", "instance": "host1"}, {"user_id": "user123"}, 0.85),
        "exemplar_with_multiple_labels": ({"__name__": "request_latency", "service": "auth"},
                                          {"trace_id": "trace456", "user": "admin", "endpoint": "/login"}, 0.05),
        "exemplar_no_labels": ({"__name__": "simple_counter"}, {}, 1.0),
        "exemplar_with_special_chars": ({"__name__": "test_metric"},
                                        {"trace_id": "trace-with-dashes_and_underscores.123"}, 42.0),
        "exemplar_with_unicode": ({"__name__": "unicode_test", "region": "🌍"}, {"trace_id": "unicode_trace_测试"}, 100.0),
    }
    cases = [Case(f"Exemplars/{name}", build(*args), (1, 0, 1)) for name, args in named.items()]
    cases.append(Case("ExemplarWithCreatedTimestamp",
                      build({"__name__": "http_requests_total", "job": "api"},
                            {"trace_id": "abc123", "span_id": "span456"}, 250.0, start_offset=2 * HOUR_MS), (1, 0, 1)))
    cases.append(Case("MultipleExemplars", lambda t: [
        build({"__name__": "request_duration", "method": "GET"}, {"trace_id": "trace1", "span_id": "span1"}, 0.1)(t)[0],
        build({"__name__": "request_duration", "method": "POST"}, {"trace_id": "trace2", "span_id": "span2"}, 0.25)(t)[0],
        build({"__name__": "error_count", "service": "payment"}, {"trace_id": "trace3", "user": "test_user"}, 1.0)(t)[0],
    ], (3, 0, 3)))
    cases.append(Case("ExemplarTimestamps", lambda t: [
        build({"__name__": "latency_hist"}, {"trace_id": trace}, value)(t - before)[0]
        for trace, value, before in (("old_trace", 0.05, HOUR_MS), ("recent_trace", 0.15, 60_000), ("current_trace", 0.08, 0))
    ], (3, 0, 3)))
    for name, labels, valid in (("exemplar_without_name_label", {"job": "test"}, False),
                                ("exemplar_with_empty_name", {"__name__": ""}, False),
                                ("exemplar_with_valid_name", {"__name__": "valid_metric"}, True)):
        cases.append(Case(f"ExemplarValidation/{name}", build(labels, {"trace_id": "test_trace"}, 1.0),
                          (1, 0, 1) if valid else (0, 0, 0), 204 if valid else 400))
    for name, value in (("zero_value", 0.0), ("negative_value", -123.456), ("large_value", 1e10), ("small_value", 1e-10),
                        ("nan_value", SPECIAL_VALUES["NaN"]), ("inf_value", math.inf), ("-inf_value", -math.inf)):
        cases.append(Case(f"ExemplarSpecialValues/{name}",
                          build({"__name__": "test_metric"}, {"trace_id": "special_value_trace"}, value), (1, 0, 1)))
    return cases


# --- Metadata -------------------------------------------------------------------------------------------------------

def metadata_cases() -> List[Case]:
    named = {
        "counter_metadata": ("http_requests_total", Metadata("counter", "Total number of HTTP requests", "requests")),
        "gauge_metadata": ("cpu_usage_percent", Metadata("gauge", "Current CPU usage percentage", "percent")),
        "metadata_no_help_no_unit": ("simple_counter", Metadata("counter")),
        "metadata_with_special_chars": ("test_metric", Metadata("gauge", 'Test metric with\nnewlines and "quotes"', "bytes/sec")),
        "unspecified_metadata_type": ("unknown_metric", Metadata("unspecified", "Unknown metric type")),
        "info_metadata_type": ("build_info", Metadata("info", "Build information")),
        "stateset_metadata_type": ("node_state", Metadata("stateset", "Node state information")),
        "summary_metadata_type": ("request_latency_summary", Metadata("summary", "Request latency summary", "seconds")),
        "gauge_histogram_metadata_type": ("temperature_histogram",
                                          Metadata("gaugehistogram", "Temperature distribution gauge histogram", "celsius")),
    }

    def with_sample(labels, value, metadata, start_offset=0):
        return lambda t: [Series(labels, [Sample(t, value, t - start_offset if start_offset else 0)], metadata=metadata)]

    seconds = Metadata("histogram", "Request duration in seconds", "seconds")
    requests = Metadata("counter", "Total HTTP requests", "requests")
    complex_labels = {"__name__": "http_request_duration_seconds", "job": "api-server", "instance": "localhost:8080",
                      "method": "GET", "status": "200", "endpoint": "/api/v1/users"}
    cases = [Case(f"Metadata/{name}", with_sample({"__name__": metric}, 1.0, metadata), (1, 0, 0))
             for name, (metric, metadata) in named.items()]
    cases += [
        Case("Metadata/histogram_metadata", lambda t: [
            Series({"__name__": "request_duration_seconds"}, metadata=seconds,
                   histograms=[histogram(t, 1.0, positive=True, negative=True, zero=True)])], (0, 1, 0)),
        Case("CounterMetadataWithCreatedTimestamp",
             with_sample({"__name__": "http_requests_total", "job": "api"}, 150.0, requests, HOUR_MS), (1, 0, 0)),
        Case("MetadataWithSamples", with_sample({"__name__": "http_requests_total", "job": "test"}, 42.0, requests), (1, 0, 0)),
        Case("MultipleMetadata", lambda t: [
            gauge({"__name__": "cpu_usage"}, 85.5, t, metadata=Metadata("gauge", "CPU usage percentage", "percent")),
            gauge({"__name__": "memory_usage"}, 4096000000, t, metadata=Metadata("gauge", "Memory usage in bytes", "bytes")),
            gauge({"__name__": "disk_usage", "device": "sda1"}, 75.2, t,
                  metadata=Metadata("gauge", "Disk usage percentage", "percent"))], (3, 0, 0)),
        Case("MetadataWithComplexLabels", lambda t: [
            Series(complex_labels, metadata=seconds,
                   histograms=[histogram(t, 0.25, positive=True, negative=True, zero=True)])], (0, 1, 0)),
    ]
    for name, labels, valid in (("metadata_without_name_label", {"job": "test"}, False),
                                ("metadata_with_empty_name", {"__name__": ""}, False),
                                ("metadata_with_valid_name", {"__name__": "valid_metric_name"}, True)):
        cases.append(Case(f"MetadataValidation/{name}", with_sample(labels, 1.0, Metadata("counter", "Test help", "unit")),
                          (1, 0, 0) if valid else (0, 0, 0), 204 if valid else 400))
    return cases


# --- Combined -------------------------------------------------------------------------------------------------------

def combined_cases() -> List[Case]:
    def sample(labels, value, metadata=None, exemplar=None, before=0, exemplar_before=0):
        return lambda t: Series(labels, [Sample(t - before, value)], metadata=metadata,
                                exemplars=[Exemplar(exemplar, value, t - exemplar_before)] if exemplar else [])

    def hist(labels, total, metadata=None, exemplar=None, **kinds):
        return lambda t: Series(labels, histograms=[histogram(t, total, **kinds)], metadata=metadata,
                                exemplars=[Exemplar(exemplar, total, t)] if exemplar else [])

    def request(*builders):
        return lambda t: [build(t) for build in builders]

    def meta(kind, help_text, unit):
        return Metadata(kind, help_text, unit)

    special = {"__name__": "test_metric", "job": "test-job_with.special@chars", "instance": "localhost:9090",
               "environment": "test🚀"}
    return [
        Case("SamplesWithMetadataAndExemplars", request(
            sample({"__name__": "http_requests_total", "job": "api", "method": "POST"}, 1.0,
                   meta("counter", "Total number of HTTP requests", "requests"),
                   {"trace_id": "request_trace_123", "user_id": "user789"})), (1, 0, 1)),
        Case("HistogramsWithMetadataAndExemplars", request(
            hist({"__name__": "request_duration_seconds", "service": "auth"}, 0.456,
                 meta("histogram", "HTTP request duration distribution", "seconds"),
                 {"trace_id": "slow_request_trace", "endpoint": "/login"}, positive=True, negative=True, zero=True)), (0, 1, 1)),
        Case("ComplexSamplesRequest", request(
            sample({"__name__": "cpu_usage", "instance": "server1"}, 0.85, meta("gauge", "CPU usage ratio", "ratio"),
                   {"trace_id": "high_cpu_trace", "process": "worker"}),
            sample({"__name__": "memory_usage", "instance": "server1"}, 8589934592,
                   meta("gauge", "Memory usage in bytes", "bytes"))), (2, 0, 1)),
        Case("ComplexHistogramsRequest", request(
            hist({"__name__": "response_time_hist", "endpoint": "/api/v1/users"}, 0.125,
                 meta("histogram", "Response time distribution", "seconds"),
                 {"trace_id": "fast_response", "user": "premium"}, positive=True, zero=True),
            hist({"__name__": "request_size_hist", "method": "POST"}, 1024,
                 meta("histogram", "Request size distribution", "bytes"), negative=True, zero=True)), (0, 2, 1)),
        Case("MultipleMetricFamiliesSamples", request(
            sample({"__name__": "http_requests_total", "status": "200"}, 1000,
                   meta("counter", "Total HTTP requests", "requests"), {"trace_id": "successful_request"}),
            sample({"__name__": "temperature_celsius", "location": "datacenter1"}, 23.5,
                   meta("gauge", "Temperature in Celsius", "celsius"))), (2, 0, 1)),
        Case("MultipleMetricFamiliesHistograms", request(
            hist({"__name__": "request_duration_seconds", "handler": "/metrics"}, 0.003,
                 meta("histogram", "Request duration in seconds", "seconds"),
                 {"trace_id": "metrics_scrape", "scraper": "prometheus"}, positive=True, zero=True)), (0, 1, 1)),
        Case("EdgeCaseCombinations/metadata_without_data", request(
            lambda t: Series({"__name__": "orphan_metric"}, metadata=meta("counter", "Orphaned metric metadata", "count"))),
            (0, 0, 0)),
        Case("EdgeCaseCombinations/exemplars_without_data", request(
            lambda t: Series({"__name__": "orphan_metric"}, exemplars=[Exemplar({"trace_id": "orphan_trace"}, 42.0, t)])),
            (0, 0, 1)),
        Case("EdgeCaseCombinations/mixed_timestamp_data", request(
            sample({"__name__": "old_metric"}, 1.0, exemplar={"trace_id": "old_trace"}, before=HOUR_MS,
                   exemplar_before=HOUR_MS // 2),
            sample({"__name__": "new_metric"}, 2.0)), (2, 0, 1)),
        Case("ManySamples", request(*[
            sample({"__name__": f"counter_metric_{i}", "series": f"series_{i}"}, i * 100.0,
                   meta("counter", f"Counter metric number {i}", "count"), {"trace_id": f"trace_{i}"})
            for i in range(50)]), (50, 0, 50)),
        Case("ManyHistograms", request(*[
            hist({"__name__": f"histogram_metric_{i}", "bucket": f"bucket_{i}"}, i / 10.0,
                 meta("histogram", f"Histogram metric number {i}", "seconds"), {"trace_id": f"trace_{i}"},
                 positive=True, negative=i % 2 == 0, zero=True)
            for i in range(50)]), (0, 50, 50)),
        Case("SpecialCharactersCombined", request(
            sample(special, 42.0, meta("gauge", 'Special characters: äöü, newlines\nand "quotes"', "special/units"),
                   {"trace_id": "special_trace_äöü-123", "span_id": "span_with.dots-and_underscores"})), (1, 0, 1)),
        Case("CustomBucketsHistogramWithExemplar", request(
            hist({"__name__": "custom_latency_hist", "version": "v2"}, 0.05,
                 exemplar={"trace_id": "custom_bucket_trace", "bucket": "0.1"}, custom=True)), (0, 1, 1)),
    ]


CASES = metric_cases() + histogram_cases() + exemplar_cases() + metadata_cases() + combined_cases()
