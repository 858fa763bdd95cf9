"""Predictions reach the database that they were made for, are right most of the time, and fire alerts.

All stacks run side by side, so that they warm up together.
"""
import math

import pytest

import harness
import stacks

LOOPS = ["debian", "debian with write_relabel_configs", "current with remote write 2.0"]
HORIZON_LABELS = "horizon, coverage, forecaster"


@pytest.fixture(scope="module")
def running(promcast_program, debian_prometheus, peers, module_folder, start_for_module):
    demo = start_for_module(harness.Demo(promcast_program, module_folder / "demo"))

    def stack(name, prometheus, **kwargs):
        return stacks.Stack(module_folder / name.replace(" ", "_"), promcast_program, prometheus, demo, **kwargs)

    current = str(peers / "prometheus")
    victoria = harness.VictoriaMetrics(str(peers / "victoria-metrics"), module_folder / "victoria")
    everything = '{__name__=~".+"}'
    started = {
        "debian": stack("debian", debian_prometheus, match=everything),
        "debian with write_relabel_configs": stack("relabelled", debian_prometheus, drop_own_series=True, match=everything),
        "current with remote write 2.0": stack("current", current, protobuf_message="io.prometheus.write.v2.Request"),
        "victoria-metrics": stack("to_victoria", debian_prometheus, destination=victoria),
    }
    for each in started.values():
        each.start(start_for_module)
    return started


@pytest.fixture(params=LOOPS)
def loop(request, running) -> stacks.Stack:
    return running[request.param]


def test_predictions_of_several_series_are_queryable(loop):
    for name in ("predicted_demo_load_requests_per_second", "predicted_demo_disk_avail_bytes"):
        harness.wait_until(lambda: loop.prometheus.query(name), f"{name} can be queried", 90)
    for labels, value in loop.prometheus.query('{__name__=~"predicted_(lower_|upper_)?demo_load_requests_per_second"}'):
        assert labels["horizon"] in ("10s", "30s")
        assert labels["forecaster"] == "promcast"
        assert labels["job"] == "demo" and "instance" in labels
        assert ("coverage" in labels) == ("_lower_" in labels["__name__"] or "_upper_" in labels["__name__"])
        assert not stacks.EXTERNAL_LABELS.keys() & labels.keys(), "external labels are stripped on the way back"
        assert math.isfinite(value)


def test_a_counter_is_predicted_as_its_rate(loop):
    rates = harness.wait_until(lambda: loop.prometheus.query('predicted_rate_demo_requests{horizon="10s"}'),
                               "the rate of demo_requests_total is predicted", 90)
    assert all(value >= 0 for _, value in rates)


def test_the_point_lies_inside_its_band(loop):
    point, lower, upper = (f"predicted_{part}demo_load_requests_per_second" for part in ("", "lower_", "upper_"))
    for bound, wrong in ((lower, "<"), (upper, ">")):
        harness.wait_until(lambda: loop.prometheus.query(bound), f"{bound} is there", 90)
        # A query may fall between the point and the band of one issue, so one moment without a contradiction is asked for.
        harness.wait_until(lambda: not loop.prometheus.query(f"{point} {wrong} ignoring(coverage) {bound}"),
                           f"no {point} {wrong} {bound}", 20)


def test_values_are_within_the_band_most_of_the_time(loop, record_property):
    """The band issued 10 s ago, against what came, over 90 seconds, in the words of PromQL."""
    metric = "demo_load_requests_per_second"
    inside = (f'({metric} >= bool ignoring({HORIZON_LABELS}) (predicted_lower_{metric}{{horizon="10s"}} offset 10s)) * '
              f'({metric} <= bool ignoring({HORIZON_LABELS}) (predicted_upper_{metric}{{horizon="10s"}} offset 10s))')
    harness.wait_until(lambda: [v for _, v in loop.prometheus.query(f"count_over_time(({inside})[90s:1s])") if v >= 85],
                       "90 seconds of bands and values", deadline_s=240, poll_s=1)
    shares = [value for _, value in loop.prometheus.query(f"avg_over_time(({inside})[90s:1s])")]
    share = sum(shares) / len(shares)
    record_property("share_within_band", share)
    print(f"share within the 95 % band, 10 s ahead, over 90 s: {share:.3f} of {len(shares)} series")
    assert len(shares) == 3
    assert share >= 0.8


def test_an_alert_rule_on_a_predicted_series_fires(loop):
    def firing():
        return {a["labels"]["alertname"] for a in loop.prometheus.alerts() if a["state"] == "firing"}
    harness.wait_until(lambda: firing() >= {"DiskWillHaveSpace", "LoadWillRise"}, "both alerts fire", 120)


def test_no_prediction_is_itself_predicted(loop):
    stacks.wait_for_predictions(loop.prometheus)
    own = "predicted_|forecast_"
    assert loop.prometheus.query(f'{{__name__=~"predicted_(lower_|upper_|rate_)*({own}).*"}}') == []
    assert loop.prometheus.query(f'{{__name__=~"forecast_.*", metric=~"({own}).*"}}') == []
    assert loop.prometheus.query('{__name__!~"(predicted|forecast)_.*|ALERTS.*", forecaster="promcast"}') == []


@pytest.mark.parametrize("name, comes_back", [("debian", True), ("debian with write_relabel_configs", False),
                                              ("current with remote write 2.0", True)])
def test_own_series_that_come_back_are_dropped_and_counted(running, name, comes_back):
    stack = running[name]
    stacks.wait_for_predictions(stack.prometheus)

    def dropped():
        return stack.promcast.metrics().sum("promcast_ingest_samples_total", outcome="own_series")
    if comes_back:
        harness.wait_until(lambda: dropped() > 0, "own series come back and are counted", 30)
    else:
        assert dropped() == 0


def test_nothing_failed_on_either_way(loop):
    stacks.wait_for_predictions(loop.prometheus)
    metrics = loop.prometheus.metrics()
    assert metrics.sum("prometheus_remote_storage_samples_failed_total") == 0
    assert metrics.sum("prometheus_remote_storage_histograms_failed_total") == 0
    assert loop.promcast.metrics().sum("promcast_remote_write_samples_failed_total") == 0
    assert loop.promcast.metrics().sum("promcast_remote_write_samples_total") > 0


def requests(stack: stacks.Stack, protocol: str) -> float:
    return stack.promcast.metrics().sum("promcast_ingest_requests_total", protocol=protocol, code="204")


def test_remote_write_2_is_spoken_both_ways_with_a_current_prometheus(running):
    stack = running["current with remote write 2.0"]
    stacks.wait_for_predictions(stack.prometheus)
    assert stack.promcast.metrics().sum("promcast_remote_write_protocol_version") == 2
    assert requests(stack, "2.0") > 0 and requests(stack, "1.0") == 0


def test_remote_write_falls_back_to_1_for_an_old_prometheus(running):
    stack = running["debian"]
    stacks.wait_for_predictions(stack.prometheus)
    assert stack.promcast.metrics().sum("promcast_remote_write_protocol_version") == 1
    assert requests(stack, "1.0") > 0 and requests(stack, "2.0") == 0


def test_predictions_reach_victoria_metrics_through_the_fall_back(running):
    stack = running["victoria-metrics"]
    names = stacks.wait_for_predictions(stack.destination)
    assert "predicted_demo_load_requests_per_second" in names
    assert stack.promcast.metrics().sum("promcast_remote_write_protocol_version") == 1
    assert stack.promcast.metrics().sum("promcast_remote_write_samples_failed_total") == 0
    assert stack.prometheus.query('{__name__=~"predicted_.*"}') == [], "it writes to VictoriaMetrics alone"
