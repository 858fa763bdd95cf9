"""History read from real stores: series that were not streamed from their beginning forecast as if they had been."""
import csv
import json
import math
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import tarfile
import threading
import time
import urllib.parse
from typing import Dict, List, Tuple

import pytest

import harness
import wire

BLOCKS = pathlib.Path(__file__).resolve().parents[3] / "shared/data/prometheus-tsdb/blocks.tar.gz"
KEPT_FOR_EVER = ["--storage.tsdb.retention.time=100y"]
DAY_MS = 86_400_000
Key = Tuple[Tuple[str, str], ...]
History = Dict[Key, List[wire.Sample]]


def rule(match: str, **more) -> dict:
    return {"name": "all", "match": match, "horizons": ["5m", "1h"], "coverage": [0.95], "interval": "1s", **more}


def send(promcast: harness.Promcast, history: History, external: Dict[str, str]) -> None:
    """As Prometheus streams: with its external labels; each series in order of time."""
    for key, samples in history.items():
        labels = dict(sorted({**dict(key), **external}.items()))
        for first in range(0, len(samples), 5000):
            reply = promcast.write([wire.Series(labels, samples[first:first + 5000])])
            assert reply.status == 204, reply


def store_by_remote_write(port: int, history: History) -> None:
    """In order of time over all series, a quarter of an hour at a time."""
    newest = max(s[-1].timestamp_ms for s in history.values())
    start = min(s[0].timestamp_ms for s in history.values())
    while start <= newest:
        part = []
        for key, samples in history.items():
            inside = [s for s in samples if start <= s.timestamp_ms < start + 900_000]
            if inside:
                part.append(wire.Series(dict(key), inside))
        start += 900_000
        if part:
            assert harness.post_write(port, wire.snappy(wire.v1_message(part)), version=1).status in (200, 204)


def known(promcast: harness.Promcast, match: str) -> Dict[str, dict]:
    """What promcast tells of its series, predictions and weights to the last bit, less what depends on the clock."""
    query = urllib.parse.urlencode({"match[]": match, "limit": 1000})
    answer = json.loads(promcast.get("/api/v1/series/forecasts?" + query, timeout_s=60))
    assert answer["status"] == "success"
    series = answer["data"]["series"] if isinstance(answer["data"], dict) else answer["data"]
    return {json.dumps(one["labels"] if "labels" in one else one["metric"], sort_keys=True): one for one in series}


def wait_until_live(promcast: harness.Promcast, series: int, deadline_s: float = 120) -> harness.Metrics:
    def done():
        metrics = promcast.metrics()
        live = metrics.sum("promcast_backfill_series_total")
        return metrics if live >= series and metrics.sum("promcast_backfill_waiting_series") == 0 else None
    return harness.wait_until(done, f"{series} series have their history", deadline_s)


