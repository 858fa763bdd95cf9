"""The cases of prometheus/compliance, remotewrite/receiver, each under its own name.

Stricter than the suite, which lets a 400 pass wherever it expects success: the status and the three Written counts are
compared exactly. Behind them, what the specifications ask of a receiver and the suite does not try.
"""
import dataclasses
import math
from typing import Callable, Dict, List, Tuple

import pytest

import harness
import wire
from wire import Exemplar, Histogram, Metadata, Sample, Series

HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def promcast(promcast_program, module_folder, start_for_module):
    return start_for_module(harness.Promcast(promcast_program, module_folder,
                                             harness.forecast_config(match='{__name__=~".+"}')))


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


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_of_the_suite(promcast, case):
    reply = promcast.write(case.series(tick()))
    assert (reply.status, reply.written()) == (case.status, case.written), reply
    assert bool(reply.text) == (case.status != 204), "an error says what was wrong, a success has no body"


# --- BadContentTypes, BadContentEncodings, CorruptRequestBody, RW1 --------------------------------------------------

def corrupt(body: bytes, first_byte: int) -> bytes:
    return bytes([first_byte]) + body[1:]


def valid_body(version: int = 2) -> bytes:
    series = [wire.one("up", 1.0, tick())]
    return wire.snappy(wire.v2_message(series) if version == 2 else wire.v1_message(series))


@pytest.mark.parametrize("content_type", ["application/json", "image/png"],
                         ids=lambda t: "BadContentTypes/" + t.replace("/", "_"))
def test_bad_content_type_is_415_whatever_the_body(promcast, content_type):
    reply = harness.post_write(promcast.port, corrupt(valid_body(), ord("0")), headers={"Content-Type": content_type})
    assert reply.status == 415, reply


@pytest.mark.parametrize("encoding", ["gzip", "deflate"], ids=lambda e: "BadContentEncodings/" + e)
def test_bad_content_encoding_is_415_whatever_the_body(promcast, encoding):
    reply = harness.post_write(promcast.port, corrupt(valid_body(), ord("0")), headers={"Content-Encoding": encoding})
    assert reply.status == 415, reply


def test_CorruptRequestBody_is_400_and_nothing_is_written(promcast):
    reply = harness.post_write(promcast.port, corrupt(valid_body(), ord("0")))
    assert (reply.status, reply.written()) == (400, (0, 0, 0)), reply


def test_RW1BasicCompatibility(promcast):
    t = tick()
    body = wire.snappy(wire.v1_message([gauge(JOB_INSTANCE, 1.0, t), wire.one("http_requests_total", 100.0, t)]))
    reply = harness.post_write(promcast.port, body, version=1, headers={"X-Prometheus-Remote-Write-Version": None})
    assert (reply.status, reply.written(), reply.text) == (204, None, ""), reply


def test_RW1ErrorHandling(promcast):
    reply = harness.post_write(promcast.port, corrupt(valid_body(1), 0xFF), version=1)
    assert (reply.status, reply.written()) == (400, None), reply


# --- beyond the suite -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("path", ["/api/v1/write", "/api/v1/push", "/api/v1/receive"])
def test_every_ingest_path_takes_both_protocols(promcast, path, version):
    reply = promcast.write([wire.one("path_metric", 1.0, tick())], version, path=path)
    assert (reply.status, reply.written()) == (204, (1, 0, 0) if version == 2 else None), reply


@pytest.mark.parametrize("version", [1, 2])
def test_a_duplicate_label_name_is_400_and_the_rest_is_written(promcast, version):
    t = tick()
    reply = promcast.write([Series([("__name__", "up"), ("job", "a"), ("job", "b")], [Sample(t, 1.0)]),
                            wire.one("up", 1.0, t, job="c")], version)
    assert (reply.status, reply.written()) == (400, (1, 0, 0) if version == 2 else None), reply
    assert "job" in reply.text


@pytest.mark.parametrize("version", [1, 2])
def test_unsorted_labels_are_taken_and_are_the_same_series(promcast, version):
    t = tick()
    labels = [("z", "1"), ("__name__", f"unsorted_v{version}"), ("a", "2")]
    assert promcast.write([Series(labels, [Sample(t, 1.0)])], version).status == 204
    before = promcast.metrics().sum("promcast_ingest_samples_total", outcome="duplicate")
    assert promcast.write([Series(sorted(labels), [Sample(t, 1.0)])], version).status == 204
    assert promcast.metrics().sum("promcast_ingest_samples_total", outcome="duplicate") == before + 1


@pytest.mark.parametrize("version", [1, 2])
def test_a_retried_identical_request_is_204_again(promcast, version):
    series = [wire.one("retried_total", 5.0, tick())]
    replies = [promcast.write(series, version, headers={"Retry-Attempt": str(i)}) for i in range(3)]
    assert [(r.status, r.written()) for r in replies] == [(204, (1, 0, 0) if version == 2 else None)] * 3


