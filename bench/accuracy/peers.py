#!/usr/bin/env python3
"""Forecasts the same series from the same moments with promcast and with its batch peers, and compares the errors."""
import argparse
import dataclasses
import datetime
import hashlib
import json
import logging
import pathlib
import platform
import re
import shlex
import sys

import numpy

import forecasters
import scores
from panels import pick_series, read_panel, stem
from promcast_run import Promcast

UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def duration_ms(text):
    match = re.fullmatch(r"(\d+)([smhd])", text)
    if not match or int(match[1]) == 0:
        raise argparse.ArgumentTypeError(f"`{text}` is no duration like 30s, 5m, 1h or 1d")
    return int(match[1]) * UNITS_MS[match[2]]


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("panels", nargs="+", metavar="PANEL", help="timestamp_ms,SERIES... as .csv or .csv.gz")
    parser.add_argument("--step", type=duration_ms, help="mean of cells this wide; default: each panel's own step")
    parser.add_argument("--series", type=int, default=60, help="at most; default %(default)s")
    parser.add_argument("--origins", type=int, default=8, help="forecasts a series; default %(default)s")
    parser.add_argument("--from-days", type=float, default=14, help="first origin; default %(default)s")
    parser.add_argument("--horizons", default="5m,15m,1h,24h", help="default %(default)s")
    parser.add_argument("--peers", help="comma separated; default: all that are installed")
    parser.add_argument("--mstl-series", type=int, default=3, help="MSTL takes 10 s a fit; default %(default)s")
    parser.add_argument("--promcast", default="build/release/promcast", metavar="PATH", help="default %(default)s")
    parser.add_argument("--promcast-flags", default="", help="further flags of `promcast backtest`, in one string")
    parser.add_argument("--cache", type=pathlib.Path, metavar="DIR", help="keep the peers' forecasts; never promcast's")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write every error")
    return parser.parse_args(argv)


def cache_file(folder, peer, series, horizons):
    told = hashlib.sha256(series.values.tobytes() + series.origins.astype("<i8").tobytes())
    told.update(repr((peer.name, peer.version, peer.settings, horizons, series.panel.step_ms)).encode())
    return folder / re.sub(r"\W", "_", peer.name) / f"{stem(series.panel.path)}-{told.hexdigest()[:24]}.json"


def run_cached(folder, peer, series, horizons):
    """Forecasts [origin][horizon] and CPU seconds, from the cache where it has them."""
    path = cache_file(folder, peer, series, horizons) if folder else None
    if path and path.exists():
        kept = json.loads(path.read_text())
        return numpy.array(kept["forecasts"], dtype=float), kept["cpu_seconds"]
    forecasts, cpu_seconds = peer.run(series, horizons)
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps({"forecasts": forecasts.tolist(), "cpu_seconds": cpu_seconds}))
        partial.rename(path)
    return forecasts, cpu_seconds


