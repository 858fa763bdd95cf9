"""What the figures have to be, and whether they are."""
import dataclasses
from typing import Callable, Iterable, List, Optional

from scenarios import MIB, Row


@dataclasses.dataclass
class Gate:
    promise: str
    limit: float
    unit: str
    value: Optional[float]     # None: not measured
    at_least: bool = False     # else: at most

    @property
    def met(self) -> Optional[bool]:
        if self.value is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        word = {None: "not measured", True: "met", False: "MISSED"}[self.met]
        value = "" if self.value is None else f"{self.value:,.4g} {self.unit}"
        return f"{self.promise:<66} {'>=' if self.at_least else '<='} {self.limit:>5g} {self.unit:<12} {value:<18} {word}"


def _worst(rows: Iterable[Row], value: Callable[[Row], Optional[float]]) -> Optional[float]:
    return max((value(row) for row in rows if value(row) is not None), default=None)


def _ratio(above: Optional[float], below: Optional[float]) -> Optional[float]:
    return above / below if above is not None and below else None


def gates(rows: List[Row]) -> List[Gate]:
    def at(subject: str, phase: str, protocol: Optional[int] = None, series: Optional[int] = None) -> List[Row]:
        return [r for r in rows if r.subject == subject and r.phase == phase and r.rules is None and
                protocol in (None, r.protocol) and series in (None, r.series)]

    def cpu_ns(*where) -> Optional[float]:
        return _worst(at(*where), lambda r: r.cpu_ns_per_sample)

    lean, standard = "promcast, lean", "promcast, standard"
    predict_ns = cpu_ns(standard, "predict", 1, 100_000)
    real = at(standard, "real rate", None, 1_000_000)
    hostile = _worst(at("promcast, hostile", "one request"), lambda r: r.peak_bytes)
    create_ns = cpu_ns(standard, "create", None, 1_000_000)
    return [
        Gate("receive only, RW1, 100k series: CPU a sample", 400, "ns",
             cpu_ns("promcast, receive only", "steady", 1, 100_000)),
        Gate("with ring, standard bank and predictions, RW1, 100k series", 1000, "ns", predict_ns),
        Gate("decoding RW2 against RW1", 1.5, "x cheaper", _ratio(cpu_ns("decoding alone", "stage", 1),
                                                                 cpu_ns("decoding alone", "stage", 2)), True),
        Gate("the second row against VictoriaMetrics", 1.3, "x cheaper",
             _ratio(cpu_ns("VictoriaMetrics", "steady", 1, 100_000), predict_ns), True),
        Gate("lean, 1M series: resident memory a series after the rounds", 1.2, "KiB",
             _ratio(_worst(at(lean, "steady", None, 1_000_000), lambda r: r.bytes_per_series), 1024)),
        Gate("standard, 1M series: CPU a new series", 3, "us", _ratio(create_ns, 1000)),
        Gate("1M series at 15 s with predictions each minute", 25, "% of a core",
             _ratio(_worst(real, lambda r: r.core_share), 0.01)),
        Gate("the same: p99 answer to a request of 2,000 samples", 20, "ms", _worst(real, lambda r: r.p99_ms)),
        Gate("one hostile request of 32 MiB: memory grows by", 64, "MiB", _ratio(hostile, MIB)),
        Gate("flood of new series above the limit: samples of known ones lost", 0, "samples",
             _worst(at("promcast, flood", "known series"), lambda r: r.lost)),
    ]
