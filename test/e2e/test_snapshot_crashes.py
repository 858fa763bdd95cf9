"""kill -9 at random moments, while samples come in and snapshots are written.

What must hold after each: the next start succeeds; the state on disk is, series by series, that of a process which was
sent the same samples up to that series' newest and never ended; samples that are sent again change nothing.
"""
import http.client
import math
import os
import random
import subprocess
import threading
import time
from typing import Dict, List

import pytest

import harness
import snapshot_file
import wire

TICKS = 550  # a second each, all of them in the past and younger than idle_timeout
ROUNDS_PER_STREAM = 10
CONFIG = {
    "limits": {"max_output_series": 1},  # no predictions: whether one was being written is part of the state
    "forecasts": [
        {"match": '{kind="lean"}', "profile": "lean", "seasons": ["60s"], "horizons": ["10s", "1m"], "interval": "1d"},
        {"match": '{kind="standard"}', "seasons": ["60s"], "horizons": ["10s"], "step": "1s", "interval": "1d"},
        {"match": '{kind="auto"}', "seasons": "auto", "horizons": ["10s"], "interval": "1d"},
    ],
    "storage": {"snapshot_interval": "15ms"},
    "shards": 3,
}


class Stream:
    """The same samples in the same order for everybody: a request a second of a history that ends about now."""

    def __init__(self, random_values: random.Random):
        self.start_ms = harness.now_ms() - TICKS * 1000
        self.series: List[Dict[str, str]] = []
        for i in range(24):
            name = "requests_total" if i % 4 == 0 else "load"
            self.series.append({"__name__": name, "kind": ("lean", "standard", "auto")[i % 3], "i": str(i)})
        self.values = [[self._value(i, tick, random_values) for tick in range(TICKS)] for i in range(len(self.series))]

    def _value(self, i: int, tick: int, random_values: random.Random) -> float:
        if i % 4 == 0:
            return float(tick * (i + 1) + random_values.randrange(3))
        return 50 + 10 * math.sin(tick / 60 * 2 * math.pi) + random_values.gauss(0, 1)

    def at_ms(self, tick: int) -> int:
        return self.start_ms + tick * 1000

    def part(self, i: int, first: int, end: int) -> wire.Series:
        samples = [wire.Sample(self.at_ms(tick), self.values[i][tick]) for tick in range(first, end)]
        return wire.Series(self.series[i], samples)

    def request(self, tick: int) -> bytes:
        return wire.snappy(wire.v2_message([self.part(i, tick, tick + 1) for i in range(len(self.series))]))

    def catch_up(self, known: List[int], end: int) -> bytes:
        """Of each series what follows what is known of it, and the newest known sample once more. (Samples older than
        that would be counted as signs of a clock that was set back, which is state of the series as well.)"""
        parts = [self.part(i, max(0, known[i] - 1), end) for i in range(len(self.series))]
        return wire.snappy(wire.v2_message(parts))


class Reference:
    """Never ends, and is sent of each series as much as the other one knew when it died."""

    def __init__(self, process: harness.Promcast, stream: Stream):
        self.process = process
        self.stream = stream
        self.sent = [0] * len(stream.series)

    def follow(self, ticks: List[int]) -> None:
        assert all(before <= after for before, after in zip(self.sent, ticks)), "state went back"
        parts = [self.stream.part(i, self.sent[i], end) for i, end in enumerate(ticks) if end > self.sent[i]]
        if parts:
            assert self.process.write(parts).status == 204
        self.sent = ticks

    def export(self) -> bytes:
        def written():
            return self.process.metrics().sum("promcast_snapshots_total")
        enough = written() + 2  # one may have been under way
        harness.wait_until(lambda: written() >= enough, "two more snapshots", poll_s=0.01)
        return export(self.process)


def storage_of(process: harness.Promcast):
    return process.folder / "storage"


