"""A series that is new begins with the season that its siblings have, in whatever shard they are."""
import json
import math
import urllib.parse

import harness
import wire

SEASON_S = 120
SIBLINGS = 6


def wave(host, timestamp_ms):
    return 100 * host + host * math.sin(timestamp_ms / 1000 % SEASON_S / SEASON_S * 2 * math.pi)


def series(host, end_ms, seconds):
    times = range(end_ms - seconds * 1000, end_ms, 1000)
    return wire.Series({"__name__": "demo_load", "host": str(host)}, [wire.Sample(t, wave(host, t)) for t in times])


def borrowed_weights(promcast, host):
    query = urllib.parse.urlencode({"match[]": f'demo_load{{host="{host}"}}'})
    found, = json.loads(promcast.status(f"/api/v1/series/forecasts?{query}")[1])["data"]
    return [model["weight"] for horizon in found["horizons"] for model in horizon["models"]
            if model["name"] == "borrowed_season"]


def test_a_new_host_borrows_the_season_of_the_others_also_after_a_restart(promcast_program, tmp_path, start):
    config = harness.forecast_config()
    config["forecasts"][0].update(cohort_start=True, step="1s", seasons=[f"{SEASON_S}s"])
    config["shards"] = 3
    promcast = start(harness.Promcast(promcast_program, tmp_path, config, ["--storage.path=state"]))
    borrowed = "promcast_series_borrowed_total"

    now = harness.now_ms() // 1000 * 1000
    hosts = [series(host, now, 3 * SEASON_S) for host in range(1, SIBLINGS + 1)]
    assert promcast.write(hosts).status == 204
    new_hosts = iter(range(100, 1000))

    def one_more_borrows():
        host = next(new_hosts)
        assert promcast.write([series(host, now, 60)]).status == 204
        return host if promcast.metrics().sum(borrowed) > 0 else None
    new = harness.wait_until(one_more_borrows, "the siblings have told their season", poll_s=0.5)
    weights = harness.wait_until(lambda: borrowed_weights(promcast, new), "the new host has models")
    assert max(weights) > 0

    assert promcast.stop() == 0
    promcast.start()
    assert borrowed_weights(promcast, new) == weights
    assert promcast.metrics().sum(borrowed) == 0
    assert promcast.write([series(5000, now, 60)]).status == 204
    assert promcast.metrics().sum(borrowed) == 1  # restored siblings have told theirs again
