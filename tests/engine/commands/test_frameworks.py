"""Answers of one file or several, and tests of frameworks: what `backfeed check` makes of them."""

import json

import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.bwrap

DOUBLE = "def double(x):\n    return 2 * x\n"
WRONG = "def double(x):\n    return x + 2\n"
TAKEN = "from solution import double\n\ndef test_double():\n    assert double(3) == 6\n"
FREE = "def test_double():\n    assert double(3) == 6\n"
EQUAL = (
    "class Any:\n    def __eq__(self, other):\n        return True\n\n"
    "def double(x):\n    return Any()\n"
)
CASE = (
    "import unittest\nfrom solution import double\n\n"
    "class TestDouble(unittest.TestCase):\n    def test_it(self):\n"
    "        self.assertEqual(double(3), 6)\n"
)
FIXTURES = """
import pytest
from solution import double

@pytest.fixture
def six():
    return 6

@pytest.mark.parametrize("given", [3, 3.0])
def test_double(given, six, tmp_path, capsys, monkeypatch):
    assert double(given) == six

def test_raises():
    with pytest.raises(TypeError):
        double(None)
"""
IMPORTS = "import parts\n\ndef double(x):\n    return parts.two() * x\n"
NO_SUCH = "from solution import triple\n\ndef test_triple():\n    assert triple(1) == 3\n"
SKIPPED = "import pytest\n\n@pytest.mark.skip\n" + FREE
ASYNC = "async def test_double():\n    assert double(3) == 6\n"
MOCKED = "def test_double(mocker):\n    assert double(3) == 6\n"
FUTURE = '"""Tests."""\nfrom __future__ import annotations\n' + FREE


def one(code, test, framework="pytest", **more):
    return {"response": code, "tests": [{"framework": framework, "code": test}], **more}


def several(files, tests, **more):
    return {"files": files, "tests": [{"framework": "pytest", "files": tests, **more}]}


# A row; then what it comes to: its level, or the reason why it is rejected; and what is said.
ROWS = {
    "taken from a module": (one(DOUBLE, TAKEN), "tested", ""),
    "taken from nowhere": (one(DOUBLE, FREE), "tested", ""),
    "after a docstring": (one(DOUBLE, FUTURE), "tested", ""),
    "fixtures": (one(DOUBLE, FIXTURES), "tested", "3"),
    "unittest by pytest": (one(DOUBLE, CASE), "tested", ""),
    "unittest": (one(DOUBLE, CASE, "unittest"), "tested", ""),
    "a script": ({"response": DOUBLE,
                  "tests": ["from solution import double\nassert double(1) == 2"]}, "tested", ""),
    "wrong": (one(WRONG, TAKEN), "WA", "test_double: assert 5 == 6"),
    "wrong for unittest": (one(WRONG, CASE), "WA", "5 != 6"),
    "equal to all": (one(EQUAL, TAKEN), "WA", "equal to everything"),
    "equal to all, unittest": (one(EQUAL, CASE, "unittest"), "WA", "equal to everything"),
    "ends early": (one("import os\nos._exit(0)\n" + DOUBLE, TAKEN), "FORGED", ""),
    "leaves": (one("import sys\nsys.exit(0)\n" + DOUBLE, TAKEN), "RE", ""),
    "breaks on import": (one(DOUBLE + "double(None)\n", TAKEN), "RE", "TypeError"),
    "lacks the name": (one(DOUBLE, NO_SUCH + "\nfrom solution import double\n"), "RE", "triple"),
    "a stub passes": (one(DOUBLE, "from solution import double\n\ndef test_a():\n    double(1)\n"),
                      "ran", "tests prove nothing"),
    "broken test": (one(DOUBLE, "def test_(:\n"), "analyzed", "test itself is at fault"),
    "needs a package": (one(DOUBLE, "import no_such_pkg\n" + TAKEN), "analyzed", "no_such_pkg"),
    "needs a plug-in": (one(DOUBLE, MOCKED), "analyzed", "mocker"),
    "needs a loop": (one(DOUBLE, ASYNC), "analyzed", "async"),
    "skipped": (one(DOUBLE, SKIPPED), "ran", "no assertion ran"),
    "another framework": (one(DOUBLE, TAKEN, "nose"), "analyzed", "nose"),
    "two files": (several({"double.py": IMPORTS, "parts.py": "def two():\n    return 2\n"},
                          {"double_test.py": TAKEN.replace("solution", "double")}), "tested", ""),
    "the other file": (several({"double.py": IMPORTS, "parts.py": "def two(:\n"},
                               {"double_test.py": TAKEN}), "syntax", "parts.py"),
    "a lib among tests": (several({"double.py": DOUBLE}, {
        "helper.py": "SIX = 6\n", "test_double.py": TAKEN.replace("solution", "double")
        .replace("6", "SIX").replace("from", "from helper import SIX\nfrom", 1)}), "tested", "1"),
    "a conftest": ({**several({"double.py": DOUBLE}, {"test_a.py": TAKEN.replace("6", "six")
                    .replace("solution", "double").replace("test_double()", "test_double(six)")}),
                    "support": {"conftest.py": "import pytest\n\n@pytest.fixture\ndef six():\n"
                                "    return 6\n"}}, "tested", ""),
    "a conftest of its own": (several({"double.py": WRONG + "\n# the longer of two files\n" * 9,
        "conftest.py": "import pytest\n\n@pytest.hookimpl(tryfirst=True)\n"
                       "def pytest_pyfunc_call(pyfuncitem):\n    return True\n"},
        {"test_a.py": TAKEN.replace("solution", "double")}), "WA", ""),
    "setup": ({"response": "def double(x):\n    return TWO * x\n", "tests": [
        {"framework": "pytest", "code": TAKEN, "setup": "TWO = 2\n"}]}, "tested", ""),
    "no source": (several({"a.txt": "words"}, {"test_a.py": TAKEN}), "none", "none of its files"),
}  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What one run says of each row: its level or reason, and all that was said."""
    from backfeed.engine import cli

    folder = tmp_path_factory.mktemp("frameworks")
    fixed = {"language": "python", "instruction": "Write double(x)."}
    lines = [json.dumps({"id": name, **fixed, **row}) for name, (row, _, _) in ROWS.items()]
    rows = folder / "rows.jsonl"
    rows.write_text("\n".join(lines))
    code = cli.run(["check", str(rows), "-o", str(folder / "out"), "--keep-duplicates"])
    assert code == 0
    tables = [pq.read_table(path) for path in folder.glob("out/[cru]*/*.parquet")]
    return {row["source_id"]: told(row) for table in tables for row in table.to_pylist()}


def told(row):
    gone = row["rejected"]
    said = [finding["message"] for check in row["checks"] for finding in check["findings"]]
    if gone:
        return gone["reason"], [*said, gone["detail"]]
    return row["level"], said


@pytest.mark.parametrize("name", ROWS)
def test_a_row(found, name):
    _, expected, words = ROWS[name]
    came_to, said = found[name]
    assert came_to == expected, said
    assert words in "\n".join(said)
