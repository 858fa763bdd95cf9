"""Measures promcast beside Prometheus and VictoriaMetrics and prints one table. Started by bench/load.sh."""
import argparse
import contextlib
import pathlib
import signal
import sys
import time
from typing import Iterator, List

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "test/e2e"))

import backfill  # noqa: E402  needs test/e2e
import report  # noqa: E402
import scenarios  # noqa: E402
import snapshots  # noqa: E402
from awake import awake_cores  # noqa: E402
from gates import gates  # noqa: E402
from pace import Pace  # noqa: E402
from sink import Sink  # noqa: E402
from subjects import SUBJECTS, Programs  # noqa: E402

SCENARIOS = ("stages", "growth", "rules", "realtime", "hostile", "flood", "snapshots", "backfill")
RULE_COUNTS = (1, 10, 100, 1000)


def count(text: str) -> int:
    """10k, 1M, or a plain number."""
    factor = {"k": 1_000, "M": 1_000_000}.get(text[-1:], 1)
    return int(text if factor == 1 else text[:-1]) * factor


def list_of(kind, allowed=None):
    def parse(text: str) -> list:
        values = [kind(part) for part in text.split(",")]
        for value in values:
            if allowed and value not in allowed:
                raise argparse.ArgumentTypeError(f"{value} is none of {', '.join(map(str, allowed))}")
        return values
    return parse


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/load.sh", description=__doc__)
    parser.add_argument("--scenarios", type=list_of(str, SCENARIOS), default=list(SCENARIOS),
                        help=f"of {','.join(SCENARIOS)}")
    parser.add_argument("--subjects", type=list_of(str, tuple(SUBJECTS)), default=list(SUBJECTS),
                        help=f"that grow, of {','.join(SUBJECTS)}")
    parser.add_argument("--series", type=list_of(count), default=[10_000, 100_000, 1_000_000],
                        help="sizes of the growth; the largest is that of the real rate too (10k,100k,1M)")
    parser.add_argument("--protocols", type=list_of(int, (1, 2)), default=[1, 2], help="remote write 1, 2 or both")
    parser.add_argument("--rounds", type=int, default=40, help="of a sample a series, 15 s apart; at least 2 (40)")
    parser.add_argument("--minutes", type=int, default=3, help="how long the real rate is kept up (3)")
    parser.add_argument("--rest", action="store_true", help="lets cores rest during the growth, see bench/README.md")
    parser.add_argument("--rule-series", type=count, default=100_000, help="series of the growth with rules (100k)")
    parser.add_argument("--flood", type=count, default=5_000_000, help="new series above the limit (5M)")
    parser.add_argument("--backfill", type=count, default=10_000, help="series whose past is read back (10k)")
    parser.add_argument("--days", type=int, default=7, help="of that past, at a sample a minute (7)")
    parser.add_argument("--quick", action="store_true",
                        help="10k series, a flood of 100k, one minute at the real rate, the past of 1k series")
    parser.add_argument("--json", metavar="FILE", help="writes all figures")
    parser.add_argument("--svg", metavar="DIR", help="draws the growth; needs python3-matplotlib")
    parser.add_argument("--promcast", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--peers", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--load-tool", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--stages", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--guard", required=True, help=argparse.SUPPRESS)
    if {"-h", "--help"} & set(sys.argv[1:]):
        parser.print_help()
        sys.exit(0)
    parsed = parser.parse_args()
    if parsed.rounds < 2:
        parser.error("--rounds: at least 2, one creates the series and the others are the steady ones")
    if parsed.quick:
        parsed.series, parsed.minutes, parsed.rule_series, parsed.flood = [10_000], 1, 10_000, 100_000
        parsed.backfill = 1_000
    return parsed


def measured(options: argparse.Namespace, bench: scenarios.Bench) -> Iterator[scenarios.Row]:
    largest = max(options.series)
    if "stages" in options.scenarios:
        yield from scenarios.stages(bench)
    if "growth" in options.scenarios:
        with contextlib.nullcontext() if options.rest else awake_cores():
            for series in options.series:
                for name in options.subjects:
                    for protocol in options.protocols:
                        yield from scenarios.growth(bench, SUBJECTS[name](bench.programs), protocol, series)
    if "rules" in options.scenarios:
        for rules in RULE_COUNTS:
            yield from scenarios.rules(bench, options.rule_series, rules)
    if "realtime" in options.scenarios:
        for protocol in options.protocols:
            yield from scenarios.realtime(bench, protocol, largest, options.minutes)
    if "hostile" in options.scenarios:
        yield from scenarios.hostile(bench)
    if "flood" in options.scenarios:
        yield from scenarios.flood(bench, min(largest, 100_000), options.flood)
    if "snapshots" in options.scenarios:
        yield from snapshots.snapshots(bench, largest)
    if "backfill" in options.scenarios:
        for profile in ("lean", "standard"):
            yield from backfill.backfill(bench, options.backfill, options.days, profile)


def main() -> int:
    options = arguments()
    if options.svg:
        try:
            import drawing
        except ImportError:
            print("load.sh: --svg needs matplotlib: deploy/packages/install.sh bench", file=sys.stderr)
            return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped then too
    begin = time.monotonic()

    def say(text: str) -> None:
        seconds = int(time.monotonic() - begin)
        print(f"== {seconds // 60:3d}:{seconds % 60:02d}  {text}", file=sys.stderr, flush=True)

    sink = Sink()
    programs = Programs(options.promcast, options.peers, options.load_tool, options.stages)
    bench = scenarios.Bench(programs, options.rounds, sink, say)
    rows: List[scenarios.Row] = []
    pace = Pace(options.guard)
    try:
        before_ms = pace.measure()
        for row in measured(options, bench):
            after_ms = pace.measure()
            row.fixed_work_ms = (before_ms + after_ms) / 2
            before_ms = after_ms
            rows.append(row)
            print(report.line(row), file=sys.stderr, flush=True)
            if options.json:
                report.write_json(options.json, report.document(rows, gates(rows), sys.argv[1:]))
    except KeyboardInterrupt:
        say("interrupted; this is what was measured until then")
    finally:
        sink.stop()
    results = gates(rows)
    if options.svg:
        folder = pathlib.Path(options.svg)
        folder.mkdir(parents=True, exist_ok=True)
        content = report.document(rows, results, sys.argv[1:])
        drawing.draw(content, folder / f"{content['date']}-growth.svg")
    print(report.table(rows, results))
    return 1 if any(gate.met is False for gate in results) else 0


if __name__ == "__main__":
    sys.exit(main())
