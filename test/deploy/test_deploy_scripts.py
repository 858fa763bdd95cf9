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
