"""The cases of prometheus/compliance, remotewrite/receiver, each under its own name.

Stricter than the suite, which lets a 400 pass wherever it expects success: the status and the three Written counts are
compared exactly. Behind them, what the specifications ask of a receiver and the suite does not try.
"""
import pytest

import harness
import wire
from receiver_cases import CASES, HOUR_MS, JOB_INSTANCE, gauge, histogram, tick, up
from wire import Metadata, Sample, Series


@pytest.fixture(scope="module")
def promcast(promcast_program, module_folder, start_for_module):
    return start_for_module(harness.Promcast(promcast_program, module_folder,
                                             harness.forecast_config(match='{__name__=~".+"}')))


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
