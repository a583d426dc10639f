"""Control groups, on a machine that is told in files: what is divided, and what is left alone."""

import os
from pathlib import Path

import pytest

from backfeed.sandboxes import _cgroup, _divided, _scope

US, CHILD, PARENT, STRANGER = str(os.getpid()), "900002", "900003", "900004"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine of version 2 without systemd; our group holds the processes given, and hands down
    what is given.
    """
    monkeypatch.setattr(_cgroup, "ROOT", tmp_path / "cgroup")
    monkeypatch.setattr(_divided, "PROC", tmp_path / "proc")
    monkeypatch.setattr(_divided, "SYSTEMD", tmp_path / "none")
    monkeypatch.setattr(_cgroup, "_system", lambda: None)
    own = tmp_path / "cgroup" / "ours"
    own.mkdir(parents=True)

    def make(*inside: str, has: str = "cpu memory pids", hands: str = "", path: str = "ours"):
        (tmp_path / "cgroup" / "cgroup.controllers").write_text(has)
        (own / "cgroup.controllers").write_text(has)
        (own / "cgroup.subtree_control").write_text(hands)
        (own / "cgroup.procs").write_text("\n".join(inside))
        processes(tmp_path / "proc", path)
        return own

    return make


def processes(proc: Path, path: str) -> None:
    """Us, a child of ours, the one that started us, and a stranger."""
    born = {US: PARENT, CHILD: US, PARENT: "1", STRANGER: "1"}
    for pid, parent in born.items():
        (proc / pid).mkdir(parents=True)
        (proc / pid / "stat").write_text(f"{pid} (a) b) S {parent} 1")
    (proc / "self").mkdir()
    (proc / "self" / "cgroup").write_text(f"0::/{path}\n")


def test_where_there_is_none_it_is_told_what_to_do(machine, monkeypatch, tmp_path):
    machine(US, has="")
    assert _cgroup.told() == "no control groups"
    monkeypatch.setattr(_divided, "SYSTEMD", tmp_path)
    assert "enable-linger" in _cgroup.told()


def test_our_group_is_divided(machine):
    own = machine(US, CHILD)
    assert _cgroup.mode() == "cgroup2"
    assert (own / "cgroup.subtree_control").read_text() == "+memory +pids"
    assert (own / _divided.MAIN / "cgroup.procs").read_text() in {US, CHILD}  # written one by one


def test_a_slot_is_beside_our_processes(machine):
    own = machine(US, hands="memory pids")
    group = _cgroup.make()
    assert isinstance(group, _cgroup.Group)
    (path,) = group.paths
    assert path.parent == own
    assert (path / "pids.max").read_text() == str(_cgroup.MOST_TASKS)
    assert (path / "memory.swap.max").read_text() == "0"
    group.bound(64)
    assert (path / "memory.max").read_text() == str(64 << 20)
    (path / "memory.events").write_text("low 0\noom 3\noom_kill 2\n")
    assert (group.mark(), group.killed(2), group.killed(1)) == (2, False, True)


def test_from_our_part_of_a_group_it_is_found_again(machine):
    own = machine(hands="memory pids", path=f"ours/{_divided.MAIN}")
    assert _cgroup._parents() == {"": own}


@pytest.mark.parametrize("other", [PARENT, STRANGER])
def test_a_group_with_others_in_it_is_left_alone(machine, other):
    own = machine(US, other)
    assert _cgroup.mode() == "none"
    assert (own / "cgroup.subtree_control").read_text() == ""
    assert not (own / _divided.MAIN).exists()


@pytest.mark.parametrize("has", ["", "cpu", "memory", "hugetlb pids"])
def test_a_group_without_controllers_is_of_no_use(machine, has):
    machine(US, has=has)
    assert _cgroup.mode() == "none"


def test_where_systemd_reigns_it_must_say_so(machine, tmp_path, monkeypatch):
    monkeypatch.setattr(_divided, "SYSTEMD", tmp_path)
    machine(US)
    said = []
    monkeypatch.setattr(os, "getxattr", lambda path, name: said.append(name) or b"1")
    assert _cgroup.mode() == "cgroup2"
    monkeypatch.setattr(os, "getxattr", lambda path, name: b"0")
    assert _cgroup.mode() == "none"
    assert said == ["user.delegate"]


def test_what_fails_is_undone(machine, monkeypatch):
    own = machine(US)
    write = Path.write_text

    def refuse(path, text):
        if path.name == "cgroup.subtree_control":
            raise OSError
        return write(path, text)

    monkeypatch.setattr(Path, "write_text", refuse)
    assert _cgroup.mode() == "none"
    assert (own / "cgroup.procs").read_text() == US


def test_a_scope_is_entered_anew_at_each_start(monkeypatch, tmp_path):
    monkeypatch.setattr(_cgroup, "ROOT", tmp_path)
    (tmp_path / "cgroup.controllers").touch()
    group = _cgroup.Scoped(_scope.System(("--user",), "/user/backfeed.slice", {"A": "b"}))
    one, other = group.enter(), group.enter()
    assert one.divided != other.divided
    assert one.divided.startswith(f"{tmp_path}/user/backfeed.slice/{_cgroup.PREFIX}")
    assert "Delegate=yes" in one.words
    assert one.variables == {"A": "b"}
    Path(other.divided, _scope.INNER).mkdir(parents=True)
    group.bound(64)
    assert Path(other.divided, _scope.INNER, "memory.max").read_text() == str(64 << 20)


def test_without_systemd_there_are_no_scopes(monkeypatch):
    monkeypatch.setattr(_scope, "_program", lambda name: "")
    assert _scope.system() is None


SAID = {"show": "/user.slice", "sh": "cpu memory pids"}


@pytest.mark.parametrize("said", [{}, {"show": None}, {"sh": "cpu pids"}, {"sh": None}])
def test_a_systemd_that_gives_no_memory_is_of_no_use(monkeypatch, tmp_path, said):
    monkeypatch.setattr(_scope, "RUNNING", tmp_path)
    monkeypatch.setattr(_scope, "_program", lambda name: name)
    told = SAID | said
    monkeypatch.setattr(_scope, "_said", lambda words, _: told["show" if "show" in words else "sh"])
    found = _scope.system()
    assert (found is None) == bool(said)
    assert found is None or found.place == "/user.slice/backfeed.slice"
