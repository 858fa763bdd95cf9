"""Requests made to hurt: each gets a clear status, memory stays bounded, and honest writers never notice."""
import socket
import threading
from typing import Dict, List, Tuple

import pytest

import harness
import wire

MIB = 1 << 20
ALLOWED_GROWTH_KIB = 64 * 1024
READ_TIMEOUT_S = 3


@pytest.fixture(scope="module")
def promcast(promcast_program, module_folder, start_for_module):
    process = start_for_module(harness.Promcast(
        promcast_program, module_folder, harness.forecast_config(match='{__name__=~".+"}'),
        flags=[f"--web.read-timeout={READ_TIMEOUT_S}s"]))
    # A first request of full size, so that what the process keeps for good is in the baseline of every test.
    harness.post_write(process.port, wire.snappy(wire.v2_message([wire.one("warm", 1.0, harness.now_ms())])))
    return process


class HonestWriter(threading.Thread):
    """Writes one good request after the other, in both protocols, until it is stopped."""

    def __init__(self, port: int):
        super().__init__(daemon=True)
        self.port = port
        self.replies: List[harness.WriteReply] = []
        self.errors: List[Exception] = []
        self.stopping = threading.Event()

    def run(self):
        version = 1
        while not self.stopping.is_set():
            version = 3 - version
            series = [wire.one("honest_metric", 1.0, harness.now_ms(), writer=str(i)) for i in range(100)]
            message = wire.v2_message(series) if version == 2 else wire.v1_message(series)
            try:
                self.replies.append(harness.post_write(self.port, wire.snappy(message), version))
            except OSError as error:
                self.errors.append(error)

    def served(self) -> int:
        return len(self.replies)


@pytest.fixture
def calm(promcast, request):
    """Around a test: memory grows by less than 64 MiB at its peak, and honest writers see 204 throughout."""
    promcast.reset_peak_memory()
    before_kib = promcast.memory_kib("VmRSS")
    writer = HonestWriter(promcast.port)
    writer.start()
    harness.wait_until(lambda: writer.served() >= 2, "the honest writer is served before the attack")
    yield writer
    served = writer.served()
    harness.wait_until(lambda: writer.served() >= served + 2, "the honest writer is served after the attack")
    writer.stopping.set()
    writer.join(30)
    grown_kib = promcast.memory_kib("VmHWM") - before_kib
    assert promcast.is_running()
    assert not writer.errors
    # Eight floods at once may use up limits.max_in_flight: 503 asks a writer to come again, and it is served then.
    overload = {503} if "eight_floods" in request.node.name else set()
    statuses = {reply.status for reply in writer.replies}
    assert 204 in statuses and statuses <= {204} | overload
    assert grown_kib < ALLOWED_GROWTH_KIB, f"resident memory grew by {grown_kib / 1024:.1f} MiB"


# --- 32 MiB of almost nothing ---------------------------------------------------------------------------------------

def nested(field: int, head: bytes, unit: bytes, total_bytes: int) -> list:
    """One submessage of `field` that holds `head` and then `unit` again and again, `total_bytes` in all."""
    count = (total_bytes - len(head)) // len(unit)
    return [wire.tag(field, 2) + wire.varint(len(head) + count * len(unit)) + head, (unit, count)]


V1_NAME = wire.length_delimited(1, wire.length_delimited(1, b"__name__") + wire.length_delimited(2, b"flood"))
V2_SYMBOLS = b"".join(wire.length_delimited(4, s) for s in (b"", b"__name__", b"flood"))
V2_NAME = wire.packed(1, [b"\x01", b"\x02"])
FULL = 32 * MIB - 4096

