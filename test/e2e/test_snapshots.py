"""What promcast has learned outlives it: restarts, full disks, damaged and foreign files, other machines."""
import json
import math
import os
import pathlib
import resource
import signal
import subprocess
import urllib.parse

import pytest

import harness
import snapshot_file
import wire

SECONDS = 500
SEASON = 60


def config(**forecast) -> dict:
    rule = {"name": "loads", "match": '{__name__=~"load|requests_total"}', "seasons": [f"{SEASON}s"],
            "horizons": ["10s", "30s"], "interval": "1s", **forecast}
    return {"forecasts": [rule], "storage": {"snapshot_interval": "1h"}}


def promcast_in(program: str, folder: pathlib.Path, storage: pathlib.Path, configuration=None) -> harness.Promcast:
    return harness.Promcast(program, folder, configuration or config(), flags=[f"--storage.path={storage}"])


@pytest.fixture
def storage(tmp_path) -> pathlib.Path:
    return tmp_path / "storage"


@pytest.fixture
def promcast(promcast_program, tmp_path, storage):
    return promcast_in(promcast_program, tmp_path / "promcast", storage)


def history(end_ms: int, series: int = 4, seconds: int = SECONDS):
    def value(i, at):
        return float(at * (i + 1) + at % 7) if i % 2 else 100 + 10 * math.sin(2 * math.pi * at / SEASON) + math.cos(at * (i + 1))
    return [wire.Series({"__name__": "requests_total" if i % 2 else "load", "i": str(i)},
                        [wire.Sample(end_ms - (seconds - at) * 1000, value(i, at)) for at in range(seconds)])
            for i in range(series)]


def known_series(promcast, match: str = '{__name__=~".+"}'):
    query = urllib.parse.urlencode({"match[]": match, "limit": 1000})
    return json.loads(promcast.get(f"/api/v1/series/forecasts?{query}"))["data"]


def statuses(promcast):
    return {series["labels"]["i"]: series["status"] for series in known_series(promcast)}


def are_all_predicted(promcast) -> bool:
    return set(statuses(promcast).values()) == {"predicted"}


def restored(promcast, outcome: str = "restored") -> float:
    return promcast.metrics().sum("promcast_restored_series", outcome=outcome)


def learn_and_stop(promcast, series: int = 4) -> None:
    promcast.start()
    assert promcast.write(history(harness.now_ms(), series)).status == 204
    assert promcast.stop() == 0, promcast.log_tail()


