"""A destination for predictions that takes every request at once and keeps nothing. It shares the machine with what is
measured, so it does little: bodies are read over one another, and of a head two fields are looked at."""
import asyncio
import re
import threading

import harness

_HEAD_END = b"\r\n\r\n"
_HEAD_STEP_BYTES = 4096  # what is looked at at once for a head
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TAKEN = b"HTTP/1.1 204 No Content\r\n"
# What is really in a request is not looked at; promcast takes at most what it sent as written.
_TAKEN_V2 = _TAKEN + b"".join(b"X-Prometheus-Remote-Write-%s-Written: %d\r\n" % (kind, count) for kind, count in
                              ((b"Samples", 1 << 31), (b"Histograms", 0), (b"Exemplars", 0)))


class _Connection(asyncio.BufferedProtocol):
    def __init__(self):
        self._buffer = memoryview(bytearray(1 << 18))
        self._head = b""
        self._left = 0      # of a body
        self._answer = b""

    def connection_made(self, transport):
        self._transport = transport

    def get_buffer(self, _):
        return self._buffer

    def buffer_updated(self, count):
        at = 0
        while at < count:
            if self._left == 0:
                at = self._read_head(at, count)
            taken = min(self._left, count - at)
            at += taken
            self._left -= taken
            if self._left == 0 and self._answer:
                self._transport.write(self._answer)
                self._answer = b""

    def _read_head(self, begin, end):
        end = min(end, begin + _HEAD_STEP_BYTES)
        before = len(self._head)
        self._head += self._buffer[begin:end]
        head_bytes = self._head.find(_HEAD_END)
        if head_bytes < 0:
            return end
        head, self._head = self._head[:head_bytes], b""
        self._left = int(_LENGTH.search(head)[1])
        self._answer = (_TAKEN_V2 if b"v2.Request" in head else _TAKEN) + b"\r\n"
        return begin + head_bytes + len(_HEAD_END) - before


class Sink:
    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(self._loop.create_server(_Connection, harness.HOST, 0))
        self.url = f"http://{harness.HOST}:{self._server.sockets[0].getsockname()[1]}/api/v1/write"
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._server.close()
        self._loop.close()