def horizon_steps(series, horizons_ms):
    step_ms = series.panel.step_ms
    if any(h % step_ms for h in horizons_ms):
        raise SystemExit(f"{series.panel.path}: a step of {step_ms} ms divides not every horizon; see --step")
    return [h // step_ms for h in horizons_ms]


def run_peers(picked, peers, arguments, horizons_ms):
    """One result a series: errors and CPU seconds by peer."""
    results = [{"series": s, "errors": {}, "cpu_seconds": {}} for s in picked]
    few = {int((i + 0.5) * len(picked) / arguments.mstl_series) for i in range(min(arguments.mstl_series, len(picked)))}
    for peer in peers:
        warmed = False
        for i, (series, result) in enumerate(zip(picked, results)):
            if peer.name == "MSTL" and i not in few:
                continue
            horizons = horizon_steps(series, horizons_ms)
            path = cache_file(arguments.cache, peer, series, horizons) if arguments.cache else None
            if not warmed and peer.days and not (path and path.exists()):  # what a first call loads is no cost of a fit
                warm_up(peer, series, horizons)
                warmed = True
            forecasts, cpu_seconds = run_cached(arguments.cache, peer, series, horizons)
            result["errors"][peer.name] = scores.errors_of(series, horizons, forecasts)
            result["cpu_seconds"][peer.name] = cpu_seconds
        if all(numpy.isnan(r["errors"][peer.name]).any() for r in results if peer.name in r["errors"]):
            raise SystemExit(f"{peer.name} failed on every series")
        print(f"{peer.name}: done", file=sys.stderr, flush=True)
    return results


def warm_up(peer, series, horizons):
    peer.run(dataclasses.replace(series, origins=series.origins[:1]), horizons)


def run_promcast(promcast, results, horizons_ms):
    by_panel = {}
    for result in results:
        by_panel.setdefault(id(result["series"].panel), []).append(result)
    for of_panel in by_panel.values():
        picked = [r["series"] for r in of_panel]
        horizons = horizon_steps(picked[0], horizons_ms)
        for result, (forecasts, cpu_seconds, a_step) in zip(of_panel, promcast.run(picked, horizons)):
            result["errors"][promcast.name] = scores.errors_of(result["series"], horizons, forecasts)
            result["cpu_seconds"][promcast.name] = cpu_seconds
            result["cpu_seconds_a_step"] = a_step


def raw(results):
    for r in results:
        series = r["series"]
        yield {
            "panel": stem(series.panel.path), "series": series.name, "step_ms": series.panel.step_ms,
            "origins_ms": (series.panel.start_ms + series.origins * series.panel.step_ms).tolist(),
            "absolute_errors": {p: [[None if numpy.isnan(e) else e for e in row] for row in errors.tolist()]
                                for p, errors in r["errors"].items()},
            "cpu_seconds": r["cpu_seconds"],
        }


def main(argv):
    arguments = parse_arguments(argv)
    logging.basicConfig(level=logging.WARNING)
    available = forecasters.all_forecasters()
    names = arguments.peers.split(",") if arguments.peers else [*available, "promcast"]
    unknown = set(names) - {*available, "promcast"}
    if unknown:
        raise SystemExit(f"--peers: no such peer here: {', '.join(sorted(unknown))}; there are {', '.join(available)}")
    if scores.REFERENCE not in names:
        names.insert(0, scores.REFERENCE)
    promcast = Promcast(arguments.promcast, shlex.split(arguments.promcast_flags)) if "promcast" in names else None
    peers = [available[name] for name in names if name != "promcast"]
    horizon_names = arguments.horizons.split(",")
    horizons_ms = [duration_ms(h) for h in horizon_names]
    panels = [read_panel(path, arguments.step) for path in arguments.panels]
    picked = pick_series(panels, arguments.series, arguments.origins, arguments.from_days, horizons_ms)
    if not picked:
        raise SystemExit("no series is active and long enough; see --from-days and --origins")

    results = run_peers(picked, peers, arguments, horizons_ms)
    if promcast:
        run_promcast(promcast, results, horizons_ms)
    rows = scores.table_of(results, names)
    versions = [f"Python {platform.python_version()}"]
    versions += [p.version for p in [*peers, promcast] if p and p.version and p.version not in versions]
    versions = list(dict.fromkeys(versions))
    today = datetime.date.today().isoformat()
    used = list(dict.fromkeys(stem(s.panel.path) for s in picked))
    what = f"{len(picked)} series of {len(used)} panels, {arguments.origins} origins each"
    print(f"{today}: {what}; {', '.join(versions)}.")
    print("MAE relative to the daily seasonal naive, geometric mean over series.\n")
    print(scores.markdown(rows, horizon_names))
    if arguments.json:
        arguments.json.write_text(json.dumps({"date": today, "versions": versions, "panels": used, "table": rows,
                                              "horizons": horizon_names, "series": list(raw(results))}))


if __name__ == "__main__":
    main(sys.argv[1:])
