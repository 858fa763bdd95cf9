"""A destination for predictions that takes every request at once and keeps nothing."""
import http.server
import threading

import harness

# What is really in a request is not looked at; promcast takes at most what it sent as written.
_ALL_OF_THEM = str(1 << 31)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        if "v2.Request" in self.headers["Content-Type"]:
            for kind, count in (("Samples", _ALL_OF_THEM), ("Histograms", "0"), ("Exemplars", "0")):
                self.send_header(f"X-Prometheus-Remote-Write-{kind}-Written", count)
        self.end_headers()

    def log_message(self, *_):
        pass


class Sink:
    def __init__(self):
        self._server = http.server.ThreadingHTTPServer((harness.HOST, 0), _Handler)
        self._server.daemon_threads = True
        self.url = f"http://{harness.HOST}:{self._server.server_port}/api/v1/write"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
