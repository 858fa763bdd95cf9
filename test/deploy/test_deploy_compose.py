"""No container engine is needed: the compose file, the Dockerfile and what they name are checked against each other."""
import json
import pathlib
import re
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
DOCKERFILE = ROOT / "deploy/docker/Dockerfile"


def mounts(service: dict):
    for mount in service.get("volumes", []):
        source, target, *_ = mount.split(":")
        yield source, target


def instructions() -> list:
    """(name, rest) of each of the Dockerfile's instructions."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


def test_the_compose_file_has_the_whole_stack():
    assert set(SERVICES) == {"prometheus", "node-exporter", "promcast", "demo", "alertmanager", "grafana"}


@pytest.mark.parametrize("name", SERVICES)
def test_everything_that_a_service_mounts_exists(name):
    for source, _ in mounts(SERVICES[name]):
        if source.startswith("."):
            assert (ROOT / source).exists(), source
        elif not source.startswith("/"):
            assert source in COMPOSE["volumes"], source


@pytest.mark.parametrize("name", SERVICES)
def test_a_configuration_file_that_a_service_is_told_of_is_mounted(name):
    for argument in SERVICES[name].get("command", []):
        if not argument.startswith("--config.file="):
            continue
        inside = pathlib.PurePosixPath(argument.partition("=")[2])
        found = [ROOT / source / inside.relative_to(target) for source, target in mounts(SERVICES[name])
                 if inside.is_relative_to(target)]
        assert found and all(path.is_file() for path in found), argument


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_open_to_this_machine_only_and_images_are_pinned(name):
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:"), port
    if SERVICES[name]["image"] != "promcast":
        assert re.search(r":v?\d+\.\d+\.\d+$", SERVICES[name]["image"])


def test_addresses_in_the_configurations_are_services():
    prometheus = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    targets = [target for job in prometheus["scrape_configs"] for group in job["static_configs"] for target in group["targets"]]
    targets += [target for manager in prometheus["alerting"]["alertmanagers"] for group in manager["static_configs"]
                for target in group["targets"]]
    urls = [destination["url"] for destination in prometheus["remote_write"]]
    urls += [destination["url"] for destination in yaml.safe_load((ROOT / "deploy/promcast/promcast.yml").read_text())["remote_write"]]
    datasources = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text())
    urls += [source["url"] for source in datasources["datasources"]]
    for host in [target.split(":")[0] for target in targets] + [url.split("/")[2].split(":")[0] for url in urls]:
        assert host in SERVICES, host


def test_the_dockerfile_installs_the_list_that_the_scripts_install():
    runs = [json.loads(rest) for name, rest in instructions() if name == "RUN"]
    installs = [command for command in runs if command[0] == "deploy/packages/install.sh"]
    assert installs == [["deploy/packages/install.sh", "build"]]
    assert "apt" not in DOCKERFILE.read_text()
    quickstart = (ROOT / "deploy/quickstart.sh").read_text()
    assert '"$root/deploy/packages/install.sh" build runtime' in quickstart


def test_the_image_runs_without_root_and_without_a_shell():
    last_stage = instructions()[max(i for i, (name, _) in enumerate(instructions()) if name == "FROM"):]
    assert last_stage[0] == ("FROM", "scratch")
    settings = dict(last_stage)
    assert settings["USER"] not in ("root", "0", "0:0")
    assert json.loads(settings["ENTRYPOINT"]) == ["/bin/promcast"]
    assert isinstance(json.loads(settings["CMD"]), list)


def test_all_that_the_dockerfile_copies_exists_and_is_not_ignored():
    kept = {line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for name, rest in instructions():
        if name != "COPY" or rest.startswith("--from"):
            continue
        for source in rest.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert any(source == path or source.startswith(path + "/") for path in kept), source


def test_the_collected_image_holds_all_that_the_program_loads(promcast_program, tmp_path):
    image = tmp_path / "image"
    subprocess.run([ROOT / "deploy/docker/collect-image.sh", promcast_program, image], check=True)
    loader = next(image.glob("lib64/ld-linux-*.so*"), None) or next(image.glob("lib/ld-linux-*.so*"))
    folders = sorted({str(path.parent) for path in image.rglob("*.so*")})
    listed = subprocess.run([loader, "--inhibit-cache", "--library-path", ":".join(folders), "--list", image / "bin/promcast"],
                            stdout=subprocess.PIPE, text=True, check=True).stdout
    loaded = [line.split(" => ")[1].split(" (")[0] for line in listed.splitlines() if " => /" in line]
    assert loaded
    for path in loaded:
        assert path.startswith(str(image)), path
    assert (image / "etc/ssl/certs/ca-certificates.crt").stat().st_size > 0
