"""Panels on an even grid, the series taken from them, and the moments at which each series is forecast."""
import dataclasses
import math
import pathlib

import numpy
import pandas

DAY_MS = 86_400_000
MOST_UNCHANGED = 0.6  # share of unchanged values above which a series counts as flat
GOLDEN = (math.sqrt(5) - 1) / 2


@dataclasses.dataclass
class Panel:
    """Series on one even grid; the cell that begins at `start_ms + i * step_ms` is row i, NaN where nothing came."""

    path: str
    start_ms: int
    step_ms: int
    cells: pandas.DataFrame

    def write(self, path, names):
        """Writes the named series as a panel that promcast reads."""
        out = self.cells[list(names)].copy()
        out.insert(0, "timestamp_ms", self.start_ms + self.step_ms * numpy.arange(len(out), dtype=numpy.int64))
        out.to_csv(path, index=False, compression={"method": "gzip", "compresslevel": 1})


@dataclasses.dataclass
class Series:
    """One series, with the cells (`origins`) from which it is forecast."""

    panel: Panel
    name: str
    values: numpy.ndarray
    origins: numpy.ndarray

    def filled(self):
        """Gaps hold the last value before them; what precedes the first value stays NaN."""
        return pandas.Series(self.values).ffill().to_numpy()


def read_panel(path, step_ms=None):
    """Reads `timestamp_ms,SERIES...`, .csv or .csv.gz; a cell is the mean of its samples.

    `step_ms`: width of a cell; by default the most common distance of two rows.
    """
    rows = pandas.read_csv(path)
    if rows.columns[0] != "timestamp_ms" or len(rows) < 2:
        raise SystemExit(f"{path}: wants a header `timestamp_ms,SERIES...` and at least two rows")
    times = rows.pop("timestamp_ms").to_numpy(dtype=numpy.int64)
    step_ms = step_ms or int(pandas.Series(numpy.diff(times)).mode()[0])
    if step_ms <= 0:
        raise SystemExit(f"{path}: rows are out of order")
    cells = rows.astype(float).groupby(times // step_ms).mean()
    first, last = cells.index[0], cells.index[-1]
    cells = cells.reindex(range(first, last + 1)).reset_index(drop=True)
    return Panel(path=str(path), start_ms=int(first) * step_ms, step_ms=step_ms, cells=cells)


def unchanged_share(values):
    known = values[~numpy.isnan(values)]
    return float(numpy.mean(known[1:] == known[:-1])) if len(known) > 1 else 1.0


def origins_of(values, first, horizons, count, offset):
    """`count` cells evenly from `first` on that hold a value, as all their targets do; fewer cells: an empty array.

    `offset` in [0, 1) moves them all by this part of their distance.
    """
    last = len(values) - max(horizons)
    at = numpy.arange(first, max(first, last))
    known = ~numpy.isnan(values)
    at = at[known[at] & numpy.all([known[at + h] for h in horizons], axis=0)]
    if len(at) < count:
        return at[:0]
    return at[((numpy.arange(count) + offset) / count * len(at)).astype(int)]


def _evenly(items, count):
    return [items[int((i + 0.5) * len(items) / count)] for i in range(count)]


def _shares(available, wanted):
    """How many to take of each, as even as can be."""
    shares = [0] * len(available)
    while sum(shares) < wanted and shares != available:
        for i in sorted(range(len(available)), key=lambda i: shares[i]):
            if shares[i] < available[i] and sum(shares) < wanted:
                shares[i] += 1
    return shares


def pick_series(panels, wanted, origins, from_days, horizons_ms):
    """At most `wanted` active series, evenly over the panels and over the columns of each."""
    usable = []
    for panel in panels:
        horizons = [h // panel.step_ms for h in horizons_ms]
        first = math.ceil(from_days * DAY_MS / panel.step_ms)
        of_panel = []
        for name in panel.cells.columns:
            values = panel.cells[name].to_numpy()
            offset = GOLDEN * (len(of_panel) + 1) % 1  # so that not all series are asked at the same moments
            at = origins_of(values, first, horizons, origins, offset)
            if len(at) and unchanged_share(values) <= MOST_UNCHANGED:
                of_panel.append(Series(panel=panel, name=name, values=values, origins=at))
        usable.append(of_panel)
    shares = _shares([len(u) for u in usable], wanted)
    return [series for of_panel, share in zip(usable, shares) for series in _evenly(of_panel, share)]


def stem(path):
    return pathlib.Path(path).name.removesuffix(".gz").removesuffix(".csv")
