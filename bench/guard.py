#!/usr/bin/python3
"""Fails when decoding or the model bank has become more than 25 % slower against fixed work in the same process.

  bench/guard.py build/bench/bench/guard            compares with guard.json
  bench/guard.py build/bench/bench/guard --update   writes guard.json, after a change that is meant

What else a machine does makes single ratios larger, never smaller, so a ratio that is too large is measured again, up to
three times in all, and the smallest counts.
"""
import json
import pathlib
import subprocess
import sys

ALLOWED = 1.25
ATTEMPTS = 3
BASELINE = pathlib.Path(__file__).with_suffix(".json")


def measure(program: str) -> dict:
    return json.loads(subprocess.run([program], stdout=subprocess.PIPE, check=True, text=True).stdout)


def check(program: str) -> int:
    committed = json.loads(BASELINE.read_text())
    best: dict = {}
    for attempt in range(ATTEMPTS):
        for name, ratio in measure(program).items():
            best[name] = min(ratio, best.get(name, ratio))
        if best.keys() != committed.keys():
            print(f"guard: {BASELINE} is not of this guard: bench/guard.py {program} --update writes it")
            return 1
        slower = [name for name in best if best[name] > ALLOWED * committed[name]]
        if not slower:
            break
    print(f"{'CPU time against fixed work':<28} {'committed':>9} {'now':>9} {'change':>7}   after {attempt + 1} of {ATTEMPTS}")
    for name, ratio in best.items():
        verdict = "SLOWER" if name in slower else "ok"
        print(f"{name:<28} {committed[name]:>9.3f} {ratio:>9.3f} {ratio / committed[name] - 1:>+7.1%}   {verdict}")
    if slower:
        print(f"guard: more than {ALLOWED - 1:.0%} slower. If that is meant: bench/guard.py {program} --update")
    return 1 if slower else 0


def update(program: str) -> int:
    runs = [measure(program) for _ in range(5)]
    smallest = {name: min(run[name] for run in runs) for name in runs[0]}
    BASELINE.write_text(json.dumps(smallest, indent=1) + "\n")
    print(BASELINE.read_text(), end="")
    return 0


def main() -> int:
    if len(sys.argv) == 2:
        return check(sys.argv[1])
    if len(sys.argv) == 3 and sys.argv[2] == "--update":
        return update(sys.argv[1])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
