"""What is measured. Every scenario yields rows as soon as they are known."""
import dataclasses
import json
import pathlib
import subprocess
import tempfile
import time
from typing import Callable, Iterator, Optional

import harness
import wire
from sender import STEP_MS, Load, Paid, Sending, measure
from sink import Sink
from subjects import STEP_S, ManyRules, Programs, Standard, Subject
from test_hostile import FLOODS

MIB = 1 << 20
GRID_STEP_MS = STEP_S * 1000
ROUNDS_PER_STEP = GRID_STEP_MS // STEP_MS  # and so per prediction: one a step
SHORTEST_INTERVAL_S = 1.0  # of a rule's predictions
PREDICTING = ("predict", "real rate")  # phases with a prediction a series and step


@dataclasses.dataclass
class Row:
    subject: str
    phase: str
    series: int
    protocol: Optional[int] = None
    cpu_ns_per_sample: Optional[float] = None
    bytes_per_series: Optional[float] = None
    p50_ms: Optional[float] = None
    p99_ms: Optional[float] = None
    peak_bytes: Optional[int] = None
    core_share: Optional[float] = None   # CPU time over wall time
    predictions: Optional[int] = None
    rules: Optional[int] = None
    lost: int = 0                        # samples sent that were not taken
    note: str = ""
    fixed_work_ms: Optional[float] = None   # see pace.py: before and after, the mean


@dataclasses.dataclass
class Bench:
    programs: Programs
    rounds: int
    sink: Sink
    say: Callable[[str], None]


class Running:
    """A subject that was just started, and the time line that it is fed along."""

    def __init__(self, bench: Bench, subject: Subject, protocol: int, interval_s: float = STEP_S):
        self.bench, self.subject, self.protocol = bench, subject, protocol
        self._folder = tempfile.TemporaryDirectory(prefix="promcast-load-")
        self.process = subject.start(pathlib.Path(self._folder.name), protocol, interval_s, bench.sink.url)
        self.idle_bytes = self.process.memory_kib("VmRSS") * 1024

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_) -> None:
        self.process.stop()
        self._folder.cleanup()

    def feed(self, load: Load) -> Paid:
        load.protocol = self.protocol
        return measure(self.process, self.bench.programs.load_tool, self.subject.write_path, load)

    def row(self, phase: str, load: Load) -> Row:
        """Feeds the load and tells what it cost."""
        self.bench.say(f"{self.subject.name}, RW{self.protocol}, {load.series:,} series: {phase}")
        taken = self.subject.taken(self.process)
        predicted = self._predictions()
        paid = self.feed(load)
        missing = self._missing(taken + load.series * load.rounds)
        row = Row(self.subject.name, phase, load.series, self.protocol, paid.cpu_ns_per_sample,
                  (paid.resident_bytes - self.idle_bytes) / load.series, paid.outcome.p50_ms, paid.outcome.p99_ms,
                  paid.peak_bytes, paid.cpu_s / paid.wall_s, lost=missing)
        if paid.outcome.refused:
            row.note = f"answers other than 2xx: {paid.outcome.refused}"
        if self.subject.predicts:
            row.predictions = int(self._predictions() - predicted)
            due = load.series * load.rounds // ROUNDS_PER_STEP
            if phase in PREDICTING and not 0.9 < row.predictions / due < 1.2:  # the last sender starts late
                row.note += f" {row.predictions / due:.0%} of the predictions due"
            unsent = self.process.metrics().sum_or_zero("promcast_remote_write_samples_failed_total")
            if unsent:
                row.note += f" {unsent:.0f} predicted samples not written"
        return row

    def _missing(self, expected: float) -> int:
        """VictoriaMetrics tells metrics that are up to a second old, so what is missing is looked at for some seconds."""
        end = time.monotonic() + 3
        while True:
            missing = int(expected - self.subject.taken(self.process))
            if missing == 0 or time.monotonic() > end:
                return missing
            time.sleep(0.1)

    def _predictions(self) -> float:
        return self.process.metrics().sum("promcast_predictions_total") if self.subject.predicts else 0


def aligned_now_ms() -> int:
    return harness.now_ms() // GRID_STEP_MS * GRID_STEP_MS


def warm_up(subject: Subject, protocol: int, series: int, start_ms: int) -> Load:
    """A sample a step of the grid, as fast as it goes, until the subject's banks speak."""
    return Load(series, protocol, subject.warm_up_steps, start_ms, GRID_STEP_MS)


# --- growth with series ---------------------------------------------------------------------------------------------

def pace_of(series: int) -> float:
    """Seconds a round in compressed time. The other phases, and the peers, are fed as fast as it goes; this one is as near
    to that as a rule's interval lets it, which is a second at least, and at 400,000 samples a second at most."""
    return max(SHORTEST_INTERVAL_S / ROUNDS_PER_STEP, series / 400_000)


def growth(bench: Bench, subject: Subject, protocol: int, series: int) -> Iterator[Row]:
    """Creates the series with one round and feeds the other rounds as fast as it goes. Then, where the subject predicts
    and after a warm-up, `rounds` more in compressed time: a round every pace_of() seconds and predictions every four of
    them, so as many a sample as at 15 s and 1 minute."""
    if protocol not in subject.speaks:
        yield Row(subject.name, "steady", series, protocol, note="not spoken")
        return
    pace_s = pace_of(series)
    past_ms = bench.rounds * STEP_MS
    if subject.predicts:
        past_ms += subject.warm_up_steps * GRID_STEP_MS + bench.rounds * STEP_MS
    with Running(bench, subject, protocol, ROUNDS_PER_STEP * pace_s) as running:
        create = Load(series, protocol, 1, aligned_now_ms() - past_ms)
        yield running.row("create", create)
        feed = Load(series, protocol, bench.rounds - 1, create.end_ms)
        yield running.row("steady", feed)
        if not subject.predicts:
            return
        history = warm_up(subject, protocol, series, feed.end_ms)
        running.feed(history)
        yield running.row("predict", Load(series, protocol, bench.rounds, history.end_ms, pace_s=pace_s, senders=4,
                                          connections=1))


