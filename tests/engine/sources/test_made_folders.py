"""Folders that tools make are nobody's source."""

import pytest

from backfeed.engine.sources._tree import Folder


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("a.py", True),
        ("pkg/a.py", True),
        (".hidden.py", True),
        (".work/sources/a.py", False),
        (".venv/lib/a.py", False),
        (".git/hooks/a.py", False),
        ("pkg/.mypy_cache/a.py", False),
        (".github/a.py", True),
    ],
)
def test_what_tools_make_is_passed_by(tmp_path, path, seen):
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text("x = 1\n")
    assert (path in [entry.path for entry in Folder(tmp_path).entries()]) == seen
