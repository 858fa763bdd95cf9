"""Reload, drain, end of a series, the process's own pages."""
import signal
import subprocess
import urllib.request

import pytest

import harness
import stacks
import wire

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture
def promcast(promcast_program, tmp_path, start):
    return start(harness.Promcast(promcast_program, tmp_path / "promcast", flags=["--web.enable-lifecycle"]))


def reload_by_signal(promcast) -> None:
    promcast.signal(signal.SIGHUP)


def reload_by_request(promcast) -> None:
    promcast.status("/-/reload", "POST", b"")


RELOADS = pytest.mark.parametrize("reload", [reload_by_signal, reload_by_request], ids=["SIGHUP", "/-/reload"])


def last_reload_successful(promcast) -> float:
    return promcast.metrics().sum("promcast_config_last_reload_successful")


def outcome(promcast, name: str) -> float:
    return promcast.metrics().sum("promcast_ingest_samples_total", outcome=name)


@RELOADS
def test_a_good_configuration_takes_over(promcast, reload):
    def is_accepted():
        before = outcome(promcast, "accepted")
        promcast.write([wire.one("other_metric", 1.0, harness.now_ms())])
        return outcome(promcast, "accepted") > before
    assert not is_accepted(), "no rule wants it yet"
    promcast.write_config(harness.forecast_config(match='{__name__="other_metric"}'))
    reload(promcast)
    harness.wait_until(is_accepted, "the new rule takes the series")
    assert last_reload_successful(promcast) == 1


@RELOADS
@pytest.mark.parametrize("broken", ["forecasts: [", "unknown_option: 1", "forecasts: [{match: '{__name__=~\"(\"}'}]"])
def test_a_broken_configuration_changes_nothing_and_is_told(promcast, reload, broken):
    promcast.config_path.write_text(broken)
    reload(promcast)
    harness.wait_until(lambda: last_reload_successful(promcast) == 0, "the failed reload is told")
    before = outcome(promcast, "accepted")
    assert promcast.write([wire.one("demo_metric", 1.0, harness.now_ms())]).status == 204
    assert outcome(promcast, "accepted") == before + 1, "the old rule still holds"

    promcast.write_config(harness.forecast_config())
    reload(promcast)
    harness.wait_until(lambda: last_reload_successful(promcast) == 1, "the repaired configuration is taken")


def test_a_broken_reload_by_request_answers_with_the_reason(promcast):
    promcast.config_path.write_text("unknown_option: 1")
    status, text = promcast.status("/-/reload", "POST", b"")
    assert status == 500
    assert "unknown_option" in text


def test_reload_by_request_is_refused_without_the_flag_and_by_get(promcast_program, tmp_path, start):
    promcast = start(harness.Promcast(promcast_program, tmp_path / "closed"))
    assert promcast.status("/-/reload", "POST", b"")[0] == 403
    assert promcast.status("/-/quit", "POST", b"")[0] == 403


def test_get_does_not_reload(promcast):
    assert promcast.status("/-/reload")[0] == 405


