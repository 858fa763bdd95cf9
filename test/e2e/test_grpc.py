"""Remote write over gRPC as Thanos speaks it, health and reflection; raw bytes, no generated code."""
import grpc
import pytest

import harness
import wire

MIB = 1 << 20


@pytest.fixture(scope="module")
def promcast(promcast_program, module_folder, start_for_module):
    return start_for_module(harness.Promcast(promcast_program, module_folder,
                                             harness.forecast_config(match='{__name__=~".+"}')))


@pytest.fixture(scope="module")
def channel(promcast):
    with grpc.insecure_channel(f"{harness.HOST}:{promcast.grpc_port}") as opened:
        grpc.channel_ready_future(opened).result(timeout=30)
        yield opened


def remote_write(channel, message: bytes, **kwargs) -> bytes:
    return channel.unary_unary("/thanos.WriteableStore/RemoteWrite")(message, timeout=60, **kwargs)


def accepted(promcast) -> float:
    return promcast.metrics().sum("promcast_ingest_samples_total", outcome="accepted")


def test_remote_write_takes_samples_into_the_same_series_as_http(promcast, channel):
    before = accepted(promcast)
    t = harness.now_ms()
    message = wire.v1_message([wire.one("grpc_metric", 1.0, t, id=str(i)) for i in range(10)])
    tenant_and_replica = wire.length_delimited(2, b"tenant") + wire.integer(3, 1)
    assert remote_write(channel, message + tenant_and_replica) == b""
    assert accepted(promcast) == before + 10
    assert promcast.write([wire.one("grpc_metric", 1.0, t, id="0")], version=1).status == 204
    assert accepted(promcast) == before + 10, "the same sample over HTTP is a duplicate"


@pytest.mark.parametrize("message", [
    wire.v1_message([wire.Series({"job": "x"}, [wire.Sample(1000, 1.0)])]),
    wire.v1_message([wire.one("up", 1.0, 1000)])[:-3],
    b"\xff" * 40,
], ids=["no metric name", "truncated", "no protobuf"])
def test_a_bad_request_is_an_invalid_argument(channel, message):
    with pytest.raises(grpc.RpcError) as error:
        remote_write(channel, message)
    assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT, error.value
    assert error.value.details()


def test_health_says_serving(channel):
    check = channel.unary_unary("/grpc.health.v1.Health/Check")
    harness.wait_until(lambda: check(b"", timeout=10) == b"\x08\x01", "health says SERVING", 10)


def test_reflection_lists_the_services(channel):
    reflect = channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
    answer = next(reflect(iter([wire.length_delimited(7, b"")]), timeout=10))
    assert b"thanos.WriteableStore" in answer
    assert b"grpc.health.v1.Health" in answer


@pytest.mark.parametrize("megabytes, compression", [
    (15, grpc.Compression.NoCompression), (31, grpc.Compression.NoCompression), (200, grpc.Compression.Gzip)],
                         ids=["15 MiB of empty series", "31 MiB of empty series", "200 MiB of empty series in a gzip bomb"])
def test_a_flood_is_refused_and_memory_stays_bounded(promcast, channel, megabytes, compression):
    promcast.reset_peak_memory()
    before_kib = promcast.memory_kib("VmRSS")
    with pytest.raises(grpc.RpcError) as error:
        remote_write(channel, b"\x0a\x00" * (megabytes * MIB // 2), compression=compression)
    assert error.value.code() in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED,
                                  grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.UNAVAILABLE), error.value
    assert promcast.memory_kib("VmHWM") - before_kib < 64 * 1024
    assert promcast.is_running()
    message = wire.v1_message([wire.one("after_flood", 1.0, harness.now_ms())])
    assert harness.wait_until(lambda: remote_write(channel, message) == b"", "good requests are served after it")
