"""Every plug-in of a kind: those that are installed, and the example that stands for outsiders."""

import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from backfeed.engine import registry
from backfeed.engine.errors import MissingExtra

EXAMPLE = Path(__file__).parents[1] / "plugin_example"


@cache
def _metadata() -> tempfile.TemporaryDirectory[str]:
    """What `pip install` would leave of the example; removed at the end."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    folder = tempfile.TemporaryDirectory()
    info = Path(folder.name, f"example-{project['version']}.dist-info")
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\n")
    lines = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {place}" for name, place in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))
    return folder


@contextmanager
def installed() -> Iterator[None]:
    """The example is installed meanwhile."""
    before = list(sys.path)
    sys.path[:0] = [_metadata().name, str(EXAMPLE)]
    try:
        yield
    finally:
        sys.path[:] = before


def every(kind: str) -> dict[str, registry.Entry]:
    """All plug-ins of a kind by name."""
    with installed():
        return registry.find(kind)


def loaded(kind: str, name: str) -> Any:
    """A plug-in; an object of it if it is a class. Skips the test if a package is missing."""
    try:
        found = _load(kind, name)
    except MissingExtra as error:
        pytest.skip(str(error))
    return found() if isinstance(found, type) else found


def can_be_loaded(kind: str, name: str) -> bool:
    """Is nothing missing that it needs? To be asked while tests are collected."""
    try:
        _load(kind, name)
    except MissingExtra:
        return False
    return True


def _load(kind: str, name: str) -> Any:
    with installed():
        return registry.load(kind, name)


def is_ours(kind: str, name: str) -> bool:
    """Does it come with Backfeed?"""
    return every(kind)[name].distribution == registry.OURS