def run(program: str, *arguments, **options) -> subprocess.CompletedProcess:
    return subprocess.run([program, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                          **options)


# --- restarts -------------------------------------------------------------------------------------------------------

def test_predictions_go_on_after_a_restart_without_learning_again(promcast, start):
    start(promcast)
    assert promcast.write(history(harness.now_ms())).status == 204
    harness.wait_until(lambda: are_all_predicted(promcast), "all are predicted")
    before = {series["labels"]["i"]: series for series in known_series(promcast)}
    assert promcast.stop() == 0, promcast.log_tail()

    promcast.start()
    assert restored(promcast) == 4
    harness.wait_until(lambda: are_all_predicted(promcast), "all are predicted again, without one new sample")
    for series in known_series(promcast):
        old = before[series["labels"]["i"]]
        assert series["newest_sample_timestamp"] == old["newest_sample_timestamp"]
        for horizon, old_horizon in zip(series["horizons"], old["horizons"]):
            assert horizon["resolved"] == old_horizon["resolved"] > 0
            assert horizon["models"] == old_horizon["models"]


def test_without_a_storage_path_nothing_is_kept_and_nothing_told(promcast_program, tmp_path, start):
    promcast = start(harness.Promcast(promcast_program, tmp_path, config()))
    assert not any(name.startswith("promcast_snapshot") for name in promcast.metrics().names())
    assert "snapshots" not in json.loads(promcast.get("/api/v1/status"))


def test_snapshots_come_every_interval_and_the_last_two_stay(promcast, storage, start):
    promcast.write_config({**config(), "storage": {"snapshot_interval": "50ms"}})
    start(promcast)
    assert promcast.write(history(harness.now_ms())).status == 204
    harness.wait_until(lambda: promcast.metrics().sum("promcast_snapshots_total") >= 4, "four snapshots")
    metrics = promcast.metrics()
    assert metrics.sum("promcast_snapshot_series") == 4
    assert metrics.sum("promcast_snapshot_size_bytes") > 1000
    assert abs(metrics.sum("promcast_snapshot_last_success_timestamp_seconds") - harness.now_ms() / 1000) < 30
    assert len(snapshot_file.snapshots(storage)) <= 2
    status = json.loads(promcast.get("/api/v1/status"))["snapshots"]
    assert status["storage path"] == str(storage) and status["series in it"] == 4 and status["failures"] == 0
    assert "last written" in promcast.get("/")


def test_a_reload_changes_the_interval(promcast, start):
    start(promcast)
    promcast.write_config({**config(), "storage": {"snapshot_interval": "50ms"}})
    promcast.signal(signal.SIGHUP)
    harness.wait_until(lambda: promcast.metrics().sum("promcast_snapshots_total") > 0, "a snapshot before the hour is over")


def test_a_rule_that_changed_starts_its_models_from_the_recent_samples(promcast, start):
    learn_and_stop(promcast)
    promcast.write_config(config(horizons=["20s"]))
    start(promcast)
    assert restored(promcast, "samples_only") == 4
    assert promcast.write([wire.one("load", 100.0, harness.now_ms() + 1000, i="0")]).status == 204
    harness.wait_until(lambda: statuses(promcast)["0"] == "predicted", "the new rule's models know the ring")


def test_a_series_that_no_rule_wants_any_more_is_left_out(promcast, start):
    learn_and_stop(promcast)
    promcast.write_config(config(match="load"))
    start(promcast)
    assert (restored(promcast), restored(promcast, "no_rule")) == (2, 2)


def test_types_that_the_stream_told_are_remembered(promcast, start):
    """A gauge whose name looks like a counter's stays a gauge."""
    start(promcast)
    parts = history(harness.now_ms())
    for part in parts:
        part.metadata = wire.Metadata("gauge")
    assert promcast.write(parts).status == 204
    harness.wait_until(lambda: are_all_predicted(promcast), "all are predicted")
    assert promcast.stop() == 0
    start(promcast)
    assert promcast.write([wire.Series({"__name__": "other_total", "i": "9"}, [], metadata=wire.Metadata("gauge"))]).status == 204
    harness.wait_until(lambda: are_all_predicted(promcast), "all are predicted again")
    predicted, = {series["labels"]["i"]: series["horizons"][0]["predicted"] for series in known_series(promcast)
                  if series["labels"]["i"] == "1"}.values()
    assert predicted > 2 * SECONDS * 0.9, "the value itself, not its rate of 2 per second"


# --- what can go wrong ----------------------------------------------------------------------------------------------

def flip_a_byte(path: pathlib.Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_damaged_snapshot_gives_way_to_the_one_before_and_is_named(promcast, storage, start):
    learn_and_stop(promcast)
    promcast.start()
    assert promcast.stop() == 0
    newest, before = snapshot_file.snapshots(storage)
    flip_a_byte(newest)
    start(promcast)
    assert restored(promcast) == 4
    assert newest.name in promcast.log() and "checksum" in promcast.log()
    assert promcast.stop() == 0
    assert before in snapshot_file.snapshots(storage), "the good ones are kept, the damaged one is not counted"


def test_no_good_snapshot_at_all_still_starts(promcast, storage, start):
    learn_and_stop(promcast)
    for path in snapshot_file.snapshots(storage):
        path.write_bytes(path.read_bytes()[:-1])
    start(promcast)
    assert known_series(promcast) == []
    assert promcast.write([wire.one("load", 1.0, harness.now_ms(), i="0")]).status == 204


def test_another_format_is_refused_with_its_version_and_not_misread(promcast, storage, start):
    learn_and_stop(promcast)
    newest = snapshot_file.snapshots(storage)[0]
    newest.write_bytes(snapshot_file.with_format(newest.read_bytes(), 2, "9.9.9"))
    start(promcast)
    assert known_series(promcast) == []
    assert "format 2" in promcast.log() and "promcast 9.9.9" in promcast.log()


def test_a_second_process_on_the_same_path_ends_with_one_clear_line(promcast, promcast_program, storage, start, tmp_path):
    start(promcast)
    other = promcast_in(promcast_program, tmp_path / "other", storage)
    ended = run(promcast_program, *other.argv()[1:])
    assert ended.returncode == 1
    assert str(storage) in ended.stderr.decode() and "in use by another process" in ended.stderr.decode()
    assert promcast.write(history(harness.now_ms())).status == 204, "the first one goes on"


def test_a_full_disk_is_counted_and_told_and_the_last_good_snapshot_stays(promcast, storage, start):
    learn_and_stop(promcast, series=2)
    promcast.write_config({**config(), "storage": {"snapshot_interval": "50ms"}})
    promcast.start()
    resource.prlimit(promcast.pid, resource.RLIMIT_FSIZE, (100_000, 100_000))  # of the file, as a disk would end
    assert promcast.write(history(harness.now_ms(), series=40)).status == 204
    harness.wait_until(lambda: promcast.metrics().sum("promcast_snapshot_failures_total", reason="no_space") >= 2, "failures")
    assert promcast.status("/-/ready")[0] == 200
    assert json.loads(promcast.get("/api/v1/status"))["snapshots"]["problem"]
    promcast.popen.kill()
    promcast.popen.wait()

    last_good = snapshot_file.series_of(snapshot_file.snapshots(storage)[0].read_bytes())
    assert 2 <= len(last_good) < 40, "all of them do not fit"
    start(promcast)
    assert restored(promcast) == len(last_good)


def unprivileged() -> None:
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)


def test_a_folder_that_cannot_be_written_is_restored_from_and_told(promcast, storage, start):
    learn_and_stop(promcast)
    for path in (storage, *storage.iterdir()):
        path.chmod(0o555 if path.is_dir() else 0o444)
    for folder in (storage, *storage.parents):  # pytest's own folders are its owner's alone
        if folder == pathlib.Path("/tmp"):
            break
        folder.chmod(folder.stat().st_mode | 0o055)
    promcast.write_config({**config(), "storage": {"snapshot_interval": "50ms"}})
    try:
        with open(promcast.log_path, "ab") as log:
            promcast.popen = subprocess.Popen(promcast.argv(), stdout=log, stderr=log, preexec_fn=unprivileged)
        start.processes.append(promcast)
        harness.wait_until(promcast.is_ready, "promcast becomes ready")
        assert restored(promcast) == 4
        harness.wait_until(lambda: promcast.metrics().sum("promcast_snapshot_failures_total", reason="not_writable") > 0,
                           "the failure is counted")
        assert "cannot be written" in promcast.log()
        assert promcast.stop() == 0, promcast.log_tail()
    finally:
        storage.chmod(0o755)


def test_a_start_that_fails_leaves_the_snapshots_alone(promcast, promcast_program, storage, tmp_path, start):
    learn_and_stop(promcast)
    before = [path.read_bytes() for path in snapshot_file.snapshots(storage)]
    holder = start(harness.Promcast(promcast_program, tmp_path / "holder", config()))
    promcast.port = holder.port
    assert run(promcast_program, *promcast.argv()[1:]).returncode == 1
    assert [path.read_bytes() for path in snapshot_file.snapshots(storage)] == before


# --- for people, and other machines ---------------------------------------------------------------------------------

def test_inspect_and_verify_say_what_is_there_and_what_is_damaged(promcast, promcast_program, storage):
    learn_and_stop(promcast)
    newest = snapshot_file.snapshots(storage)[0]
    shown = run(promcast_program, "snapshot", "inspect", storage)
    assert shown.returncode == 0, shown.stderr
    for part in (newest.name, "4 series", "load", "requests_total", "4 series have models"):
        assert part in shown.stdout.decode()
    listed = run(promcast_program, "snapshot", "inspect", newest, "--match", 'load{i="2"}').stdout.decode()
    assert 'load{i="2"}' in listed and 'i="0"' not in listed
    assert run(promcast_program, "snapshot", "verify", storage).returncode == 0

    flip_a_byte(newest)
    damaged = run(promcast_program, "snapshot", "verify", storage)
    assert damaged.returncode == 1
    assert newest.name in damaged.stderr.decode()
    assert run(promcast_program, "snapshot", "inspect", newest).returncode == 1
    assert run(promcast_program, "snapshot", "inspect", storage / "nothing").returncode == 1


def test_exported_series_go_on_on_another_machine(promcast, promcast_program, storage, tmp_path, start):
    learn_and_stop(promcast)
    exported = run(promcast_program, "export", "--storage.path", storage, "--match", "load")
    assert exported.returncode == 0 and "2 of 4 series" in exported.stderr.decode()
    again = run(promcast_program, "export", "--storage.path", storage, "--match", "load")
    assert exported.stdout == again.stdout, "same input, same bytes"
    file = tmp_path / "load.promcast"
    file.write_bytes(exported.stdout)

    elsewhere = tmp_path / "elsewhere"
    imported = run(promcast_program, "import", "--storage.path", elsewhere, file)
    assert imported.returncode == 0, imported.stderr
    other = start(promcast_in(promcast_program, tmp_path / "other", elsewhere))
    assert restored(other) == 2
    harness.wait_until(lambda: are_all_predicted(other), "they are predicted at once")

    refused = run(promcast_program, "import", "--storage.path", elsewhere, file)
    assert refused.returncode == 1 and "in use by another process" in refused.stderr.decode()


def test_an_import_replaces_equal_series_and_leaves_the_others(promcast, promcast_program, storage, tmp_path):
    learn_and_stop(promcast)
    file = tmp_path / "one.promcast"
    file.write_bytes(run(promcast_program, "export", "--storage.path", storage, "--match", 'load{i="0"}').stdout)
    imported = run(promcast_program, "import", "--storage.path", storage, file)
    assert imported.returncode == 0, imported.stderr
    everything = snapshot_file.series_of(snapshot_file.snapshots(storage)[0].read_bytes())
    assert sorted(series.labels["i"] for series in everything) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("arguments, problem", [
    (["export", "--storage.path", "/no/such/folder"], "no/such/folder"),
    (["export", "--storage.path", ".", "--match", "{"], "--match"),
    (["import", "--storage.path", ".", "/no/such/file"], "no/such/file"),
    (["snapshot", "verify", "/no/such/folder"], "no/such/folder"),
    (["snapshot"], "subcommand"),
])
def test_wrong_use_ends_with_what_is_wrong(promcast_program, tmp_path, arguments, problem):
    ended = run(promcast_program, *arguments, cwd=tmp_path)
    assert ended.returncode in (1, 2)
    assert problem in ended.stderr.decode() and len(ended.stderr.decode().splitlines()) == 1
