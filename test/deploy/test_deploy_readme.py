"""What the README tells people to run, read and write is there and is accepted."""
import pathlib
import re
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def snippets(language: str) -> list:
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def snippet_with(key: str, other: str = "") -> str:
    return next(text for text in snippets("yaml") if key in yaml.safe_load(text) and other in text)


def succeed(*command) -> str:
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_commands_are_files_that_can_be_run():
    commands = [line.split()[0] for text in snippets("sh") for line in text.splitlines() if line.strip()]
    assert {"deploy/quickstart.sh", "test/run.sh"} <= set(commands)
    for command in commands:
        if command != "build/release/promcast":
            assert (ROOT / command).stat().st_mode & 0o111, command


def test_links_lead_to_files_that_exist():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if not link.startswith("http")]
    assert links
    for link in links:
        assert (ROOT / link).exists(), link


def test_prometheus_accepts_its_ten_lines(tmp_path):
    text = snippet_with("scrape_configs")
    assert len(text.splitlines()) <= 10
    (tmp_path / "prometheus.yml").write_text(text)
    succeed("promtool", "check", "config", tmp_path / "prometheus.yml")


def test_prometheus_accepts_the_remote_read(tmp_path):
    (tmp_path / "prometheus.yml").write_text(snippet_with("remote_read", "required_matchers"))
    succeed("promtool", "check", "config", tmp_path / "prometheus.yml")


def test_promtool_accepts_the_alert_rules(tmp_path):
    (tmp_path / "rules.yml").write_text(snippet_with("groups"))
    succeed("promtool", "check", "rules", tmp_path / "rules.yml")


def test_promcast_accepts_its_configuration(promcast_program, tmp_path):
    (tmp_path / "promcast.yml").write_text(snippet_with("forecasts"))
    succeed(promcast_program, "check", "config", tmp_path / "promcast.yml")


def set_at(tree: dict, path: str, value) -> None:
    *parents, last = path.split(".")
    for name in parents:
        if name.endswith("[]"):
            tree = tree.setdefault(name[:-2], [{}])[0]
        else:
            tree = tree.setdefault(name, {})
    tree.setdefault(last, value)


def documented_keys():
    """(key, default or None) of each row of the table; `a.b`, `.c` means a.b and a.c."""
    table = README.partition("## Configuration")[2].partition("\n## ")[0]
    for names, default in re.findall(r"^\| (`[^|]+) \| ([^|]*) \|", table, re.M):
        keys, defaults = re.findall(r"`([^`]+)`", names), re.findall(r"\[[^\]]*\]|[^, `]+", default.replace("one a core", ""))
        for i, key in enumerate(keys):
            if key.startswith("."):
                key = keys[0].rpartition(".")[0] + key
            yield key, defaults[min(i, len(defaults) - 1)] if defaults else None


EXAMPLES = {
    "forecasts[].match": "up", "forecasts[].name": "n", "forecasts[].floor": 0, "forecasts[].ceiling": 1,
    "forecasts[].inherit_across": ["pod", "instance"],
    "forecasts[].thresholds": [{"name": "full", "below": 0}], "limits.max_memory": "4GiB",
    "remote_write[].url": "http://127.0.0.1:9090/api/v1/write", "remote_write[].name": "n",
    "remote_write[].remote_timeout": "30s", "remote_write[].headers": {"X-Scope-OrgID": "a"},
    "remote_write[].basic_auth": {"username": "u", "password": "p"},
    "remote_write[].authorization": {"credentials": "c"}, "remote_write[].tls_config": {"server_name": "n"},
    "remote_write[].queue_config": {"capacity": 100000, "max_shards": 1, "max_samples_per_send": 2000,
                                    "batch_send_deadline": "1s", "min_backoff": "30ms", "max_backoff": "5s",
                                    "retry_on_http_429": False, "sample_age_limit": "10m"},
    "remote_write[].strip_external_labels": {"cluster": "a"},
    "remote_read[].url": "http://127.0.0.1:9090/api/v1/read", "remote_read[].name": "n",
    "remote_read[].remote_timeout": "30s", "remote_read[].headers": {"X-Scope-OrgID": "a"},
    "remote_read[].basic_auth": {"username": "u", "password": "p"},
    "remote_read[].authorization": {"credentials": "c"}, "remote_read[].tls_config": {"server_name": "n"},
}


@pytest.mark.parametrize("key, default", documented_keys())
def test_promcast_knows_every_key_of_the_table_and_has_its_default(key, default, promcast_program, tmp_path):
    config = tmp_path / "promcast.yml"
    tree = {"forecasts": [{"match": "up"}], "remote_write": [{"url": EXAMPLES["remote_write[].url"]}],
            "remote_read": [{"url": EXAMPLES["remote_read[].url"]}]}
    config.write_text(yaml.safe_dump(tree))
    left_out = succeed(promcast_program, "check", "config", config)
    set_at(tree, key, EXAMPLES[key] if key in EXAMPLES else yaml.safe_load(default))
    config.write_text(yaml.safe_dump(tree))
    written = succeed(promcast_program, "check", "config", config)
    assert key in EXAMPLES or written == left_out
