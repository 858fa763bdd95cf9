"""Where the programs are, and processes that end with the test that started them."""
import os
import pathlib
import shutil
import subprocess

import pytest

import harness

ROOT = pathlib.Path(__file__).resolve().parent.parent


def pytest_addoption(parser):
    parser.addoption("--soak-seconds", type=int, default=90, help="how long the soak test runs (default 90)")
    parser.addoption("--crash-rounds", type=int, default=20, help="how often the crash test kills (default 20)")


@pytest.fixture(scope="session")
def promcast_program() -> str:
    program = os.environ.get("PROMCAST", str(ROOT / "build/release/promcast"))
    assert os.access(program, os.X_OK), f"{program} is not there: build it, or name it in $PROMCAST"
    return program


@pytest.fixture(scope="session")
def debian_prometheus() -> str:
    program = shutil.which("prometheus")
    assert program, "prometheus is not installed"
    return program


@pytest.fixture(scope="session")
def peers() -> pathlib.Path:
    """Folder of the current prometheus and victoria-metrics."""
    built = subprocess.run([ROOT / "test/peers/build.sh"], stdout=subprocess.PIPE, text=True, check=True)
    return pathlib.Path(built.stdout.strip().splitlines()[-1])


class Started:
    """Ends what it started, last first; shows the ends of the logs when a test failed."""

    def __init__(self):
        self.processes = []

    def __call__(self, process: harness.Process) -> harness.Process:
        self.processes.append(process)
        return process.start()

    def stop(self):
        for process in reversed(self.processes):
            process.stop()


@pytest.fixture(scope="module")
def start_for_module():
    started = Started()
    yield started
    started.stop()


@pytest.fixture
def start():
    started = Started()
    yield started
    started.stop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.when in ("setup", "call") and report.failed:
        for name in ("start", "start_for_module"):
            for process in getattr(item.funcargs.get(name), "processes", ()):
                report.sections.append((f"log of {process.name} ({process.log_path})", process.log_tail(40)))


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory, request) -> pathlib.Path:
    return tmp_path_factory.mktemp(request.module.__name__)
