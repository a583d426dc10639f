"""A package index on this machine, and nobody's configuration."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from archives import Index, forget_the_user, served_index


@pytest.fixture
def index() -> Iterator[Index]:
    """A server of pages; it answers 404 for what it was not given."""
    with served_index() as made:
        yield made


@pytest.fixture
def cache(tmp_path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def nobodys_machine(monkeypatch, tmp_path) -> None:
    """No configuration of whoever runs the tests, and no pause between attempts."""
    forget_the_user(monkeypatch, tmp_path / "home")
