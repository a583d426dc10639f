"""Verbs of the command line's tests."""

import json
from dataclasses import dataclass

import pytest

from backfeed.engine import cli

QUICK = """
name = "quick"
[inputs.dataset]
kind = "rows"
help = "rows of any kind"
[[step]]
use = "accept"
level = "{level}"
"""
ROW = {
    "id": "a",
    "language": "python",
    "instruction": "Double x.",
    "response": "def f(x): return 2 * x",
}


@dataclass
class Said:
    code: int
    out: str
    err: str

    @property
    def last(self):
        """The last line of standard error, which is the message."""
        return self.err.rstrip("\n").rpartition("\n")[2]


@pytest.fixture
def backfeed(capsys, tmp_path, monkeypatch):
    """Run a command in this process, in a fresh directory: `backfeed("list", "stages")`."""
    monkeypatch.chdir(tmp_path)

    def run(*args):
        capsys.readouterr()
        code = cli.run([str(arg) for arg in args])
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture
def quick(tmp_path):
    """A recipe that asks nothing, and a way to write its input."""
    (tmp_path / "quick.toml").write_text(QUICK.format(level="none"))
    (tmp_path / "strict.toml").write_text(QUICK.format(level="tested"))

    def write(name="rows.jsonl", rows=(ROW,)):
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    return write
