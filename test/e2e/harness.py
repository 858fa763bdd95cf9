"""Processes of the end-to-end tests: started on free loopback ports in their own folders, ended by pid.

Waiting is polling a condition until a deadline; nothing here sleeps to let something happen.
"""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Callable, Dict, List, Optional, Sequence, Tuple, TypeVar

import yaml

import wire

T = TypeVar("T")
HOST = "127.0.0.1"
_taken_ports = set()


def free_port() -> int:
    while True:
        with socket.socket() as s:
            s.bind((HOST, 0))
            port = s.getsockname()[1]
        if port not in _taken_ports:
            _taken_ports.add(port)
            return port


def wait_until(condition: Callable[[], T], what: str, deadline_s: float = 30, poll_s: float = 0.1) -> T:
    """The first true value of `condition`; an exception counts as not yet. AssertionError at the deadline."""
    end = time.monotonic() + deadline_s
    last: object = None
    while True:
        try:
            last = condition()
            if last:
                return last
        except (OSError, http.client.HTTPException, AssertionError, ValueError) as error:
            last = error
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {deadline_s:g} s; last seen: {last!r}")
        time.sleep(poll_s)


class Process:
    """A program with its folder and its log. Ended with SIGTERM, then SIGKILL."""

    def __init__(self, name: str, folder: pathlib.Path):
        self.name = name
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log_path = folder / f"{name}.log"
        self.popen: Optional[subprocess.Popen] = None

    def argv(self) -> List[str]:
        raise NotImplementedError

    def is_ready(self) -> bool:
        raise NotImplementedError

    def start(self, deadline_s: float = 60) -> "Process":
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen(self.argv(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder)
        wait_until(lambda: self._check_alive() and self.is_ready(), f"{self.name} becomes ready", deadline_s)
        return self

    def _check_alive(self) -> bool:
        code = self.popen.poll()
        if code is not None:
            raise RuntimeError(f"{self.name} ended with {code}:\n{self.log_tail()}")
        return True

    @property
    def pid(self) -> int:
        return self.popen.pid

    def is_running(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def signal(self, number: int) -> None:
        self.popen.send_signal(number)

    def stop(self, deadline_s: float = 20) -> int:
        """The exit code; negative when it had to be killed or died by a signal."""
        if self.popen is None:
            return 0
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(deadline_s)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        return self.popen.returncode

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self, lines: int = 20) -> str:
        return "\n".join(self.log().splitlines()[-lines:])

    def memory_kib(self, field: str) -> int:
        """VmRSS, or VmHWM: the peak since reset_peak_memory()."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        raise RuntimeError(f"no {field} in /proc/{self.pid}/status")

    def reset_peak_memory(self) -> None:
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")


class HttpProcess(Process):
    def __init__(self, name: str, folder: pathlib.Path):
        super().__init__(name, folder)
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"

    def get(self, path: str, headers: Optional[Dict[str, str]] = None, timeout_s: float = 10) -> str:
        request = urllib.request.Request(self.url + path, headers=headers or {})
        with urllib.request.urlopen(request, timeout=timeout_s) as response:
            return response.read().decode()

    def status(self, path: str, method: str = "GET", body: Optional[bytes] = None) -> Tuple[int, str]:
        request = urllib.request.Request(self.url + path, data=body, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metrics(self) -> "Metrics":
        return Metrics(self.get("/metrics"))


class Metrics:
    """A text exposition: sums and single values by name and labels."""

    _line = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)")
    _label = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

    def __init__(self, text: str):
        self.text = text
        self.samples: List[Tuple[str, Dict[str, str], float]] = []
        for line in text.splitlines():
            match = self._line.match(line)
            if match:
                self.samples.append((match[1], dict(self._label.findall(match[2] or "")), float(match[3])))

    def names(self) -> set:
        return {name for name, _, _ in self.samples}

    def sum_or_zero(self, name: str) -> float:
        """For a counter whose series appear with their first event."""
        return self.sum(name) if name in self.names() else 0

    def sum(self, name: str, **labels: str) -> float:
        """Over all series that have these labels; fails when there is none at all by that name."""
        values = [v for n, l, v in self.samples if n == name and labels.items() <= l.items()]
        if not values and not any(n == name for n, _, _ in self.samples):
            raise AssertionError(f"no metric {name}")
        return sum(values)


class WriteReply:
    def __init__(self, response: http.client.HTTPResponse):
        self.status = response.status
        self.headers = {k.lower(): v for k, v in response.getheaders()}
        self.text = response.read().decode(errors="replace")

    def written(self) -> Optional[Tuple[int, int, int]]:
        """Samples, histograms, exemplars as the headers tell them; None when there is no such header."""
        names = [f"x-prometheus-remote-write-{kind}-written" for kind in ("samples", "histograms", "exemplars")]
        if not any(n in self.headers for n in names):
            return None
        return tuple(int(self.headers[n]) for n in names)

    def __repr__(self):
        return f"<{self.status} {self.text.strip()[:300]!r} written={self.written()}>"


def post_write(port: int, body: bytes, version: int = 2, path: str = "/api/v1/write", method: str = "POST",
               headers: Optional[Dict[str, Optional[str]]] = None, timeout_s: float = 60) -> WriteReply:
    """`body` is sent as it is. A header that is None is left out."""
    sent: Dict[str, Optional[str]] = {
        "Content-Encoding": "snappy",
        "Content-Type": wire.V2_CONTENT_TYPE if version == 2 else wire.V1_CONTENT_TYPE,
        "X-Prometheus-Remote-Write-Version": "2.0.0" if version == 2 else "0.1.0",
        **(headers or {}),
    }
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout_s)
    try:
        connection.request(method, path, body=body, headers={k: v for k, v in sent.items() if v is not None})
        return WriteReply(connection.getresponse())
    finally:
        connection.close()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


# --- the programs ---------------------------------------------------------------------------------------------------

DEMO_DAY_S = 120


class Demo(HttpProcess):
    """The sample exporter, whose day lasts two minutes."""

    def __init__(self, program: str, folder: pathlib.Path):
        super().__init__("demo", folder)
        self.program = program

    def argv(self):
        return [self.program, "demo", f"--web.listen-address={HOST}:{self.port}", f"--day={DEMO_DAY_S}s"]

    def is_ready(self):
        return "demo_" in self.get("/metrics")


class Promcast(HttpProcess):
    def __init__(self, program: str, folder: pathlib.Path, config: Optional[dict] = None, flags: Sequence[str] = ()):
        super().__init__("promcast", folder)
        self.program = program
        self.grpc_port = free_port()
        self.flags = list(flags)
        self.config_path = self.folder / "promcast.yml"
        self.write_config(config if config is not None else forecast_config())

    def write_config(self, config: dict) -> None:
        self.config_path.write_text(yaml.safe_dump(config, sort_keys=False))

    def argv(self):
        return [self.program, "serve", f"--config.file={self.config_path}", f"--web.listen-address={HOST}:{self.port}",
                f"--grpc.listen-address={HOST}:{self.grpc_port}", *self.flags]

    def is_ready(self):
        return self.status("/-/ready")[0] == 200

    def write(self, series: Sequence[wire.Series], version: int = 2, **kwargs) -> WriteReply:
        message = wire.v2_message(series) if version == 2 else wire.v1_message(series)
        return post_write(self.port, wire.snappy(message), version, **kwargs)


def forecast_config(write_urls: Sequence[str] = (), strip: Optional[Dict[str, str]] = None,
                    match: str = '{__name__=~"demo_.*"}') -> dict:
    """Predictions of the demo's series 10 and 30 seconds ahead, every 2 seconds."""
    destinations = []
    for url in write_urls:
        destination = {"url": url}
        if strip:
            destination["strip_external_labels"] = strip
        destinations.append(destination)
    config = {"remote_write": destinations} if destinations else {}
    config["forecasts"] = [{"name": "demo", "match": match, "step": "auto", "seasons": [f"{DEMO_DAY_S}s"],
                            "horizons": ["10s", "30s"], "coverage": [0.95], "interval": "2s"}]
    return config


class Prometheus(HttpProcess):
    """Scrapes `targets` every second, streams to `remote_write_url`, accepts remote write itself."""

    def __init__(self, program: str, folder: pathlib.Path, targets: Sequence[int], remote_write_url: Optional[str] = None,
                 protobuf_message: Optional[str] = None, external_labels: Optional[Dict[str, str]] = None,
                 drop_own_series: bool = False, rules: Optional[dict] = None, port: Optional[int] = None,
                 remote_read: Optional[dict] = None, flags: Sequence[str] = ()):
        super().__init__("prometheus", folder)
        self.program = program
        self.flags = list(flags)
        self.port = port or self.port
        self.url = f"http://{HOST}:{self.port}"
        config: dict = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s",
                       "external_labels": external_labels or {}},
            "scrape_configs": [{"job_name": "demo", "static_configs": [{"targets": [f"{HOST}:{p}" for p in targets]}]}],
        }
        if remote_write_url:
            remote: dict = {"url": remote_write_url, "queue_config": {"batch_send_deadline": "500ms", "max_backoff": "500ms"}}
            if protobuf_message:
                remote["protobuf_message"] = protobuf_message
            if drop_own_series:
                remote["write_relabel_configs"] = [
                    {"source_labels": ["forecaster"], "regex": "promcast", "action": "drop"}]
            config["remote_write"] = [remote]
        if remote_read:
            config["remote_read"] = [remote_read]
        if rules:
            (self.folder / "rules.yml").write_text(yaml.safe_dump(rules))
            config["rule_files"] = ["rules.yml"]
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(config))

    def argv(self):
        return [self.program, f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
                f"--web.listen-address={HOST}:{self.port}", "--web.enable-remote-write-receiver", "--log.level=info", *self.flags]

    def is_ready(self):
        return self.status("/-/ready")[0] == 200

    @property
    def write_url(self) -> str:
        return self.url + "/api/v1/write"

    def query(self, promql: str) -> List[Tuple[Dict[str, str], float]]:
        return _query(self, promql)

    def value(self, promql: str) -> float:
        """Of a query with one result; NaN when there is none."""
        result = self.query(promql)
        assert len(result) <= 1, f"{promql} has {len(result)} results"
        return result[0][1] if result else float("nan")

    def query_range(self, promql: str, start_s: float, end_s: float, step_s: float) -> dict:
        """The whole answer, its warnings included."""
        parameters = {"query": promql, "start": start_s, "end": end_s, "step": step_s}
        answer = json.loads(self.get("/api/v1/query_range?" + urllib.parse.urlencode(parameters)))
        assert answer["status"] == "success", answer
        return answer

    def alerts(self) -> List[dict]:
        return json.loads(self.get("/api/v1/alerts"))["data"]["alerts"]


class VictoriaMetrics(HttpProcess):
    def __init__(self, program: str, folder: pathlib.Path, memory_percent: int = 5):
        super().__init__("victoria-metrics", folder)
        self.program = program
        self.memory_percent = memory_percent  # of the machine's, for caches

    def argv(self):
        return [self.program, f"-storageDataPath={self.folder}/data", f"-httpListenAddr={HOST}:{self.port}",
                "-search.latencyOffset=0s", f"-memory.allowedPercent={self.memory_percent}"]

    def is_ready(self):
        return self.status("/health")[0] == 200

    @property
    def write_url(self) -> str:
        return self.url + "/api/v1/write"

    def query(self, promql: str) -> List[Tuple[Dict[str, str], float]]:
        return _query(self, promql)


def _query(process: HttpProcess, promql: str) -> List[Tuple[Dict[str, str], float]]:
    answer = json.loads(process.get("/api/v1/query?" + urllib.parse.urlencode({"query": promql})))
    assert answer["status"] == "success", answer
    return [(entry["metric"], float(entry["value"][1])) for entry in answer["data"]["result"]]
