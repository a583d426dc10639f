"""What a command line starts, and what is part of what a command is."""

import pytest

from backfeed.sandboxes import _toolchains


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (("gcc", "-o", "rustc"), ("gcc",)),
        (("sh", "-c", "cd x && exec gcc -O1 main.c; ruby-like"), ("sh", "gcc")),
        (("env", "-C", "x", "cargo", "test"), ("env", "cargo")),
        (("./main",), ("./main",)),
        ((), ()),
    ],
)
def test_a_shell_is_known_by_what_it_starts(command, named):
    assert _toolchains.named(command) == named


def test_packages_for_tests_are_part_of_what_a_command_is(tmp_path, monkeypatch):
    (tmp_path / "node").mkdir()
    monkeypatch.setattr(_toolchains, "PACKAGES", str(tmp_path))
    seen = []
    for recipe in ("", "jest@29", "jest@30", "jest@29"):
        (tmp_path / "node" / "recipe").write_text(recipe)
        _toolchains.digest.cache_clear()
        _toolchains._packages.cache_clear()
        seen.append(_toolchains.digest("node"))
    _toolchains.digest.cache_clear()
    _toolchains._packages.cache_clear()
    assert len(set(seen)) == 3
    assert seen[1] == seen[3]