FLOODS: Dict[str, Tuple[int, list]] = {
    "v1 16 million empty time series": (1, [(b"\x0a\x00", FULL // 2)]),
    "v1 16 million empty metadata": (1, [(b"\x1a\x00", FULL // 2)]),
    "v1 empty labels in one series": (1, nested(1, V1_NAME, b"\x0a\x00", FULL)),
    "v1 empty samples in one series": (1, nested(1, V1_NAME, b"\x12\x00", FULL)),
    "v1 empty exemplars in one series": (1, nested(1, V1_NAME, b"\x1a\x00", FULL)),
    "v1 empty histograms in one series": (1, nested(1, V1_NAME, b"\x22\x00", FULL)),
    "v1 unknown fields": (1, [(b"\x78\x00", FULL // 2)]),
    "v2 16 million empty time series": (2, [V2_SYMBOLS, (b"\x2a\x00", FULL // 2)]),
    "v2 16 million empty symbols": (2, [(b"\x22\x00", FULL // 2)]),
    "v2 32 million label refs in one series": (2, [V2_SYMBOLS] + nested(
        5, wire.tag(1, 2) + wire.varint(FULL - 64), b"\x00", FULL)),
    "v2 empty samples in one series": (2, [V2_SYMBOLS] + nested(5, V2_NAME, b"\x12\x00", FULL)),
    "v2 empty histograms in one series": (2, [V2_SYMBOLS] + nested(5, V2_NAME, b"\x1a\x00", FULL)),
    "v2 empty exemplars in one series": (2, [V2_SYMBOLS] + nested(5, V2_NAME, b"\x22\x00", FULL)),
    "v2 empty metadata in one series": (2, [V2_SYMBOLS] + nested(5, V2_NAME, b"\x2a\x00", FULL)),
}


@pytest.mark.parametrize("name", FLOODS)
def test_1_5_mb_that_inflate_to_32_mib_of_nothing(promcast, calm, name):
    version, parts = FLOODS[name]
    body = wire.snappy_of_repeats(parts)
    assert len(body) < 1_700_000
    replies = [harness.post_write(promcast.port, body, version) for _ in range(3)]
    # Nothing in it is a valid sample stamped now, but unknown fields, metadata and exemplars are no errors.
    assert all(reply.status in (204, 400) for reply in replies), replies
    assert all(reply.text for reply in replies if reply.status == 400)


@pytest.mark.parametrize("name", ["v1 16 million empty time series", "v2 16 million empty time series",
                                  "v1 empty samples in one series", "v2 16 million empty symbols"])
def test_eight_floods_at_once(promcast, calm, name):
    version, parts = FLOODS[name]
    body = wire.snappy_of_repeats(parts)
    replies: List[harness.WriteReply] = []
    threads = [threading.Thread(target=lambda: replies.append(harness.post_write(promcast.port, body, version)))
               for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(replies) == 8
    # An empty sample is a sample: value 0 at time 0, and then its duplicates.
    assert {reply.status for reply in replies} <= {204 if "samples" in name else 400, 503}, replies
    assert all("retry-after" in reply.headers for reply in replies if reply.status == 503)


# --- snappy bombs ---------------------------------------------------------------------------------------------------

ZEROS = b"\x00" * 1024
BOMBS = {
    "declared 4 GiB - 1": wire.varint((1 << 32) - 1) + wire.snappy(ZEROS)[2:],
    "declared 2^64 - 1": wire.varint((1 << 64) - 1) + wire.snappy(ZEROS)[2:],
    "declared length without an end": b"\xff" * 64,
    "declared above 32 MiB and true": wire.snappy_of_repeats([(b"\x0a\x00", 17 * MIB)]),
    "declared 32 MiB in 1 KiB of body": wire.varint(32 * MIB) + wire.snappy(ZEROS)[2:],
    "declared longer than the truth": wire.snappy(ZEROS, declared_bytes=2048),
    "declared shorter than the truth": wire.snappy_of_repeats([(b"\x0a\x00", 8 * MIB)], declared_bytes=1 << 20),
    "copy before the first byte": wire.varint(1024) + b"\xfe\x01\x00" * 16,
    "copy with offset 0": wire.varint(68) + b"\x0cabcd" + b"\xfe\x00\x00",
    "literal past the end": wire.varint(1 << 20) + b"\xfc\xff\xff\x0f\x00abc",
    "only a length": wire.varint(1000),
    "nothing": b"",
}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("name", BOMBS)
def test_snappy_bomb_is_400(promcast, calm, name, version):
    reply = harness.post_write(promcast.port, BOMBS[name], version)
    assert reply.status == 400 and reply.text, reply


def test_body_above_the_limit_is_413_before_it_is_read(promcast, calm):
    with socket.create_connection((harness.HOST, promcast.port), timeout=30) as connection:
        connection.sendall(request_head(33 * MIB))
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


# --- truncation -----------------------------------------------------------------------------------------------------

def sample_message(version: int) -> bytes:
    t = harness.now_ms()
    series = [wire.Series({"__name__": f"truncated_v{version}_{i}", "job": "x"}, [wire.Sample(t, float(i))],
                          exemplars=[wire.Exemplar({"trace_id": "abc"}, 1.0, t)]) for i in range(4)]
    series.append(wire.Series({"__name__": f"truncated_v{version}_histogram"}, histograms=[
        wire.Histogram(t, 3, 1.5, negative_spans=[(0, 2)], negative_deltas=[1, 1])]))
    return wire.v2_message(series) if version == 2 else wire.v1_message(series)


@pytest.mark.parametrize("version", [1, 2])
def test_a_body_truncated_at_every_length_is_400(promcast, calm, version):
    body = wire.snappy(sample_message(version))
    statuses = {length: harness.post_write(promcast.port, body[:length], version).status for length in range(len(body))}
    assert set(statuses.values()) == {400}, {length: s for length, s in statuses.items() if s != 400}
    assert harness.post_write(promcast.port, body, version).status == 204


@pytest.mark.parametrize("version", [1, 2])
def test_a_message_truncated_at_every_length_is_answered(promcast, calm, version):
    """Cut between two fields of the top level a message is a shorter valid one; anywhere else it is broken."""
    message = sample_message(version)
    ends = top_level_ends(message)
    for length in range(len(message)):
        reply = harness.post_write(promcast.port, wire.snappy(message[:length]), version)
        assert reply.status == (204 if length in ends else 400), (length, reply)


def top_level_ends(message: bytes) -> set:
    """Offsets at which a field of the top level has just ended; all fields are length-delimited."""
    ends, at = {0}, 0
    while at < len(message):
        at += 1
        length, shift = 0, 0
        while True:
            byte = message[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        at += length
        ends.add(at)
    return ends


# --- slow connections -----------------------------------------------------------------------------------------------

def request_head(content_length: int) -> bytes:
    return (f"POST /api/v1/write HTTP/1.1\r\nHost: {harness.HOST}\r\nContent-Encoding: snappy\r\n"
            f"Content-Type: {wire.V1_CONTENT_TYPE}\r\nContent-Length: {content_length}\r\n\r\n").encode()


class SlowConnections:
    """64 connections; each may get an early answer or be closed, which ends it."""

    def __init__(self, port: int, first_bytes: bytes):
        self.answers: List[bytes] = []
        self.open: List[socket.socket] = []
        for _ in range(64):
            connection = socket.create_connection((harness.HOST, port), timeout=30)
            connection.sendall(first_bytes)
            connection.setblocking(False)
            self.open.append(connection)

    def send_to_each(self, data: bytes) -> None:
        for connection in list(self.open):
            try:
                connection.send(data)
            except BlockingIOError:
                pass
            except OSError:
                self._collect(connection)

    def poll_ended(self) -> int:
        """How many are still open after looking at each."""
        for connection in list(self.open):
            self._collect(connection)
        return len(self.open)

    def _collect(self, connection: socket.socket) -> None:
        try:
            answer = connection.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            answer = b""
        self.answers.append(answer.split(b"\r\n")[0])
        connection.close()
        self.open.remove(connection)

    def close(self) -> None:
        for connection in self.open:
            connection.close()


def keep_attacking(connections: SlowConnections, chunk: bytes, writer: HonestWriter, rounds: int) -> None:
    """`rounds` times a chunk on every connection, with the honest writer served in between."""
    for _ in range(rounds):
        connections.send_to_each(chunk)
        connections.poll_ended()
        served = writer.served()
        harness.wait_until(lambda: writer.served() > served, "the honest writer is served during the attack")


def test_64_connections_that_announce_30_mib_and_send_slowly(promcast, calm):
    connections = SlowConnections(promcast.port, request_head(30 * MIB))
    try:
        keep_attacking(connections, b"\x00" * 65536, calm, rounds=40)
        harness.wait_until(lambda: connections.poll_ended() == 0, "every slow connection is ended", READ_TIMEOUT_S + 20)
    finally:
        connections.close()
    assert all(answer[9:12] in (b"", b"400", b"408", b"413", b"503") for answer in connections.answers), connections.answers


def test_64_connections_that_send_their_headers_a_byte_at_a_time(promcast, calm):
    head = request_head(1000)
    connections = SlowConnections(promcast.port, head[:1])
    try:
        for byte in head[1:60]:
            keep_attacking(connections, bytes([byte]), calm, rounds=1)
        harness.wait_until(lambda: connections.poll_ended() == 0, "every slow connection is ended", READ_TIMEOUT_S + 20)
    finally:
        connections.close()
    assert all(answer[9:12] in (b"", b"400", b"408") for answer in connections.answers), connections.answers


def test_64_idle_connections(promcast, calm):
    connections = SlowConnections(promcast.port, b"")
    try:
        served = calm.served()
        harness.wait_until(lambda: calm.served() >= served + 50, "the honest writer is served beside idle connections")
    finally:
        connections.close()


def test_many_new_series_do_not_stop_known_ones(promcast_program, tmp_path, start):
    config = harness.forecast_config(match='{__name__=~".+"}')
    config["limits"] = {"max_series": 1000}
    promcast = start(harness.Promcast(promcast_program, tmp_path, config))
    for batch in range(20):
        t = harness.now_ms()
        reply = promcast.write([wire.one("known", float(batch), t)] +
                               [wire.one("flood", 1.0, t, id=f"{batch}-{i}") for i in range(1000)])
        assert (reply.status, reply.written()) == (204, (1001, 0, 0)), reply
    outcomes = promcast.metrics()
    assert outcomes.sum("promcast_ingest_samples_total", outcome="accepted") == 1000 + 19
    assert outcomes.sum("promcast_ingest_samples_total", outcome="limit_reached") == 20 * 1001 - 1019