def test_an_hour_old_sample_behind_a_newer_one_counts_as_written(promcast):
    t = tick()
    assert promcast.write([wire.one("late_metric", 1.0, t)]).status == 204
    reply = promcast.write([wire.one("late_metric", 1.0, t - HOUR_MS)])
    assert (reply.status, reply.written()) == (204, (1, 0, 0)), reply


def test_a_sample_an_hour_ahead_is_400(promcast):
    reply = promcast.write([wire.one("ahead_metric", 1.0, tick() + HOUR_MS), wire.one("now_metric", 1.0, tick())])
    assert (reply.status, reply.written()) == (400, (1, 0, 0)), reply


def test_created_timestamp_in_field_6_is_skipped(promcast):
    t = tick()
    reply = promcast.write([Series({"__name__": "rc3_total"}, [Sample(t, 1.0)], created_timestamp_ms=t - HOUR_MS)])
    assert (reply.status, reply.written()) == (204, (1, 0, 0)), reply


def test_own_series_count_as_written_and_are_dropped_with_a_counter(promcast):
    before = promcast.metrics().sum("promcast_ingest_samples_total", outcome="own_series")
    reply = promcast.write([wire.one("predicted_up", 1.0, tick(), forecaster="promcast", horizon="1h"),
                            wire.one("anything", 1.0, tick(), forecaster="promcast")])
    assert (reply.status, reply.written()) == (204, (2, 0, 0)), reply
    assert promcast.metrics().sum("promcast_ingest_samples_total", outcome="own_series") == before + 2


def test_v1_metadata_without_series_is_204(promcast):
    metadata = [Metadata(kind, "help", "", f"family_{kind}") for kind in wire.METRIC_TYPES]
    body = wire.snappy(wire.v1_message([], metadata))
    assert harness.post_write(promcast.port, body, version=1).status == 204


@pytest.mark.parametrize("version", [1, 2])
def test_an_empty_request_is_204(promcast, version):
    body = wire.snappy(wire.v2_message([]) if version == 2 else b"")
    assert harness.post_write(promcast.port, body, version=version).status == 204


@pytest.mark.parametrize("refs", [[1, 2, 3], [1, 99], [99, 2], [1, 1 << 32 - 1]], ids=str)
def test_odd_or_out_of_range_label_refs_are_400_and_the_rest_is_written(promcast, refs):
    t = tick()
    bad = wire.length_delimited(5, wire.packed(1, [wire.varint(r) for r in refs]) +
                                wire.length_delimited(2, wire.double(1, 1.0) + wire.integer(2, t)))
    reply = harness.post_write(promcast.port, wire.snappy(wire.v2_message([wire.one("up", 1.0, t)]) + bad))
    assert (reply.status, reply.written()) == (400, (1, 0, 0)), reply


def test_custom_bucket_histograms_with_bad_counts_are_400(promcast):
    h = histogram(tick(), 1.0, custom=True)
    h.count = 29
    reply = promcast.write([Series({"__name__": "nhcb"}, histograms=[h])])
    assert (reply.status, reply.written()) == (400, (0, 0, 0)), reply


@pytest.mark.parametrize("content_type, status", [
    ("application/x-protobuf", 204),
    ("application/x-protobuf;proto=prometheus.WriteRequest", 204),
    ("application/x-protobuf; proto=prometheus.WriteRequest", 204),
    (None, 204),
    ("application/x-protobuf;proto=io.prometheus.write.v3.Request", 415),
    ("text/plain", 415),
])
def test_content_types_of_a_v1_body(promcast, content_type, status):
    reply = harness.post_write(promcast.port, valid_body(1), version=1, headers={"Content-Type": content_type})
    assert reply.status == status, reply


@pytest.mark.parametrize("content_type", [wire.V2_CONTENT_TYPE, wire.V2_CONTENT_TYPE.replace(";", "; ")])
@pytest.mark.parametrize("version_header", ["2.0.0", "0.1.0", None])
def test_the_content_type_alone_chooses_the_schema(promcast, content_type, version_header):
    headers = {"Content-Type": content_type, "X-Prometheus-Remote-Write-Version": version_header}
    reply = harness.post_write(promcast.port, valid_body(2), headers=headers)
    assert (reply.status, reply.written()) == (204, (1, 0, 0)), reply


def test_a_missing_content_encoding_means_snappy(promcast):
    assert harness.post_write(promcast.port, valid_body(), headers={"Content-Encoding": None}).status == 204


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_only_post_writes(promcast, method):
    assert harness.post_write(promcast.port, b"", method=method).status == 405


def test_a_v2_body_called_v1_is_refused_or_holds_no_series(promcast):
    reply = harness.post_write(promcast.port, valid_body(2), version=1)
    assert reply.status in (204, 400)
    assert reply.written() is None
