"""What it costs to learn the past: series that a Prometheus has days of, read back over remote read when they appear."""
import pathlib
import subprocess
import tempfile
import time
from typing import Iterator, List

import harness
import wire
from scenarios import MIB, Bench, Row
from sender import cpu_seconds
from subjects import rule

METRIC = "node_load"
_SERIES_A_REQUEST = 1000
_LONGEST_S = 3600
_PEERS = pathlib.Path(__file__).resolve().parents[2] / "test/peers/build.sh"


def _first_samples(series: int, at_ms: int) -> Iterator[List[wire.Series]]:
    """One live sample of each; labels as test/peers/history-blocks writes them."""
    for begin in range(0, series, _SERIES_A_REQUEST):
        yield [wire.Series({"__name__": METRIC, "cpu": str(i % 10), "instance": f"host-{i // 10}.example:9100",
                            "job": "node"}, [wire.Sample(at_ms + i % 1000 * 50, 55.0)])
               for i in range(begin, min(series, begin + _SERIES_A_REQUEST))]


def backfill(bench: Bench, series: int, days: int, profile: str) -> Iterator[Row]:
    """`days` is a season as well, as no more is read than models can use."""
    with tempfile.TemporaryDirectory(prefix="promcast-load-") as name:
        folder = pathlib.Path(name)
        prometheus = harness.Prometheus(str(bench.programs.peers / "prometheus"), folder / "prometheus", targets=[],
                                        flags=["--storage.tsdb.retention.time=100y"])
        bench.say(f"backfill: writing {days} days of {series:,} series")
        subprocess.run([_PEERS, "history-blocks"], check=True, stdout=subprocess.DEVNULL)
        written = subprocess.run([bench.programs.peers / "history-blocks", prometheus.folder / "data", str(series), str(days)],
                                 check=True, stdout=subprocess.PIPE, text=True)
        prometheus.start(deadline_s=120)
        promcast = harness.Promcast(bench.programs.promcast, folder / "promcast", {
            "forecasts": [{**rule(profile, 60), "match": METRIC, "seasons": sorted({"1d", f"{days}d"})}], "series": {"idle_timeout": "1d"},
            "backfill": {"max_range": f"{days}d"}, "remote_read": [{"url": f"{prometheus.url}/api/v1/read"}]}).start()
        try:
            yield _read_back(bench, promcast, prometheus, series, int(written.stdout), profile)
        finally:
            promcast.stop(deadline_s=120)
            prometheus.stop()


def _read_back(bench: Bench, promcast: harness.Promcast, prometheus: harness.Prometheus, series: int, end_ms: int,
               profile: str) -> Row:
    bench.say(f"promcast, {profile}, {series:,} series: backfill")
    idle_bytes, begin_cpu_s = promcast.memory_kib("VmRSS") * 1024, cpu_seconds(promcast.pid)
    peer_cpu_s, begin = cpu_seconds(prometheus.pid), time.monotonic()
    for request in _first_samples(series, end_ms):
        assert promcast.write(request).status == 204
    harness.wait_until(lambda: promcast.metrics().sum_or_zero("promcast_backfill_series_total") >= series,
                       "all series have their past", deadline_s=_LONGEST_S)
    wall_s, metrics = time.monotonic() - begin, promcast.metrics()
    samples = metrics.sum("promcast_backfill_samples_total")
    cpu_s = cpu_seconds(promcast.pid) - begin_cpu_s
    return Row(f"promcast, {profile}", "backfill", series, cpu_ns_per_sample=cpu_s / samples * 1e9,
               bytes_per_series=(promcast.memory_kib("VmRSS") * 1024 - idle_bytes) / series,
               peak_bytes=promcast.memory_kib("VmHWM") * 1024, core_share=cpu_s / wall_s,
               note=f"{samples:,.0f} samples in {wall_s:.0f} s; the Prometheus spent "
                    f"{cpu_seconds(prometheus.pid) - peer_cpu_s:.1f} s of CPU and {prometheus.memory_kib('VmHWM') * 1024 / MIB:,.0f} MiB")