def export(process: harness.Promcast) -> bytes:
    """Empty when there is no snapshot yet."""
    storage_of(process).mkdir(exist_ok=True)
    done = subprocess.run([process.program, "export", f"--storage.path={storage_of(process)}"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=30)
    if done.returncode == 0:
        return done.stdout
    assert b"no whole snapshot" in done.stderr and not snapshot_file.snapshots(storage_of(process)), done.stderr
    return b""


def known_ticks(stream: Stream, exported: bytes) -> List[int]:
    newest = {series.labels["i"]: series.newest_ms for series in snapshot_file.series_of(exported)} if exported else {}
    return [(newest[s["i"]] - stream.start_ms) // 1000 + 1 if s["i"] in newest else 0 for s in stream.series]


def launch(process: harness.Promcast) -> None:
    with open(process.log_path, "ab") as log:
        process.popen = subprocess.Popen(process.argv(), stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def wait_until_ready(process: harness.Promcast) -> bool:
    """False when it was killed first."""
    while process.popen.poll() is None:
        try:
            if process.is_ready():
                return True
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.002)
    assert process.popen.returncode == -9, process.log_tail()
    return False


def send_until_killed(process: harness.Promcast, stream: Stream, known: List[int]) -> None:
    connection = http.client.HTTPConnection(harness.HOST, process.port, timeout=30)
    headers = {"Content-Encoding": "snappy", "Content-Type": wire.V2_CONTENT_TYPE,
               "X-Prometheus-Remote-Write-Version": "2.0.0"}
    tick = max(known)
    body = stream.catch_up(known, tick)
    try:
        while process.popen.poll() is None:
            connection.request("POST", "/api/v1/write", body=body, headers=headers)
            response = connection.getresponse()
            response.read()
            assert response.status == 204
            body = stream.request(min(tick, TICKS - 2))  # the last one is kept for the end
            tick += 1
    except (OSError, http.client.HTTPException):
        pass
    finally:
        connection.close()


def crash_once(process: harness.Promcast, stream: Stream, dice: random.Random) -> None:
    """Starts, sends what follows what was known, dies at any moment, also before it is ready."""
    known = known_ticks(stream, export(process))
    launch(process)
    killer = threading.Timer(dice.uniform(0.01, 0.35), process.popen.kill)
    killer.start()
    try:
        if wait_until_ready(process):
            send_until_killed(process, stream, known)
    finally:
        killer.join()
        process.popen.wait()
    assert process.popen.returncode == -9, process.log_tail()


def processes(program: str, folder, start):
    victim = harness.Promcast(program, folder / "victim", CONFIG)
    reference = harness.Promcast(program, folder / "reference", CONFIG)
    for process in (victim, reference):
        process.flags = [f"--storage.path={storage_of(process)}", "--log.level=warn"]
    return victim, start(reference)


def test_any_crash_leaves_a_moment_of_the_past_and_nothing_counts_twice(promcast_program, tmp_path, start, request):
    rounds = request.config.getoption("--crash-rounds")
    seed = int(os.environ.get("CRASH_SEED", random.randrange(1 << 32)))
    print(f"CRASH_SEED={seed}")
    dice = random.Random(seed)
    kept = torn = 0
    for number in range(-(-rounds // ROUNDS_PER_STREAM)):
        stream = Stream(dice)
        victim, reference_process = processes(promcast_program, tmp_path / str(number), start)
        reference = Reference(reference_process, stream)
        for _ in range(min(ROUNDS_PER_STREAM, rounds - number * ROUNDS_PER_STREAM)):
            crash_once(victim, stream, dice)
            torn += len(list(storage_of(victim).glob("*.tmp")))
            exported = export(victim)
            reference.follow(known_ticks(stream, exported))
            if exported:
                assert exported == reference.export(), "the state on disk is none that ever was"
                kept += 1

        victim.start()
        assert victim.write([stream.part(i, 0, TICKS) for i in range(len(stream.series))]).status == 204
        assert victim.stop() == 0, victim.log_tail()
        reference.follow([TICKS] * len(stream.series))
        assert export(victim) == reference.export(), "a sample was counted twice, or lost"
        assert reference_process.stop() == 0
    print(f"{rounds} crashes, {kept} of them left a state, {torn} a snapshot half written")
    assert kept > rounds / 2, "the crashes came too early to show anything"
