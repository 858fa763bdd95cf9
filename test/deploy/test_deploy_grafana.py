"""Grafana's files: dashboards that parse, ask what Prometheus understands, and stand where the compose file puts them."""
import json
import pathlib
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
GRAFANA = ROOT / "deploy/grafana"
DASHBOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
VARIABLES = {"${metric}": "some_metric", "$metric": "some_metric", "$horizon": "1h", "$labels": 'replica=~"0|"',
             "$__rate_interval": "5m"}


def expressions(dashboard: dict):
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"]
            for variable, value in VARIABLES.items():
                expression = expression.replace(variable, value)
            yield expression


def test_there_is_a_dashboard():
    assert DASHBOARDS


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_expression_parses(path, tmp_path):
    asked = list(expressions(json.loads(path.read_text())))
    assert asked and not any("$" in expression for expression in asked)
    rules = [{"record": f"e{i}", "expr": expression} for i, expression in enumerate(asked)]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    checked = subprocess.run(["promtool", "check", "rules", tmp_path / "rules.yml"], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_have_their_own_ids_and_places_and_the_provisioned_data_source(path):
    sources = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())["datasources"]
    panels = json.loads(path.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = set()
    for panel in panels:
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] in {source["uid"] for source in sources}
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        mine = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not mine & cells, panel["title"]
        cells |= mine


def test_the_provider_reads_the_folder_that_is_mounted():
    provider = yaml.safe_load((GRAFANA / "provisioning/dashboards/promcast.yml").read_text())["providers"][0]
    grafana = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["grafana"]
    targets = {mount.split(":")[1]: mount.split(":")[0] for mount in grafana["volumes"]}
    assert targets[provider["options"]["path"]] == "./deploy/grafana/dashboards"
    home = pathlib.PurePosixPath(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (GRAFANA / "dashboards" / home.name).is_file()
