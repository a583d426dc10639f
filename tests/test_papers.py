"""docs/papers.md says where each capability of the papers is, and which tests show it."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = range(1, 52)


def table() -> dict[int, list[str]]:
    """The lines of the table by the number that they begin with: what, where, and the tests."""
    text = (ROOT / "docs" / "papers.md").read_text(encoding="utf-8")
    cells = [[cell.strip() for cell in line.strip("|\n ").split(" | ")]
             for line in text.splitlines() if re.match(r"\| \d+ \|", line)]  # fmt: skip
    return {int(number): rest for number, *rest in cells}


@cache
def tests_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_each_row_is_there_once_and_in_order():
    assert list(table()) == list(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_its_files_and_tests_are_there(row):
    _what, where, shown = table()[row]
    files, nodes = re.findall(r"`([^`]+)`", where), re.findall(r"`([^`]+)`", shown)
    assert files
    assert nodes
    assert [name for name in files if not (ROOT / name).exists()] == []
    for node in nodes:
        file, _, name = node.partition("::")
        assert name in tests_in(file), node
