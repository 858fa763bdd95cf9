"""kill -9 with a store behind: what a snapshot has not seen is read again, so that nothing is missing and nothing counts twice."""
import http.client
import random
import threading

import pytest

import harness
import wire
from test_backfill import History, known, made_history, rule, send, store_by_remote_write
from test_snapshot_crashes import launch, storage_of, wait_until_ready

LIVE_S = 600  # of the history's end that comes while promcast is killed and started


def send_until_killed(victim: harness.Promcast, history: History, first: int, end: int) -> int:
    """A sample of each series a request; the number of the first that was not acknowledged."""
    try:
        while victim.popen.poll() is None and first < end:
            series = [wire.Series(dict(key), samples[first:first + 1]) for key, samples in history.items()]
            assert victim.write(series).status in (204, 503)
            first += 1
    except (OSError, http.client.HTTPException):
        pass
    return first


@pytest.mark.parametrize("missed", [0, 7], ids=["sent_again", "missed_while_away"])
def test_nothing_is_missing_after_crashes_and_nothing_counts_twice(missed, debian_prometheus, promcast_program, tmp_path,
                                                                   start, request):
    rounds = max(6, request.config.getoption("--crash-rounds") // 4)
    dice = random.Random(missed)
    history = made_history(harness.now_ms() // 1000)
    store = start(harness.Prometheus(debian_prometheus, tmp_path / "store", []))
    store_by_remote_write(store.port, history)
    config = {"forecasts": [rule("load", seasons=["2m"], step="1s", horizons=["30s"])],
              "storage": {"snapshot_interval": "50ms"}}
    streamed = start(harness.Promcast(promcast_program, tmp_path / "streamed", {"forecasts": config["forecasts"]}))
    send(streamed, history, {})
    victim = harness.Promcast(promcast_program, tmp_path / "victim", {
        **config, "remote_read": [{"url": store.url + "/api/v1/read"}]})
    victim.flags = [f"--storage.path={storage_of(victim)}"]
    restored = 0
    at = len(next(iter(history.values()))) - LIVE_S
    samples = at + LIVE_S
    for number in range(rounds):
        launch(victim)
        # Series wait three seconds for others before their history is asked for.
        life_s = dice.uniform(3, 4) if number % 2 else dice.uniform(0.05, 1)
        killer = threading.Timer(life_s, victim.popen.kill)
        killer.start()
        try:
            if wait_until_ready(victim):
                restored += victim.metrics().sum_or_zero("promcast_series_created_total") == 0
                end = samples - LIVE_S + (number + 1) * LIVE_S // (rounds + 1)
                at = send_until_killed(victim, history, at, end) + missed
        except (OSError, http.client.HTTPException):
            pass
        finally:
            killer.join()
            victim.popen.wait()
    start(victim)
    send(victim, {key: samples[-3:] for key, samples in history.items()}, {})
    harness.wait_until(lambda: victim.metrics().sum("promcast_backfill_waiting_series") == 0, "all are live", 60)

    def same() -> bool:
        ours, theirs = known(victim, "load"), known(streamed, "load")
        predicted = [h["predicted"] for told in theirs.values() for h in told["horizons"]]
        assert len(predicted) == len(history) and all(isinstance(p, float) for p in predicted)
        return ours == theirs  # seen in the same second
    harness.wait_until(same, "the one that crashed knows what the one that never did knows", 20)
    assert restored > 0, "no crash left a snapshot"
