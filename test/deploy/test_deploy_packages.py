"""The package lists, and the script that installs them, with stand-ins for the distribution's tools."""
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "deploy/packages"
LISTS = ("build", "runtime", "test")


def lines(name: str) -> list:
    text = (PACKAGES / f"{name}.txt").read_text()
    return [line for line in (re.sub(r"#.*", "", line).strip() for line in text.splitlines()) if line]


@pytest.mark.parametrize("name", LISTS)
def test_every_line_is_a_package_or_alternatives_and_stands_once(name):
    package = r"[a-z0-9][a-z0-9+.-]+"
    for line in lines(name):
        assert re.fullmatch(rf"{package}( \| {package})*", line), line
    assert len(set(lines(name))) == len(lines(name))


def test_all_that_the_lists_name_is_installed_here():
    missing = subprocess.run([PACKAGES / "install.sh", "--missing", *LISTS], stdout=subprocess.PIPE, text=True, check=True)
    assert missing.stdout == ""


def test_every_dependency_that_cmake_looks_for_is_in_the_build_list():
    cmake = (ROOT / "cmake/PromcastDependencies.cmake").read_text().partition("if(PROMCAST_BUILD_TESTS)")[0]
    package_of = {
        "Threads": "g++", "Boost": "libboost1.81-dev | libboost-dev", "OpenSSL": "libssl-dev",
        "Protobuf": "libprotobuf-dev", "gRPC": "libgrpc++-dev", "absl": "libabsl-dev", "Snappy": "libsnappy-dev",
        "Eigen3": "libeigen3-dev", "spdlog": "libspdlog-dev", "fmt": "libfmt-dev", "yaml-cpp": "libyaml-cpp-dev",
        "nlohmann_json": "nlohmann-json3-dev", "PkgConfig": "pkg-config", "re2": "libre2-dev",
        "libxxhash": "libxxhash-dev", "jemalloc": "libjemalloc-dev", "CLI11": "libcli11-dev", "xtensor": "libxtensor-dev", "ZLIB": "zlib1g-dev",
    }
    found = re.findall(r"find_package\((\S+)", cmake)
    found += re.findall(r"pkg_check_modules\(\S+ REQUIRED IMPORTED_TARGET (\S+)\)", cmake)
    assert found
    for name in found:
        assert package_of[name] in lines("build"), name


class Distribution:
    """A folder to stand first on PATH, whose tools tell of a made-up distribution and write down what they are asked."""

    def __init__(self, folder: pathlib.Path, known: list, installed: list, user: int = 0):
        self.folder = folder
        self.calls = folder / "calls"
        self.calls.write_text("")
        self.environment = {}
        self.tool("apt-cache", f'case " {" ".join(known)} " in *" $2 "*) echo "  Candidate: 1" ;; *) echo "  Candidate: (none)" ;; esac')
        self.tool("dpkg-query", f'for last; do :; done; case " {" ".join(installed)} " in *" $last "*) echo installed ;; *) exit 1 ;; esac')
        self.tool("apt-get", f'echo "$*" >>{self.calls}')
        self.tool("id", f"echo {user}")

    def tool(self, name: str, script: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def run(self, *arguments: str, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess:
        lists = self.folder / "lists"
        lists.mkdir(exist_ok=True)
        (lists / "some.txt").write_text("# two\nnew1.81-dev | new-dev  # newer\nplain\n")
        script = (PACKAGES / "install.sh").read_text()
        for real in ("/usr/sbin/policy-rc.d", "/run/systemd/system"):
            assert real in script
            script = script.replace(real, str(self.folder / pathlib.PurePath(real).name))
        (lists / "install.sh").write_text(script)
        return subprocess.run(["/bin/bash", lists / "install.sh", *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
                              env={"PATH": f"{self.folder}:{path}", **self.environment})


def test_the_first_alternative_that_the_distribution_has_is_taken(tmp_path):
    older = Distribution(tmp_path, known=["new1.81-dev", "new-dev", "plain"], installed=["new-dev"])
    assert older.run("--missing", "some").stdout.split() == ["new1.81-dev", "plain"]
    newer = Distribution(tmp_path, known=["new-dev", "plain"], installed=[])
    assert newer.run("--missing", "some").stdout.split() == ["new-dev", "plain"]
    complete = Distribution(tmp_path, known=["new-dev", "plain"], installed=["new-dev", "plain"])
    assert complete.run("--missing", "some").stdout == ""


def test_apt_is_understood_in_any_language(tmp_path):
    distribution = Distribution(tmp_path, known=[], installed=["plain"])
    distribution.environment = {"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"}
    distribution.tool("apt-cache", 'case "$LC_ALL $2" in C*" new-dev") echo "  Candidate: 1" ;;'
                      ' *" new-dev") echo "  Installationskandidat: 1" ;; *) echo "  Candidate: (none)" ;; esac')
    assert distribution.run("--missing", "some").stdout.split() == ["new-dev"]


def test_daemons_of_new_packages_stay_off_at_the_next_boot_where_systemd_runs(tmp_path):
    distribution = Distribution(tmp_path, known=["new-dev", "plain"], installed=["new-dev"])
    distribution.tool("dpkg-query", 'for last; do :; done; case "$1 $last" in "-W new-dev") echo installed ;; "-W "*) exit 1 ;;'
                      ' "-L plain") printf "%s\\n" /lib/systemd/system/plain.service /usr/lib/systemd/system/plain-idle.timer'
                      ' /usr/lib/systemd/system/plain@.service /usr/share/doc/other.service ;; *) exit 2 ;; esac')
    distribution.tool("systemctl", f'case "$*" in "is-enabled --quiet plain.service") ;; is-enabled*) exit 1 ;;'
                      f' *) echo "systemctl $*" >>{distribution.calls} ;; esac')
    without = distribution.run("some")
    assert without.returncode == 0 and "systemctl" not in distribution.calls.read_text()
    (tmp_path / "system").mkdir()
    done = distribution.run("some")
    assert (done.returncode, done.stderr) == (0, "")
    assert distribution.calls.read_text().splitlines()[-1] == "systemctl disable --quiet plain.service"
    assert [line for line in done.stdout.splitlines() if "boot" in line] == [
        "packages: disabled, so as not to start at the next boot: plain.service"]
    assert not (tmp_path / "policy-rc.d").exists()


def test_a_failed_installation_is_one_line_with_apts_own_reason(tmp_path):
    distribution = Distribution(tmp_path, known=["plain"], installed=["new-dev"])
    distribution.tool("apt-get", 'case "$*" in *install*) echo "E: no space left"; exit 100 ;; esac')
    done = distribution.run("some")
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["packages: apt-get install failed: E: no space left"]


def test_nothing_is_asked_of_apt_when_nothing_is_missing(tmp_path):
    distribution = Distribution(tmp_path, known=["new-dev"], installed=["new-dev", "plain"], user=1000)
    done = distribution.run("some")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert distribution.calls.read_text() == ""


def test_without_root_and_sudo_one_line_says_what_to_run(tmp_path):
    distribution = Distribution(tmp_path, known=["new-dev", "plain"], installed=[], user=1000)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "cat", "dirname", "sed", "sort", "grep", "tail", "mktemp", "rm"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    done = distribution.run("some", path=str(tools))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "packages: installing needs root and there is no sudo; as root run: apt-get install new-dev plain"]


def test_an_unknown_list_is_one_line(tmp_path):
    done = Distribution(tmp_path, known=[], installed=[]).run("other")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "other.txt" in done.stderr
