"""Prometheus reads the future from promcast: history and forecast in one graph, `offset -1m`, alerts on what is to come."""
import math
import random
from typing import Dict, List, Tuple

import pytest

import harness
import stacks
import wire

PERIOD_S = 60
HISTORY_S = 900
LAST_HORIZON_S = 300
AMPLITUDE = 50
CURVE = 'predicted_wave{forecaster="promcast", horizon=""}'
RULES = {"groups": [{"name": "future", "rules": [
    {"alert": "WaveWillRise", "expr": f"max_over_time({CURVE[:-1]}, job=\"a\"}}[1m] offset -2m) > 130"},
    {"alert": "WaveWillVanish", "expr": f"max_over_time({CURVE}[1m] offset -2m) < 50"},
]}]}


PHASE_MS = 900  # of the samples in their seconds: a forecast is stamped with the end of its cell


def wave(second: float) -> float:
    return 100 + AMPLITUDE * math.sin(2 * math.pi * second / PERIOD_S)


class Reader:
    """A Prometheus and the promcast that it streams to and reads from."""

    def __init__(self, folder, promcast_program: str, prometheus_program: str, demo: harness.Demo, response_type: str,
                 only_forecasts: bool):
        self.response_type = response_type
        self.only_forecasts = only_forecasts
        self.promcast = harness.Promcast(promcast_program, folder / "promcast", {"forecasts": [{
            "name": "all", "match": '{__name__=~"wave|demo_.*"}', "step": "1s", "seasons": [f"{PERIOD_S}s"],
            "horizons": ["30s", f"{LAST_HORIZON_S}s"], "coverage": [0.95], "interval": "1s"}]})
        remote_read = {"url": self.promcast.url + "/api/v1/read", "read_recent": True}
        if only_forecasts:
            remote_read["required_matchers"] = {"forecaster": "promcast"}
        self.prometheus = harness.Prometheus(
            prometheus_program, folder / "prometheus", [demo.port], self.promcast.url + "/api/v1/write",
            external_labels=stacks.EXTERNAL_LABELS, rules=RULES, remote_read=remote_read)

    def start(self, start) -> "Reader":
        start(self.promcast)
        self.newest_s = harness.now_ms() // 1000
        noise = random.Random(4)
        self.history = {s: wave(s + PHASE_MS / 1000) + noise.gauss(0, 2)
                        for s in range(self.newest_s - HISTORY_S, self.newest_s)}
        samples = [wire.Sample(s * 1000 + PHASE_MS, value) for s, value in self.history.items()]
        # As Prometheus streams it, with its external labels.
        labels = {"__name__": "wave", **stacks.EXTERNAL_LABELS, "job": "a"}
        assert self.promcast.write([wire.Series(dict(sorted(labels.items())), samples)]).status == 204
        ring_only = [wire.Sample(s * 1000, 1.0) for s in range(self.newest_s - 20, self.newest_s)]
        assert self.promcast.write([wire.Series({**labels, "__name__": "demo_ring_only"}, ring_only)]).status == 204
        start(self.prometheus)
        if self.only_forecasts:  # so the history must be Prometheus's own
            own = wire.v1_message([wire.Series({"__name__": "wave", "job": "a"}, samples)])
            assert harness.post_write(self.prometheus.port, wire.snappy(own), version=1).status == 204
        harness.wait_until(lambda: self.prometheus.query(f"{CURVE} offset -1m"), "the wave's future can be queried")
        return self

    def requests(self, **labels: str) -> float:
        return self.promcast.metrics().sum("promcast_remote_read_requests_total", **labels)


@pytest.fixture(scope="module")
def readers(promcast_program, debian_prometheus, peers, module_folder, start_for_module) -> Dict[str, Reader]:
    demo = start_for_module(harness.Demo(promcast_program, module_folder / "demo"))
    made = {
        "debian": Reader(module_folder / "debian", promcast_program, debian_prometheus, demo, "samples", True),
        "current": Reader(module_folder / "current", promcast_program, str(peers / "prometheus"), demo,
                          "streamed_xor_chunks", False),
    }
    for reader in made.values():
        reader.start(start_for_module)
    return made


@pytest.fixture(params=["debian", "current"])
def reader(request, readers) -> Reader:
    return readers[request.param]


def only_series(answer: dict) -> Tuple[Dict[str, str], List[Tuple[float, float]]]:
    assert "warnings" not in answer, answer["warnings"]
    series, = answer["data"]["result"]
    return series["metric"], [(float(t), float(v)) for t, v in series["values"]]


