"""What it costs that state survives: writes with and without snapshots under way, the snapshots, the next start."""
import pathlib
import signal
import tempfile
import time
from typing import Iterator

import harness
from scenarios import GRID_STEP_MS, MIB, Bench, Row, aligned_now_ms, pace_of
from sender import STEP_MS, Load, cpu_seconds, measure
from subjects import Lean

_PROTOCOL = 2
_FED_ROUNDS = 12  # a cell of the grid each: enough for a series to get its models


class _Stored:
    """A lean promcast with a storage path, whose snapshots come as often as it is told."""

    def __init__(self, bench: Bench, folder: pathlib.Path):
        self._config = {**Lean(bench.programs).config(_PROTOCOL, 3600, bench.sink.url), "series": {"idle_timeout": "1d"}}
        self.process = harness.Promcast(bench.programs.promcast, folder, flags=[f"--storage.path={folder}/storage"])

    def take_snapshots(self, every: str) -> None:
        self.process.write_config({**self._config, "storage": {"snapshot_interval": every}})
        if self.process.is_running():
            self.process.signal(signal.SIGHUP)


def snapshots(bench: Bench, series: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="promcast-load-") as folder:
        stored = _Stored(bench, pathlib.Path(folder))
        stored.take_snapshots("1d")
        process = stored.process.start()
        try:
            yield from _under_load(bench, stored, series)
            assert process.stop(deadline_s=300) == 0
            bench.say(f"promcast, lean, {series:,} series: start")
            begin = time.monotonic()
            process.start(deadline_s=300)
            ready_s = time.monotonic() - begin
            restored = process.metrics().sum("promcast_restored_series", outcome="restored")
            yield Row("promcast, lean", "start", series, _PROTOCOL, lost=int(series - restored),
                      peak_bytes=process.memory_kib("VmHWM") * 1024,
                      note=f"ready after {ready_s:.1f} s, {cpu_seconds(process.pid):.1f} s of CPU")
        finally:
            process.stop(deadline_s=300)


def _under_load(bench: Bench, stored: _Stored, series: int) -> Iterator[Row]:
    process, pace_s = stored.process, pace_of(series)
    start_ms = aligned_now_ms() - _FED_ROUNDS * GRID_STEP_MS - 2 * bench.rounds * STEP_MS
    fed = Load(series, _PROTOCOL, _FED_ROUNDS, start_ms, GRID_STEP_MS)
    measure(process, bench.programs.load_tool, Lean.write_path, fed)
    for phase, every in (("no snapshots", "1d"), ("snapshots", "10ms")):
        bench.say(f"promcast, lean, {series:,} series: {phase}")
        stored.take_snapshots(every)
        load = Load(series, _PROTOCOL, bench.rounds, fed.end_ms, pace_s=pace_s, connections=1)
        fed, before = load, process.memory_kib("VmRSS") * 1024
        paid = measure(process, bench.programs.load_tool, Lean.write_path, load)
        row = Row("promcast, lean", phase, series, _PROTOCOL, paid.cpu_ns_per_sample, p50_ms=paid.outcome.p50_ms,
                  p99_ms=paid.outcome.p99_ms, peak_bytes=paid.peak_bytes, core_share=paid.cpu_s / paid.wall_s)
        metrics = process.metrics()
        if metrics.sum("promcast_snapshots_total"):
            row.note = (f"{metrics.sum('promcast_snapshots_total'):.0f} snapshots, the last one in "
                        f"{metrics.sum('promcast_snapshot_duration_seconds'):.1f} s, "
                        f"{metrics.sum('promcast_snapshot_size_bytes') / MIB:.0f} MiB; peak memory "
                        f"{paid.peak_bytes / before:.2f} of before")
        yield row
