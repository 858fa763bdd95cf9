"""`promcast backtest` as people run it: its files, its words, its exit codes, and its scores against their definition."""
import csv
import gzip
import json
import math
import pathlib
import random
import re
import subprocess
import sys
from typing import List

import pytest

SCORER = pathlib.Path(__file__).resolve().parents[3] / "shared/tools/score_forecasts.py"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
START_MS = 1_700_000_000_000
NAMES = ["busy", 'up{job="a",instance="b"}', "steps", "rarely_moves", "constant", "late", "empty", "spikes"]


def values_at(time_ms: int, draw: random.Random) -> List[object]:
    """One row: a cell for each of NAMES. Counted from the first row."""
    day = math.sin(2 * math.pi * time_ms / DAY_MS)
    hour = time_ms // HOUR_MS
    return [
        round(5 + 3 * day + draw.gauss(0, 0.5), 6),
        round(1e6 * (2 + day) * draw.uniform(0.9, 1.1), 3),
        hour // 5 % 7,
        int(hour % 40 == 0),
        42,
        "" if time_ms < 4 * DAY_MS else round(day + draw.gauss(0, 0.1), 6),
        "NaN",
        round(draw.paretovariate(1.2), 6),
    ]


def write_panel(path: pathlib.Path, step_ms: int, days: float, seed: int) -> pathlib.Path:
    """With single cells missing, rows missing, some twice, and half a day of silence."""
    draw = random.Random(seed)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["timestamp_ms", *NAMES])
        for i in range(int(days * DAY_MS / step_ms)):
            time_ms = i * step_ms
            cells = values_at(time_ms, draw)
            cells = [cell if draw.random() > 0.03 else draw.choice(["", "NaN"]) for cell in cells]
            silent = 3.2 < time_ms / DAY_MS < 3.7
            if not silent and draw.random() > 0.02:
                rows.writerow([START_MS + time_ms, *cells])
                if i % 500 == 250:
                    rows.writerow([START_MS + time_ms, *values_at(time_ms, draw)])
    return path


def backtest(program: str, *arguments: object, code: int = 0) -> subprocess.CompletedProcess:
    done = subprocess.run([program, "backtest", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=300)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def run(program: str, folder: pathlib.Path, *arguments: object) -> dict:
    backtest(program, *arguments, "--json", folder / "scores.json", "--forecasts", folder / "forecasts.csv")
    return json.loads((folder / "scores.json").read_text())


if SCORER.exists():

    def defined_scores(forecasts: pathlib.Path, panel: pathlib.Path, *flags: str) -> list:
        command = [sys.executable, SCORER, forecasts, panel, "--json", *flags]
        return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)

    @pytest.mark.parametrize("ending, step_ms, days, flags, scorer_flags", [
        (".csv", 300_000, 14, [], []),
        (".csv.gz", 300_000, 14, ["--coverage", "0.5,0.9,0.99", "--every", "5m", "--from-days", "8.5"],
         ["--from-days", "8.5"]),
        (".csv", 60_000, 6, ["--horizons", "2m,7m,90m,36h", "--step", "5m"], []),
        (".csv.gz", HOUR_MS, 60, ["--seasons", "1d,1w", "--horizons", "5m,1h,12h,3d"], []),
    ])
    def test_the_scores_are_those_of_their_definition(promcast_program, tmp_path, ending, step_ms, days, flags, scorer_flags):
        panel = write_panel(tmp_path / f"panel{ending}", step_ms, days, seed=step_ms)
        ours = run(promcast_program, tmp_path, panel, *flags)["scores"]
        theirs = defined_scores(tmp_path / "forecasts.csv", panel, *scorer_flags)
        assert {row["class"] for row in theirs} == {"active", "flat"}
        assert any(row["winkler"] is not None for row in theirs)
        assert [list(row) for row in ours] == [list(row) for row in theirs]
        for our, their in zip(ours, theirs):
            for key, value in their.items():
                expected = pytest.approx(value, abs=5e-4, rel=5e-4) if isinstance(value, float) else value
                assert our[key] == expected, (key, our, their)


