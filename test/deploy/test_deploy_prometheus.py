"""Prometheus's, Alertmanager's and promcast's configurations, by the programs that read them."""
import pathlib
import re
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = sorted((ROOT / "deploy/prometheus/rules").glob("*.yml"))
QUICKSTART = ROOT / "deploy/quickstart"


def succeed(*command) -> str:
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


def filled_in(name: str, folder: pathlib.Path) -> pathlib.Path:
    """A template of the quickstart's with its places filled."""
    text = (QUICKSTART / f"{name}.in").read_text()
    text = text.replace("@rules_dir@", str(ROOT / "deploy/prometheus/rules"))
    path = folder / name
    path.write_text(re.sub(r"@\w+_port@", "9999", text))
    assert "@" not in path.read_text()
    return path


def seconds(duration: str) -> float:
    return float(duration[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[duration[-1]]


def test_promtool_accepts_the_configuration_and_the_rules():
    succeed("promtool", "check", "config", ROOT / "deploy/prometheus/prometheus.yml")
    succeed("promtool", "check", "rules", *RULES)


def test_promtool_accepts_the_quickstarts_configuration(tmp_path):
    succeed("promtool", "check", "config", filled_in("prometheus.yml", tmp_path))


def test_alerts_fire_when_they_should_and_only_then():
    succeed("promtool", "test", "rules", pathlib.Path(__file__).parent / "alerts_test.yml")


def test_every_alert_has_a_test():
    named = {rule["alert"] for path in RULES for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]}
    cases = yaml.safe_load((pathlib.Path(__file__).parent / "alerts_test.yml").read_text())["tests"]
    fired = {case["alertname"] for test in cases for case in test["alert_rule_test"] if case.get("exp_alerts")}
    assert named == fired


def test_amtool_accepts_the_alertmanagers_configuration():
    succeed("amtool", "check-config", ROOT / "deploy/alertmanager/alertmanager.yml")


@pytest.mark.parametrize("config", ["deploy", "quickstart"])
def test_forecasts_are_never_sent_to_promcast(config, tmp_path):
    path = ROOT / "deploy/prometheus/prometheus.yml" if config == "deploy" else filled_in("prometheus.yml", tmp_path)
    for destination in yaml.safe_load(path.read_text())["remote_write"]:
        assert {"source_labels": ["forecaster"], "regex": "promcast", "action": "drop"} in destination["write_relabel_configs"]


@pytest.mark.parametrize("config", ["deploy", "quickstart"])
def test_promcast_accepts_its_configuration(config, promcast_program, tmp_path):
    path = ROOT / "deploy/promcast/promcast.yml" if config == "deploy" else filled_in("promcast.yml", tmp_path)
    succeed(promcast_program, "check", "config", path)


def test_alerts_ask_for_series_that_the_configuration_makes():
    forecasts = yaml.safe_load((ROOT / "deploy/promcast/promcast.yml").read_text())["forecasts"]
    asked = re.findall(r'predicted_(?:lower_|upper_)?(\w+)\{horizon="(\w+)"', "".join(path.read_text() for path in RULES))
    assert asked
    for metric, horizon in asked:
        rule = next(rule for rule in forecasts
                    if re.fullmatch(re.search(r'__name__=~"([^"]+)"', rule["match"]).group(1), metric))
        assert seconds(horizon) in [seconds(text) for text in rule["horizons"]], (metric, horizon)
