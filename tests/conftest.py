"""What tests need, and what becomes of those that lack it.

A marker that names a need skips its test with a reason where the need is not met. With
`--forbid-skips` any skip fails the session, except of tests marked `may_skip`. On CI (CI=true) a
sandbox that is not there fails its tests in any case.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache

import pytest

MARKERS = {
    "slow": "takes more than a few seconds; runs after all others",
    "bench": "measures; left out unless --bench is given",
    "docker": "needs a Docker engine and the image backfeed-base (tools/docker-engine.sh)",
    "bwrap": "needs bubblewrap, and a kernel that lets it make namespaces",
    "gpu": "needs an NVIDIA GPU",
    "tool(name)": "needs the program `name` on the PATH",
    "package(name)": "needs the optional Python package `name`",
    "may_skip": "may be skipped even under --forbid-skips; say why in the marker's reason",
}

SANDBOXES = {"docker", "bwrap"}

skips = pytest.StashKey[list[tuple[str, str]]]()


def pytest_addoption(parser):
    group = parser.getgroup("backfeed")
    group.addoption("--forbid-skips", action="store_true", help="fail the session if a test skips")
    group.addoption("--bench", action="store_true", help="run the tests marked bench, too")


def pytest_configure(config):
    config.stash[skips] = []
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


def pytest_collection_modifyitems(config, items):
    """Fast tests first; those that measure, only on demand."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
    if config.getoption("--bench"):
        return
    left_out = [item for item in items if item.get_closest_marker("bench")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def pytest_runtest_setup(item):
    for name, met in NEEDS.items():
        for marker in item.iter_markers(name):
            if reason := met(*marker.args):
                (pytest.fail if name in SANDBOXES and on_ci() else pytest.skip)(reason)


def on_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call) -> Iterator[None]:
    report = yield
    excused = item.get_closest_marker("may_skip") or hasattr(report, "wasxfail")
    if report.skipped and not excused:
        item.config.stash[skips].append((item.nodeid, report.longrepr[2]))
    return report


def pytest_collectreport(report):
    if report.skipped:
        collect_skips.append((report.nodeid, report.longrepr[2]))


def pytest_sessionfinish(session, exitstatus):
    unexpected = session.config.stash[skips] + collect_skips
    if session.config.getoption("--forbid-skips") and unexpected and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    unexpected = config.stash[skips] + collect_skips
    if config.getoption("--forbid-skips") and unexpected:
        terminalreporter.section("skips are forbidden here", red=True)
        for where, reason in unexpected:
            terminalreporter.write_line(f"{where}: {reason}")


# Whole modules that skip themselves; their reports carry no configuration.
collect_skips: list[tuple[str, str]] = []


@cache
def fails(*command: str) -> str:
    """The reason why a command does not work here, or nothing."""
    if shutil.which(command[0]) is None:
        return f"{command[0]} is not installed"
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.stderr.strip()[-200:] or f"{command[0]} fails" if done.returncode else ""


def lacks_package(name: str) -> str:
    from importlib.util import find_spec

    return "" if find_spec(name) else f"the package {name} is not installed"


NEEDS = {
    "docker": lambda: fails("docker", "image", "inspect", "backfeed-base"),
    "bwrap": lambda: fails("bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"),
    "gpu": lambda: fails("nvidia-smi"),
    "tool": lambda name: "" if shutil.which(name) else f"{name} is not installed",
    "package": lacks_package,
}
