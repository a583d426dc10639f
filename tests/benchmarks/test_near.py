"""The benchmark of duplicates: its edits leave the code as it is, and it counts what is found."""

import importlib.util
import random
import sys
from pathlib import Path

import pytest

from backfeed.engine.records import Sample
from backfeed.engine.stages.deduplicate import Deduplicate
from backfeed.engine.trees import tree_tokens

FOLDER = Path(__file__).parents[2] / "benchmarks"


def loaded(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def edits():
    sys.path.insert(0, str(FOLDER))
    try:
        yield loaded("_edits")
    finally:
        sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def near(edits):
    return loaded("near")


PYTHON = '''\
import math

LIMIT = 3


# How far it is.
def distance(ahead, aside=0):
    """Say how far."""
    total = math.hypot(ahead, aside)
    return min(total, LIMIT)


def doubled(total):
    return distance(ahead=total) * 2
'''
CODE = {
    "python": PYTHON,
    "go": "package p\n\nfunc Add(a, b int) int {\n\ts := a\n\treturn s + b // so\n}\n\n"
          "func Sub(c int) int {\n\tfor i := range c {\n\t\tc -= i\n\t}\n\treturn c\n}\n",
    "java": "class A {\n  int n;\n  int f(int a) { int b = a; return this.n + b; }\n"
            "  /* g */\n  int g(int c) { return f(c) - 1; }\n}\n",
    "javascript": "function f(a) { const b = a.b; return {a, c: b}; }\n\n"
                  "function g(d) { return f(d); }\n",
    "rust": "fn f(a: i32) -> i32 { let b = a; b + 1 }\n\nfn g(c: i32) -> i32 { f(c) * 2 }\n",
    "c": "int f(int a) { int b = a; return b; }\nint g(int *c) { return c[0]; }\n",
}  # fmt: skip


@pytest.mark.parametrize("language", CODE)
def test_edits_leave_the_code_as_it_is(edits, language):
    code = CODE[language]
    for edit in edits.EDITS.values():
        made = edit(code, language, random.Random(1))
        assert made != code
        assert edits.unbroken(made, language)
        told = (sorted(tree_tokens(one, language)) for one in (made, code))
        assert len({len(tokens) for tokens in told}) == 1


@pytest.mark.parametrize("kind", ["names", "order", "comments", "all"])
def test_what_is_edited_does_the_same(edits, kind):
    made = edits.EDITS[kind](PYTHON, "python", random.Random(1))
    before, after = {}, {}
    exec(PYTHON, before)
    exec(made, after)
    functions = [value for value in after.values() if hasattr(value, "__code__")]
    old = [before[name] for name in ("distance", "doubled")]
    assert sorted(f(1) for f in functions) == sorted(f(1) for f in old)


def test_names_are_changed_where_they_can_be(edits):
    made = edits.renamed(PYTHON, "python", random.Random(1))
    assert "doubled" not in made
    assert "aside" not in made
    assert all(kept in made for kept in ("math.hypot", "LIMIT", "(ahead", "ahead="))


def test_functions_that_need_each_other_stay_in_order(edits):
    code = "int f(int a) { return a; }\nint g(int c) { return f(c); }\n"
    assert edits.reordered(code, "c", random.Random(1)) is None
    assert edits.reordered("x = 1\n", "python", random.Random(1)) is None


def test_what_a_tool_reads_is_no_comment(edits):
    code = "#!/usr/bin/env python\nx = []  # type: list[int]\ny = 1  # plain words\n"
    made = edits.recommented(code, "python", random.Random(1)).splitlines()
    assert made[:2] == code.splitlines()[:2]
    assert made[2] != code.splitlines()[2]


def noted(code, language, number):
    """The code with another body and a comment of words that no other row has."""
    sign = "#" if language == "python" else "//"
    said = " ".join(f"w{number}x{n}" for n in range(90))
    return f"{code}\n{sign} {said}\n".replace("* 2", "* 2" + " * (3 - 4)" * number)


def test_too_few_rows_are_an_error(near):
    with pytest.raises(SystemExit, match="0 pairs of rows differ enough"):
        list(near.unlike([Sample(code="x = 1", language="python")]))


def test_rows_that_differ_are_few_when_they_are_flagged(near, tmp_path, monkeypatch):
    path = tmp_path / "rows.jsonl"
    rows = [
        {"language": language, "path": f"{n}", "text": noted(code, language, n)}
        for n in range(12) for language, code in CODE.items()
    ]  # fmt: skip
    path.write_text("\n".join(map(near.json.dumps, rows)))
    monkeypatch.setattr(near, "PLANTED", 16)
    monkeypatch.setattr(near, "PAIRS", 5)
    told = near.score([path], Deduplicate(0.8, 0.8))
    assert told["rows"] == len(rows)
    assert told["copies_found"] == 1.0
    assert told["edits_found"] >= 0.9
    assert set(told["found_by_kind"]) == {"copy", "names", "order", "comments", "all"}
    assert told["pairs"] == 5


def test_all_sides_are_measured(near):
    told = near.sizes(3000)
    assert told["ours"]["found"] > 0.9
    assert told["ours"]["unrelated"] == 0
    assert told["ours"]["flagged"] <= told["ours"]["alike"] + 5
