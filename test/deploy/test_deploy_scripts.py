"""The shell scripts: their syntax, their lint, and what the quickstart says when it cannot go on."""
import pathlib
import re
import socket
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUICKSTART = ROOT / "deploy/quickstart.sh"
SCRIPTS = sorted((ROOT / "deploy").rglob("*.sh"))


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([QUICKSTART, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          stdin=subprocess.DEVNULL, timeout=60)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_parses_and_has_no_findings(script):
    subprocess.run(["bash", "-n", script], check=True)
    checked = subprocess.run(["shellcheck", "-x", "-P", ROOT, script], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert checked.returncode == 0, checked.stdout


def test_help_names_every_option():
    shown = run("--help")
    assert shown.returncode == 0
    for option in re.findall(r"--[a-z-]+(?==\*)", QUICKSTART.read_text()) + ["--once"]:
        assert option in shown.stdout, option


@pytest.mark.parametrize("arguments, named", [
    (["--nonsense"], "--nonsense"),
    (["--promcast-port=0"], "--promcast-port"),
    (["--demo-port=70000"], "70000"),
    (["--prometheus-port=x"], '"x"'),
    (["--prometheus-port=09090"], '"09090"'),
])
def test_a_wrong_option_is_one_line_that_names_it(arguments, named):
    done = run(*arguments)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and named in done.stderr


@pytest.mark.parametrize("flag", ["--prometheus-port", "--promcast-port", "--grpc-port", "--demo-port", "--node-exporter-port"])
def test_a_port_that_is_asked_for_and_in_use_is_one_line_that_names_it(flag):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(f"{flag}={port}")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert str(port) in done.stderr and flag in done.stderr and "in use" in done.stderr


def test_a_port_that_is_asked_for_twice_is_one_line_that_names_both_flags():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = run(f"--node-exporter-port={port}", f"--grpc-port={port}")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert all(text in done.stderr for text in (str(port), "--grpc-port", "--node-exporter-port", "twice"))


def chosen_ports(in_use: list, **requested: int) -> list:
    """Prometheus's, promcast's, gRPC's, the demo's and the node exporter's ports where those of `in_use` are in use."""
    script = f"source {ROOT}/deploy/quickstart/ports.sh\n"
    script += "say() { :; }\ndie() { echo \"$*\"; exit 1; }\n"
    script += f'port_in_use() {{ [[ " {" ".join(map(str, in_use))} " == *" $1 "* ]]; }}\n'
    script += "prometheus_port=9090 promcast_port=9095 grpc_port=9096 demo_port=9097 node_port=9100\ndeclare -A requested_ports=()\n"
    script += "".join(f"{name}={port} requested_ports[{name}]=yes\n" for name, port in requested.items())
    script += "choose_ports\necho $prometheus_port $promcast_port $grpc_port $demo_port $node_port\n"
    done = subprocess.run(["bash", "-euc", script], stdout=subprocess.PIPE, text=True, check=True)
    return [int(port) for port in done.stdout.split()]


@pytest.mark.parametrize("in_use, requested, chosen", [
    ([], {}, [9090, 9095, 9096, 9097, 9100]),
    ([9090, 9091], {}, [9092, 9095, 9096, 9097, 9100]),
    ([9095], {}, [9090, 9096, 9097, 9098, 9100]),
    ([], {"node_port": 9090}, [9091, 9095, 9096, 9097, 9090]),
    ([9096], {"demo_port": 9095}, [9090, 9097, 9098, 9095, 9100]),
])
def test_defaults_give_way_to_ports_in_use_and_to_ports_asked_for(in_use, requested, chosen):
    assert chosen_ports(in_use, **requested) == chosen


def test_every_query_that_the_quickstart_asks_parses(tmp_path):
    printed = subprocess.run(
        ["bash", "-c", f"source {ROOT}/deploy/quickstart/queries.sh\n"
         'printf "%s\\n" "${sample_queries[@]}"\n'
         'for m in "${measured[@]}"; do forecast_error "$m"; linear_error "$m"; band_hits "$m"; done'],
        stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    assert len(printed) > 10
    rules = [{"record": f"e{i}", "expr": expression} for i, expression in enumerate(printed)]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    checked = subprocess.run(["promtool", "check", "rules", tmp_path / "rules.yml"], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
    assert checked.returncode == 0, checked.stdout