def test_the_dump_holds_every_forecast_once_and_in_bounds(promcast_program, tmp_path):
    panel = write_panel(tmp_path / "panel.csv", 300_000, 4, seed=7)
    run(promcast_program, tmp_path, panel, "--floor", "0", "--ceiling", "8", "--every", "30m")
    with open(tmp_path / "forecasts.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    keys = [(row["series"], row["issued_ms"], row["horizon_s"], row["coverage"]) for row in rows]
    assert len(set(keys)) == len(keys) > 1000
    assert {row["series"] for row in rows} == set(NAMES) - {"empty", "late"}
    for row in rows:
        assert int(row["target_ms"]) - int(row["issued_ms"]) == 1000 * int(row["horizon_s"])
        assert 0 <= float(row["lower"]) <= float(row["predicted"]) <= float(row["upper"]) <= 8
        assert (int(row["issued_ms"]) - START_MS) % 1_800_000 == 0


def test_the_table_is_for_people_and_cost_is_in_the_json(promcast_program, tmp_path):
    panel = write_panel(tmp_path / "panel.csv", 300_000, 6, seed=3)
    done = backtest(promcast_program, panel, "--models", "--json", tmp_path / "scores.json", "--threads", "2")
    assert re.fullmatch("note: .*panel.csv:.*", done.stderr.strip())  # no bar where there is no terminal
    lines = done.stdout.splitlines()
    scores = json.loads((tmp_path / "scores.json").read_text())
    table = lines[1:1 + len(scores["scores"])]
    assert len({len(line) for line in lines[:1 + len(table)]}) == 1
    for line, row in zip(table, scores["scores"]):
        assert line.split()[0] == row["class"] and f"{row['relMAE']:.3f}" in line
    assert "1 panel, 8 series" in done.stdout and "loss/best's" in done.stdout
    assert scores["cost"]["ns_per_step_and_series"] > 0 and scores["cost"]["bytes_per_series"] > 0


def test_rounding_is_told(promcast_program, tmp_path):
    panel = write_panel(tmp_path / "panel.csv", HOUR_MS, 30, seed=1)
    noted = backtest(promcast_program, panel, "--horizons", "5m").stderr
    assert "note: at a step of 1h a horizon of 5m becomes 1h\n" in noted


@pytest.mark.parametrize("arguments, said", [
    ([], "PANEL: name at least one panel"),
    (["p.csv", "--horizons", "5x"], "--horizons: "),
    (["p.csv", "--horizons", ""], "--horizons: give at least one"),
    (["p.csv", "--horizons", "0s"], "--horizons: must be longer than 0s"),
    (["p.csv", "--coverage", "0.8,1"], "--coverage: `1` is no number between 0 and 1"),
    (["p.csv", "--coverage", ""], "--coverage: give 1 to 8"),
    (["p.csv", "--step", "1500ms"], "--step: must be whole seconds"),
    (["p.csv", "--every", "often"], "--every: "),
    (["p.csv", "--from-days", "-1"], "--from-days: must not be negative"),
    (["p.csv", "--from-days", "soon"], "--from-days"),
    (["p.csv", "--floor", "2", "--ceiling", "1"], "--floor: must be below --ceiling"),
    (["p.csv", "--threads", "-1"], "--threads"),
    (["p.csv", "--no-such-flag"], "--no-such-flag"),
    (["m4", "train.csv"], "TEST is required"),
])
def test_wrong_use_gets_one_line_and_exit_code_2(promcast_program, arguments, said):
    done = backtest(promcast_program, *arguments, code=2)
    assert said in done.stderr and done.stderr.count("\n") == 1 and done.stdout == ""


def test_what_cannot_be_read_or_written_gets_one_line_and_exit_code_1(promcast_program, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("timestamp_ms,a\n1,2\n1,x\n")
    panel = write_panel(tmp_path / "panel.csv", HOUR_MS, 5, seed=1)
    for arguments, said in [
        ([tmp_path / "missing.csv"], "missing.csv: cannot be read: No such file or directory"),
        ([bad], "bad.csv:3: `x` is no number (series `a`)"),
        ([panel, "--horizons", "1h", "--json", tmp_path / "no/such.json"], "such.json: cannot be written"),
        ([panel, "--horizons", "1h", "--forecasts", tmp_path / "no/such.csv"], "such.csv: cannot be written"),
        (["m4", tmp_path / "missing.csv", bad], "missing.csv: cannot be read"),
    ]:
        done = backtest(promcast_program, *arguments, code=1)
        assert said in done.stderr and done.stderr.count("\n") == 1


def test_m4_scores_what_follows_the_training_series(promcast_program, tmp_path):
    def rows(first: int, hours: int) -> str:
        lines = ['"V1"']
        for i in range(3):
            shape = (f"{100 + 20 * math.sin((t + i) * math.pi / 12) + t * 7919 % 11:.4f}" for t in range(first, first + hours))
            lines.append(",".join([f'"H{i}"', *(f'"{v}"' for v in shape)]))
        return "\n".join(lines) + "\n"

    (tmp_path / "train.csv").write_text(rows(0, 720))
    (tmp_path / "test.csv").write_text(rows(720, 48))
    done = backtest(promcast_program, "m4", tmp_path / "train.csv", tmp_path / "test.csv", "--json", tmp_path / "m4.json")
    scores = json.loads((tmp_path / "m4.json").read_text())
    assert list(scores) == ["series", "sMAPE", "MASE", "OWA", "seconds"]
    assert scores["series"] == 3 and 0 < scores["sMAPE"] < 5 and scores["seconds"] > 0
    assert scores["OWA"] == pytest.approx((scores["sMAPE"] / 18.383 + scores["MASE"] / 2.395) / 2)
    assert f"{scores['OWA']:.3f}" in done.stdout


def test_help_shows_every_flag_with_an_example(promcast_program):
    text = backtest(promcast_program, "--help").stdout
    flags, _, examples = text.partition("Examples:")
    named = {word.rstrip(":").split(",")[-1] for line in flags.splitlines() for word in line.split()[:1] if word.startswith("--")}
    assert len(named) >= 12
    for flag in named:
        assert flag in examples, flag
