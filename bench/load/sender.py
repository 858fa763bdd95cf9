"""The load tool, and what the process that it feeds pays for it."""
import dataclasses
import json
import statistics
import subprocess
import time
from typing import Dict, List

import harness

STEP_MS = 15_000
_CPUCLOCK_SCHED = 2


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads, those that ended too, to the nanosecond: the clock of clock_getcpuclockid()."""
    return time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)


@dataclasses.dataclass
class Load:
    """`rounds` rounds of a sample of each series, stamped `step_ms` apart from `start_ms` on."""
    series: int
    protocol: int
    rounds: int
    start_ms: int
    step_ms: int = STEP_MS
    pace_s: float = 0       # seconds a round takes; 0: as fast as it goes
    senders: int = 1        # that share the series, and start evenly over the pace
    connections: int = 4    # of each sender
    first_series: int = 0

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.rounds * self.step_ms


@dataclasses.dataclass
class Outcome:
    samples: int                 # that were answered 2xx
    wall_s: float
    p50_ms: float
    p99_ms: float                # of several senders the worst one's, so at least that of all requests
    codes: Dict[str, int]

    @property
    def refused(self) -> Dict[str, int]:
        return {code: count for code, count in self.codes.items() if not code.startswith("2")}


class Sending:
    """A load under way."""

    def __init__(self, tool: str, port: int, path: str, load: Load):
        self._load = load
        self._processes: List[subprocess.Popen] = []
        begin = time.monotonic()
        for i in range(load.senders):
            pause = begin + i * load.pace_s / load.senders - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            first, last = (load.series * k // load.senders for k in (i, i + 1))
            flags = {"host": harness.HOST, "port": port, "path": path, "protocol": load.protocol, "series": last - first,
                     "first-series": load.first_series + first, "rounds": load.rounds, "step-ms": load.step_ms,
                     "start-ms": load.start_ms, "pace-s": load.pace_s, "connections": load.connections}
            argv = [tool] + [text for flag, value in flags.items() for text in (f"--{flag}", str(value))]
            self._processes.append(subprocess.Popen(argv, stdout=subprocess.PIPE, text=True))

    def is_running(self) -> bool:
        return any(process.poll() is None for process in self._processes)

    def wait(self) -> Outcome:
        answers = []
        for process in self._processes:
            out, _ = process.communicate()
            if process.returncode != 0:
                raise RuntimeError(f"the load tool ended with {process.returncode}: {' '.join(process.args)}")
            answers.append(json.loads(out.splitlines()[-1]))
        codes: Dict[str, int] = {}
        for answer in answers:
            for code, count in answer["codes"].items():
                codes[code] = codes.get(code, 0) + count
        return Outcome(int(sum(a["accepted"] for a in answers)), max(a["wall_s"] for a in answers),
                       statistics.median(a["p50_ms"] for a in answers), max(a["p99_ms"] for a in answers), codes)

    def stop(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()


@dataclasses.dataclass
class Paid:
    """What the process paid from the load's begin to its end; work that it put off beyond that is not in it."""
    outcome: Outcome
    cpu_s: float
    wall_s: float
    resident_bytes: int      # at the end
    peak_bytes: int          # on the way

    @property
    def cpu_ns_per_sample(self) -> float:
        return self.cpu_s * 1e9 / max(1, self.outcome.samples)


def measure(process: harness.HttpProcess, tool: str, path: str, load: Load) -> Paid:
    process.reset_peak_memory()
    cpu_s, begin = cpu_seconds(process.pid), time.monotonic()
    sending = Sending(tool, process.port, path, load)
    try:
        outcome = sending.wait()
    finally:
        sending.stop()
    return Paid(outcome, cpu_seconds(process.pid) - cpu_s, time.monotonic() - begin, process.memory_kib("VmRSS") * 1024,
                process.memory_kib("VmHWM") * 1024)