# --- at the real rate -----------------------------------------------------------------------------------------------

def realtime(bench: Bench, protocol: int, series: int, minutes: int) -> Iterator[Row]:
    """A sample of each series every 15 s and predictions each minute, by the clock; requests evenly over the 15 s."""
    subject = Standard(bench.programs)
    with Running(bench, subject, protocol) as running:
        bench.say(f"real rate, RW{protocol}, {series:,} series: warming up")
        history = warm_up(subject, protocol, series, aligned_now_ms() - subject.warm_up_steps * GRID_STEP_MS)
        running.feed(history)
        load = Load(series, protocol, minutes * ROUNDS_PER_STEP, max(aligned_now_ms(), history.end_ms),
                    pace_s=STEP_MS / 1000, senders=min(15, max(1, series // 2000)), connections=1)
        yield running.row("real rate", load)


# --- growth with rules ----------------------------------------------------------------------------------------------

def rules(bench: Bench, series: int, count: int) -> Iterator[Row]:
    """New series that are looked at by `count` rules, and then known ones."""
    at_ms = aligned_now_ms() - bench.rounds * STEP_MS
    with Running(bench, ManyRules(bench.programs, count), 1) as running:
        create = Load(series, 1, 1, at_ms)
        for phase, load in (("create", create), ("steady", Load(series, 1, bench.rounds - 1, create.end_ms))):
            row = running.row(phase, load)
            row.rules = count
            yield row


# --- hostile load ---------------------------------------------------------------------------------------------------

def hostile(bench: Bench) -> Iterator[Row]:
    """Requests of 1.5 MB that inflate to 32 MiB of almost nothing, one after the other; the worst row counts."""
    with Running(bench, Standard(bench.programs), 2) as running:
        process = running.process
        process.write([wire.one("warm", 1.0, harness.now_ms())])
        for name, (version, parts) in FLOODS.items():
            bench.say(f"hostile: {name}")
            process.reset_peak_memory()
            before_kib = process.memory_kib("VmRSS")
            reply = harness.post_write(process.port, wire.snappy_of_repeats(parts), version)
            grown = (process.memory_kib("VmHWM") - before_kib) * 1024
            yield Row("promcast, hostile", "one request", 0, version, peak_bytes=grown, note=f"{name}: {reply.status}")


class _Limited(Standard):
    """Takes as many series as there are at first, and no more."""

    def __init__(self, programs: Programs, series: int):
        super().__init__(programs)
        self.series = series

    def config(self, protocol, interval_s, sink_url):
        return {**super().config(protocol, interval_s, sink_url), "limits": {"max_series": self.series}}


def flood(bench: Bench, series: int, new_series: int) -> Iterator[Row]:
    """`new_series` above max_series arrive as fast as they can be made, while known ones go on at a round a second."""
    chunk = min(new_series, 500_000)
    rounds_s = 10 + new_series // 40_000
    subject = _Limited(bench.programs, series)
    with Running(bench, subject, 1) as running:
        process = running.process
        running.feed(Load(series, 1, 1, aligned_now_ms() - (rounds_s + 1) * STEP_MS))
        before = running.idle_bytes
        process.reset_peak_memory()
        known = Load(series, 1, rounds_s, aligned_now_ms() - rounds_s * STEP_MS, pace_s=1)
        sending = Sending(bench.programs.load_tool, process.port, subject.write_path, known)
        try:
            for first in range(0, new_series, chunk):
                bench.say(f"flood: {first:,} of {new_series:,} new series")
                running.feed(Load(chunk, 1, 1, aligned_now_ms(), first_series=10_000_000 + first))
            covered = sending.is_running()
            outcome = sending.wait()
        finally:
            sending.stop()
        metrics = process.metrics()
        accepted = int(metrics.sum("promcast_ingest_samples_total", outcome="accepted")) - series
        left_out = metrics.sum("promcast_ingest_samples_total", outcome="limit_reached")
        note = f"{left_out:,.0f} new series left out; resident memory then {process.memory_kib('VmRSS') / 1024:.0f} MiB"
        if not covered:
            note += "; the flood outlasted the known series' rounds"
        if outcome.refused:
            note += f"; answers other than 2xx: {outcome.refused}"
        yield Row("promcast, flood", "known series", series, 1, p50_ms=outcome.p50_ms, p99_ms=outcome.p99_ms,
                  peak_bytes=process.memory_kib("VmHWM") * 1024 - before, lost=series * rounds_s - accepted, note=note)


# --- stages ---------------------------------------------------------------------------------------------------------

def stages(bench: Bench) -> Iterator[Row]:
    """Decoding alone, the median of 9 interleaved runs."""
    bench.say("stages: decoding")
    argv = [bench.programs.stages, "--benchmark_filter=^Decode/", "--benchmark_repetitions=9", "--benchmark_format=json",
            "--benchmark_enable_random_interleaving=true", "--benchmark_min_time=0.2"]
    out = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
    for entry in json.loads(out)["benchmarks"]:
        if entry.get("aggregate_name") == "median":
            yield Row("decoding alone", "stage", 2000, int(entry["run_name"][-1]), entry["time_per_item"] * 1e9)