class Relay:
    """Passes connections on to a port; once so many bytes of answers have passed it cuts and refuses, until healed."""

    def __init__(self, upstream_port: int, bytes_until_cut: int):
        self.upstream_port = upstream_port
        self.left = bytes_until_cut
        self.cut = threading.Event()
        self.listener = socket.create_server((harness.HOST, 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def heal(self) -> None:
        self.left = 1 << 60
        self.cut.clear()

    def close(self) -> None:
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.cut.is_set():
                client.close()
                continue
            try:
                upstream = socket.create_connection((harness.HOST, self.upstream_port))
            except OSError:
                client.close()
                continue
            threading.Thread(target=self._pass_on, args=(client, upstream, False), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(upstream, client, True), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        try:
            while True:
                data = source.recv(8192)
                if counted:
                    data = data[:max(0, self.left)]
                    self.left -= len(data)
                if data:
                    sink.sendall(data)
                if not data or (counted and self.left <= 0):
                    break
        except OSError:
            pass
        if counted and self.left <= 0:
            self.cut.set()
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


# --- real blocks ------------------------------------------------------------------------------------------------------

if BLOCKS.exists():

    @pytest.fixture(scope="module")
    def blocks(module_folder) -> pathlib.Path:
        with tarfile.open(BLOCKS) as archive:
            archive.extractall(module_folder / "blocks")
        return module_folder / "blocks/data"

    @pytest.fixture(scope="module")
    def real_history(blocks) -> History:
        """Every sample of the blocks, the markers of staleness among them."""
        dump = subprocess.run(["promtool", "tsdb", "dump", str(blocks)], stdout=subprocess.PIPE, text=True, check=True)
        label = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')
        keys: Dict[str, Key] = {}
        history: History = {}
        for line in dump.stdout.splitlines():
            labels, value, timestamp = line.rsplit(" ", 2)
            if labels not in keys:
                pairs = [(name, json.loads(f'"{text}"')) for name, text in label.findall(labels)]
                keys[labels] = tuple(sorted(pairs))
            is_nan = value == "NaN"
            history.setdefault(keys[labels], []).append(wire.Sample(
                int(timestamp), wire.nan_with_bits(wire.STALE_NAN_BITS) if is_nan else float(value)))
        assert len(history) > 400 and sum(map(len, history.values())) > 1_000_000
        for samples in history.values():
            samples.sort(key=lambda s: s.timestamp_ms)
        return history

    EXTERNAL = {"cluster": "test"}
    CONFIG = {"forecasts": [rule('{job!=""}', seasons=["1h", "6d"])], "series": {"idle_timeout": "1d"}}

    @pytest.fixture(scope="module")
    def streamed(promcast_program, real_history, module_folder, start_for_module) -> harness.Promcast:
        promcast = start_for_module(harness.Promcast(promcast_program, module_folder / "streamed", CONFIG))
        send(promcast, real_history, EXTERNAL)
        return promcast

    def last_samples(history: History) -> History:
        """What comes live, after a process has been started near the end."""
        return {key: samples[-20:] for key, samples in history.items()}

    def serve_blocks(program: str, blocks: pathlib.Path, folder: pathlib.Path) -> harness.Prometheus:
        shutil.copytree(blocks, folder / "data")
        return harness.Prometheus(program, folder, [], external_labels=EXTERNAL, flags=KEPT_FOR_EVER)

    def expect_as_streamed(promcast: harness.Promcast, streamed: harness.Promcast) -> None:
        theirs = known(streamed, '{job!=""}')

        def same():
            ours = known(promcast, '{job!=""}')
            assert ours.keys() == theirs.keys() and len(ours) > 400
            for series, told in theirs.items():
                assert ours[series] == told
            return True
        harness.wait_until(same, "both tell the same of every series, once the schedule has come by", 10)
        scored = [h for told in theirs.values() for h in told["horizons"] if h["mean_absolute_error"]]
        assert len(scored) > 100, "there is something to compare"

    @pytest.mark.parametrize("version", ["debian", "current"])
    def test_real_blocks_backfilled_give_what_streaming_gave(
            version, promcast_program, debian_prometheus, peers, blocks, real_history, streamed, tmp_path, start):
        program = debian_prometheus if version == "debian" else str(peers / "prometheus")
        prometheus = start(serve_blocks(program, blocks, tmp_path / "prometheus"))
        promcast = start(harness.Promcast(promcast_program, tmp_path / "promcast", {
            **CONFIG, "remote_read": [{"url": prometheus.url + "/api/v1/read"}]}))
        send(promcast, last_samples(real_history), EXTERNAL)
        metrics = wait_until_live(promcast, len(real_history))
        assert metrics.sum("promcast_backfill_series_total", result="complete") == len(real_history)
        read = sum(len(samples) - 20 for samples in real_history.values() if len(samples) > 20)
        assert metrics.sum("promcast_backfill_samples_total") == read, "each sample once"
        expect_as_streamed(promcast, streamed)
        harness.wait_until(lambda: "history read" in promcast.log(), "the end of the reading is told")

    def test_a_store_away_at_start_that_dies_in_the_middle_is_read_whole(
            promcast_program, peers, blocks, real_history, streamed, tmp_path, start):
        prometheus = serve_blocks(str(peers / "prometheus"), blocks, tmp_path / "prometheus")
        relay = Relay(prometheus.port, bytes_until_cut=400_000)
        promcast = start(harness.Promcast(promcast_program, tmp_path / "promcast", {
            **CONFIG, "remote_read": [{"url": f"http://{harness.HOST}:{relay.port}/api/v1/read"}]}))
        assert promcast.status("/-/ready")[0] == 200, "a store that is away does not delay the start"
        last = last_samples(real_history)
        send(promcast, {key: samples[:10] for key, samples in last.items()}, EXTERNAL)
        failed = lambda: promcast.metrics().sum("promcast_backfill_windows_total", result="failed")
        harness.wait_until(lambda: failed() >= 1, "the store is missed")
        start(prometheus)
        harness.wait_until(relay.cut.is_set, "the store dies in the middle", 60)
        before = failed()
        harness.wait_until(lambda: failed() > before, "the dead store is noticed")
        assert promcast.metrics().sum("promcast_backfill_waiting_series") > 0
        send(promcast, {key: samples[10:] for key, samples in last.items()}, EXTERNAL)
        relay.heal()
        metrics = wait_until_live(promcast, len(real_history))
        relay.close()
        assert metrics.sum("promcast_backfill_series_total", result="given_up") == 0
        expect_as_streamed(promcast, streamed)


# --- stores with recent samples ---------------------------------------------------------------------------------------

HISTORY_S = 2400
SERIES = 24


def made_history(now_s: int) -> History:
    """Of few digits, as VictoriaMetrics keeps decimals."""
    history: History = {}
    for i in range(SERIES):
        key = (("__name__", "load"), ("instance", f"host-{i}.example:9100"), ("job", "a"))
        history[key] = [wire.Sample(s * 1000 + 300, round(50 + 20 * (s % 120) / 120 + i + (s * 7919 + i) % 13 / 10, 3))
                        for s in range(now_s - HISTORY_S, now_s)]
    return history


@pytest.fixture(params=["debian", "current", "victoria"])
def store(request, debian_prometheus, peers, tmp_path, start):
    """A store, and the URL of its history."""
    if request.param == "victoria":
        victoria = start(harness.VictoriaMetrics(str(peers / "victoria-metrics"), tmp_path / "store"))
        return victoria, victoria.url + "/api/v1/export"
    program = debian_prometheus if request.param == "debian" else str(peers / "prometheus")
    prometheus = start(harness.Prometheus(program, tmp_path / "store", []))
    return prometheus, prometheus.url + "/api/v1/read"


def test_predictions_are_those_of_a_process_that_was_there_all_the_time(store, promcast_program, tmp_path, start):
    database, url = store
    config = {"forecasts": [rule("load", seasons=["2m"], step="1s", horizons=["30s"])]}
    streamed = start(harness.Promcast(promcast_program, tmp_path / "streamed", config))
    promcast = start(harness.Promcast(promcast_program, tmp_path / "promcast",
                                      {**config, "remote_read": [{"url": url}]}))
    now_s = harness.now_ms() // 1000
    history = made_history(now_s)
    later, = [key for key in history if "host-7." in dict(key)["instance"]]
    store_by_remote_write(database.port, history)
    harness.wait_until(lambda: len(database.query("count_over_time(load[1m])")) == SERIES, "the store has its samples")
    send(streamed, history, {})
    send(promcast, {key: samples[-60:] for key, samples in history.items() if key != later}, {})
    wait_until_live(promcast, SERIES - 1)
    send(promcast, {later: history[later][-5:]}, {})  # one that comes when the others are live
    metrics = wait_until_live(promcast, SERIES)
    assert metrics.sum("promcast_backfill_samples_total") == (SERIES - 1) * (HISTORY_S - 60) + HISTORY_S - 5

    def same():
        ours, theirs = known(promcast, "load"), known(streamed, "load")
        predicted = [h["predicted"] for told in theirs.values() for h in told["horizons"]]
        assert len(predicted) == SERIES and all(isinstance(p, float) for p in predicted)
        return ours == theirs  # seen in the same second
    harness.wait_until(same, "both predict the same", 20)


def test_a_backtest_reads_the_store(store, promcast_program, tmp_path):
    database, url = store
    now_min = harness.now_ms() // 60_000
    shape = lambda m: round(50 + 20 * math.sin(2 * math.pi * m / 1440) + m * 7919 % 13 / 10, 3)
    minutes = range(now_min - 4 * 1440, now_min)
    history = {(("__name__", "load"), ("job", "a")): [wire.Sample(m * 60_000 + 7000, shape(m)) for m in minutes],
               (("__name__", "load"), ("forecaster", "promcast")): [wire.Sample(m * 60_000, 1.0) for m in minutes]}
    total, samples = 0.0, []
    for m in minutes:
        total += round(60 * shape(m), 1)
        samples.append(wire.Sample(m * 60_000 + 9000, round(total, 1)))
    history[(("__name__", "requests_total"), ("job", "a"))] = samples
    store_by_remote_write(database.port, history)
    harness.wait_until(lambda: len(database.query("{job='a'}")) == 2, "the store has its samples")

    def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess:
        done = subprocess.run([promcast_program, "backtest", "--from-prometheus", *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=300)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    done = run(url, "--match", '{__name__=~"load|requests_total"}', "--days", "4", "--horizons", "5m,1h", "--seasons",
               "1d", "--json", str(tmp_path / "scores.json"), "--forecasts", str(tmp_path / "forecasts.csv"))
    assert "naive" in done.stdout and "1 panel, 2 series" in done.stdout, "promcast's own series is left out"
    rows = list(csv.DictReader(open(tmp_path / "forecasts.csv", newline="")))
    assert {row["series"] for row in rows} == {'load{job="a"}', 'requests_total{job="a"}'}
    for row in rows[len(rows) // 2:]:  # a counter is forecast as its rate, which has the load's shape
        assert 25 < float(row["predicted"]) < 80, row
    scores = json.loads((tmp_path / "scores.json").read_text())["scores"]
    assert {row["horizon_s"] for row in scores} == {300, 3600} and {row["series"] for row in scores} == {2}
    assert all(row["relMAE"] < row["naive"] * 1.05 for row in scores)
    assert "check --match and --days" in run(url, "--match", "no_such", code=1).stderr
    assert "--match: " in run(url, code=2).stderr


def test_without_its_store_promcast_goes_on_after_its_patience(promcast_program, tmp_path, start):
    promcast = start(harness.Promcast(promcast_program, tmp_path, {
        "forecasts": [rule("load", step="1s", seasons=["2m"])], "backfill": {"patience": "2s"},
        "remote_read": [{"url": f"http://{harness.HOST}:{harness.free_port()}/api/v1/read"}]}))
    send(promcast, {key: samples[-60:] for key, samples in made_history(harness.now_ms() // 1000).items()}, {})
    metrics = wait_until_live(promcast, SERIES, 60)
    assert metrics.sum("promcast_backfill_series_total", result="given_up") == SERIES
    assert "series go on without it" in promcast.log()
    harness.wait_until(lambda: all(told["status"] == "predicted" for told in known(promcast, "load").values()),
                       "series are predicted from what came live")