def test_one_graph_holds_the_history_and_the_forecast(reader):
    now_s = harness.now_ms() / 1000
    answer = reader.prometheus.query_range(
        f"wave or {CURVE}", now_s - 600, now_s + LAST_HORIZON_S - 10, 5)
    assert "warnings" not in answer, answer["warnings"]
    by_forecaster = {series["metric"].get("forecaster"): [(float(t), float(v)) for t, v in series["values"]]
                     for series in answer["data"]["result"]}
    history, forecast = by_forecaster[None], by_forecaster["promcast"]
    assert history[0][0] <= now_s - 595
    assert min(t for t, _ in forecast) > now_s, "the past is not forecast"
    times = [t for t, _ in forecast if t > now_s + 5]
    assert len(times) == pytest.approx((LAST_HORIZON_S - 10) / 5, abs=3), "the forecast has no holes"
    for t, value in history:
        if t < reader.newest_s:
            assert value == reader.history[math.floor(t - PHASE_MS / 1000)]
    errors = [abs(value - wave(t)) for t, value in forecast]
    assert sum(errors) / len(errors) < AMPLITUDE / 5, "the forecast follows the season"
    metric, _ = only_series(reader.prometheus.query_range(CURVE, now_s + 10, now_s + 60, 5))
    assert metric == {"__name__": "predicted_wave", "job": "a", "forecaster": "promcast"}, "without external labels"


def test_a_negative_offset_asks_what_will_be(reader):
    ahead = reader.prometheus.query_range(f"{CURVE} offset -1m", reader.newest_s, reader.newest_s + PERIOD_S, 1)
    _, values = only_series(ahead)
    # Of a past evaluation the forecast for a time that is past by now is not kept: only what is still to come is there.
    errors = [abs(value - wave(t + 60)) for t, value in values if t + 60 > harness.now_ms() / 1000 + 1]
    assert errors and sum(errors) / len(errors) < AMPLITUDE / 5
    lower, point, upper = (reader.prometheus.value(f'predicted_{part}wave{{forecaster="promcast", horizon=""}} offset -1m')
                           for part in ("lower_", "", "upper_"))
    assert lower <= point <= upper


def test_every_kind_of_matcher_selects(reader):
    def names(selector: str) -> set:
        return {labels["__name__"] for labels, _ in reader.prometheus.query(f"{selector} offset -1m")}
    every = {"predicted_wave", "predicted_lower_wave", "predicted_upper_wave"}
    assert names('{__name__=~"predicted_.*wave", forecaster="promcast"}') == every
    assert names('{__name__=~"predicted_.*wave", forecaster="promcast", coverage!=""}') == every - {"predicted_wave"}
    assert names('{__name__!~".*_lower_.*|.*demo.*", forecaster="promcast", job="a"}') == every - {"predicted_lower_wave"}
    assert names('{__name__=~"predicted_.*wave", forecaster="promcast", job=~"b.*"}') == set()
    assert names('{__name__=~"wave", forecaster="promcast"}') == set(), "an expression matches whole values"


def test_a_scraped_series_has_a_future_that_begins_now(reader):
    curve = 'predicted_demo_disk_avail_bytes{forecaster="promcast", horizon=""}'
    harness.wait_until(lambda: reader.prometheus.query(f"{curve} offset -10s"), "the disk's future can be queried", 90)
    now_s = harness.now_ms() / 1000
    answer = reader.prometheus.query_range(curve, now_s, now_s + LAST_HORIZON_S, 1)
    for series in answer["data"]["result"]:
        times = [float(t) for t, _ in series["values"]]
        assert times[0] - now_s < 10 and len(times) > LAST_HORIZON_S - 20
        assert not stacks.EXTERNAL_LABELS.keys() & series["metric"].keys()


def test_alert_rules_see_the_future(reader):
    def firing():
        return {a["labels"]["alertname"] for a in reader.prometheus.alerts() if a["state"] == "firing"}
    harness.wait_until(lambda: "WaveWillRise" in firing(), "the alert fires", 60)
    assert "WaveWillVanish" not in firing()


def test_each_prometheus_is_answered_in_the_form_that_it_asks_for(reader):
    metrics = reader.promcast.metrics()
    assert reader.requests(response_type=reader.response_type, code="200") > 0
    assert reader.requests() == reader.requests(response_type=reader.response_type, code="200")
    assert metrics.sum("promcast_remote_read_samples_total") > LAST_HORIZON_S


def test_required_matchers_keep_other_queries_away(readers):
    """A series that promcast alone holds is found by the Prometheus without them, and by the other one is not asked for."""
    found = {name: reader.prometheus.query("count_over_time(demo_ring_only[5m])") for name, reader in readers.items()}
    assert [value for _, value in found["current"]] == [20]
    assert found["debian"] == []