def test_a_broken_configuration_at_start_ends_with_its_name_and_the_reason(promcast_program, tmp_path):
    path = tmp_path / "broken.yml"
    path.write_text("forecasts:\n- match: up\n  horizon: [1h]\n")
    for command in (["check", "config", str(path)],
                    ["serve", f"--config.file={path}", f"--web.listen-address={harness.HOST}:{harness.free_port()}"]):
        ended = subprocess.run([promcast_program, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               timeout=30)
        assert ended.returncode != 0
        assert "horizon" in ended.stdout and "broken.yml" in ended.stdout and "3" in ended.stdout, ended.stdout


def test_sigterm_drains_and_exits_0(promcast):
    for _ in range(20):
        assert promcast.write([wire.one("demo_metric", 1.0, harness.now_ms(), id=str(i)) for i in range(200)]).status == 204
    assert promcast.stop(deadline_s=15) == 0, promcast.log_tail()


def test_sigterm_with_an_unreachable_destination_exits_within_seconds(promcast_program, tmp_path, start):
    config = harness.forecast_config([f"http://{harness.HOST}:{harness.free_port()}/api/v1/write"])
    promcast = start(harness.Promcast(promcast_program, tmp_path, config))
    assert promcast.write([wire.one("demo_metric", 1.0, harness.now_ms())]).status == 204
    assert promcast.stop(deadline_s=30) == 0, promcast.log_tail()


def test_health_and_readiness(promcast):
    for path in ("/-/healthy", "/-/ready"):
        assert promcast.status(path)[0] == 200
        assert promcast.status(path, "HEAD")[0] == 200
    assert promcast.status("/no/such/page")[0] == 404


def test_metrics_pass_promtool(promcast):
    promcast.write([wire.one("demo_metric", 1.0, harness.now_ms())])
    checked = subprocess.run(["promtool", "check", "metrics"], input=promcast.get("/metrics"), text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
    assert checked.returncode == 0 and not checked.stdout.strip(), checked.stdout


def test_openmetrics_form_keeps_its_rules(promcast):
    """The rules of OpenMetrics 1.0 that the text format has not."""
    text = promcast.get("/metrics", headers={"Accept": OPENMETRICS})
    assert text.endswith("# EOF\n") and text.count("# EOF") == 1
    assert "\n\n" not in text
    types = {}
    for line in text.splitlines()[:-1]:
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert family not in types, f"{family} has two types"
            assert kind in ("counter", "gauge", "histogram", "summary", "info", "stateset", "unknown", "gaugehistogram")
            assert not (kind == "counter" and family.endswith("_total")), f"{family}: the family has no _total"
            types[family] = kind
        elif not line.startswith("# "):
            name = line.split("{")[0].split(" ")[0]
            assert belongs_to_a_family(name, types), f"{name} has no family"


def belongs_to_a_family(name: str, types: dict) -> bool:
    suffixes = {"counter": ("_total", "_created"), "histogram": ("_bucket", "_count", "_sum", "_created"),
                "summary": ("", "_count", "_sum", "_created"), "info": ("_info",)}
    return any(name == family + suffix for family, kind in types.items() for suffix in suffixes.get(kind, ("",)))


def test_openmetrics_content_type_is_negotiated(promcast):
    for accept, expected in ((OPENMETRICS, "application/openmetrics-text"), ("text/plain", "text/plain; version=0.0.4")):
        request = urllib.request.Request(promcast.url + "/metrics", headers={"Accept": accept})
        with urllib.request.urlopen(request, timeout=10) as response:
            assert response.headers["Content-Type"].startswith(expected)


def test_predictions_end_with_stale_markers_when_their_series_ends(promcast_program, debian_prometheus, tmp_path, start):
    demo = start(harness.Demo(promcast_program, tmp_path / "demo"))
    stack = stacks.Stack(tmp_path, promcast_program, debian_prometheus, demo).start(start)
    stacks.wait_for_predictions(stack.prometheus)
    demo.stop()
    # Prometheus would go on answering with the last value for five minutes without the marker.
    # A rule's own scores are no predictions of a series; they stay.
    of_series = '{forecaster="promcast", __name__!~"forecast_(skill|skill_against|coverage)_ratio"}'
    harness.wait_until(lambda: not stack.prometheus.query(of_series), "the predictions end", 30, poll_s=0.5)
    assert stack.prometheus.query('count_over_time(predicted_demo_load_requests_per_second[5m])') != []


def test_two_instances_on_one_port_end_with_one_clear_line(promcast, promcast_program, tmp_path):
    other = harness.Promcast(promcast_program, tmp_path / "second")
    other.port = promcast.port
    ended = subprocess.run(other.argv(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)
    assert ended.returncode != 0
    assert str(promcast.port) in ended.stdout and "in use" in ended.stdout.lower(), ended.stdout
