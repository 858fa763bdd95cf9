#!/usr/bin/python3
"""Fails when decoding or the model bank has become more than 25 % dearer against fixed work of the same program.

  bench/guard.py build/bench/bench/guard            compares with guard.json
  bench/guard.py build/bench/bench/guard --update   writes guard.json, after a change that is meant

What is compared are instructions, counted by valgrind: on shared machines the ratio of CPU times of two loops that take
turns within a millisecond swings by half, as one suffers more than the other from what else runs on the core. The fixed
work takes out what a compiler or an instruction set changes for both. Waiting for memory and mispredicted branches are
not seen here; bench/load.sh shows them.
"""
import functools
import json
import pathlib
import re
import shutil
import subprocess
import sys

ALLOWED = 1.25
# Stage, its fixed work, and how often it is repeated for a count.
STAGES = {"decode_v1": ("fixed_bytes", 4), "decode_v2": ("fixed_bytes", 4),
          "bank_lean": ("fixed_floats", 2000), "bank_standard": ("fixed_floats", 2000)}
BASELINE = pathlib.Path(__file__).with_suffix(".json")


@functools.lru_cache(maxsize=None)
def instructions(program: str, stage: str, times: int) -> int:
    """Of `times` repetitions alone: what twice as many take more."""
    totals = []
    for repetitions in (times, 2 * times):
        argv = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, stage, str(repetitions)]
        run = subprocess.run(argv, stderr=subprocess.PIPE, text=True)
        collected = re.search(r"Collected : (\d+)", run.stderr)
        if run.returncode != 0 or not collected:
            sys.exit(f"guard: {' '.join(argv)} failed:\n{run.stderr}")
        totals.append(int(collected[1]))
    return totals[1] - totals[0]


def measure(program: str) -> dict:
    ratios = {}
    for stage, (fixed, times) in STAGES.items():
        ratios[stage] = round(instructions(program, stage, times) / instructions(program, fixed, times), 4)
    return ratios


def check(program: str) -> int:
    committed, now = json.loads(BASELINE.read_text()), measure(program)
    if now.keys() != committed.keys():
        print(f"guard: {BASELINE} has other stages; bench/guard.py {program} --update writes it anew")
        return 1
    slower = [stage for stage in now if now[stage] > ALLOWED * committed[stage]]
    print(f"{'instructions / fixed work':<26} {'committed':>9} {'now':>9} {'change':>8}")
    for stage, ratio in now.items():
        verdict = "  TOO MUCH" if stage in slower else ""
        print(f"{stage:<26} {committed[stage]:>9.4f} {ratio:>9.4f} {ratio / committed[stage] - 1:>+8.1%}{verdict}")
    if slower:
        print(f"guard: more than {ALLOWED - 1:.0%} dearer. If that is meant: bench/guard.py {program} --update")
    return 1 if slower else 0


def update(program: str) -> int:
    BASELINE.write_text(json.dumps(measure(program), indent=1) + "\n")
    print(BASELINE.read_text(), end="")
    return 0


def main() -> int:
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--update"]):
        print(__doc__, file=sys.stderr)
        return 2
    if not shutil.which("valgrind"):
        print("guard: valgrind is missing: deploy/packages/install.sh test", file=sys.stderr)
        return 2
    return update(sys.argv[1]) if sys.argv[2:] else check(sys.argv[1])


if __name__ == "__main__":
    sys.exit(main())
