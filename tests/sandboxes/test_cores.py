"""How many cores slots may take, on machines as their control groups show them."""

import os

import pytest

from backfeed.sandboxes import _cores


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Eight cores, and control groups as these files say."""
    own = tmp_path / "own"
    monkeypatch.setattr(_cores, "ROOT", tmp_path / "cgroup")
    monkeypatch.setattr(_cores, "OWN", own)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))

    def make(groups: str, **files: str) -> None:
        own.write_text(groups)
        for name, text in files.items():
            path = tmp_path / "cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return make


V1 = "4:memory:/\n1:cpu,cpuacct:/docker/abc\n0::/\n"


@pytest.mark.parametrize(
    ("groups", "files", "count"),
    [
        ("0::/\n", {}, 8),
        ("0::/\n", {"cpu.max": "max 100000\n"}, 8),
        ("0::/\n", {"cpu.max": "200000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "10000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "1600000 100000\n"}, 8),
        ("0::/\n", {"cpu.max": "nonsense\n"}, 8),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "300000 100000\n"}, 3),
        ("0::/../x\n", {"cpu.max": "100000 100000\n"}, 1),
        (V1, {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
        (V1, {"cpu/cpu.cfs_quota_us": "250000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        (V1, {"cpu/docker/abc/cpu.cfs_quota_us": "50000\n",
              "cpu/docker/abc/cpu.cfs_period_us": "50000\n"}, 1),
        ("", {}, 8),
    ],
)  # fmt: skip
def test_no_more_than_the_quota_pays_for(machine, groups, files, count):
    machine(groups, **files)
    assert len(_cores.usable()) == count
    assert set(_cores.usable()) <= set(range(8))


def test_neighbours_do_not_all_take_the_same(machine):
    machine("0::/\n", **{"cpu.max": "100000 100000\n"})
    assert len({tuple(_cores.usable()) for _ in range(200)}) > 1
