"""`--deep`: slower tools, asked for by name; what is wrong with the wish is said before work."""

import json

import pytest

from backfeed.engine import languages, passes

PLACEHOLDER = "function area(r) {\n  throw new Error('Not implemented');\n}\n"
ROWS = [
    {"instruction": "Write `f`.", "response": "```python\ndef f(x, seen=[]):\n    return x\n```"},
    {"instruction": "Write `area`.", "response": f"```javascript\n{PLACEHOLDER}```"},
]


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return str(path)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--deep", "pylnt"), "there is no deep pass 'pylnt'; there are: ast-grep, pylint"),
        (("--deep", "pylint", "--until", "parse"), "--deep needs --until analyze or more"),
        (("--set", "analyze.deep=['x']"), "there is no deep pass 'x'"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(backfeed, rows, flags, message):
    said = backfeed("check", rows, "-o", "out", *flags)
    assert said.code == 2
    assert message in said.last


@pytest.mark.bwrap
def test_what_they_find_stands_in_checks_of_their_own(backfeed, rows):
    if why := passes.lack(languages.deep("ast-grep")):
        pytest.skip(why)
    flags = ("--until", "analyze", "--deep", "ast-grep", "--jobs", "1")
    said = backfeed("check", rows, "-o", "out", *flags)
    assert said.code == 0
    assert "rejected: javascript-placeholder-body 1" in said.err + said.out
    shown = backfeed("show", "out", "--random", "1").out
    assert "python-mutable-default: a default that all calls share" in shown
    again = backfeed("check", rows, "-o", "out", *flags)
    assert "asked: nothing" in again.err + again.out


def test_doctor_says_which_are_there(backfeed, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")  # it need not try what runs
    found = json.loads(backfeed("doctor", "--json").out)["deep passes"]
    assert set(found) >= {"ast-grep", "pylint", "semgrep"}
    for name, part in found.items():
        assert bool(part["ok"]) is (not passes.lack(languages.deep(name)))


def test_list_names_them(backfeed):
    assert {one["name"] for one in json.loads(backfeed("list", "deep", "--json").out)} >= {
        "ast_grep", "pylint", "semgrep",
    }  # fmt: skip
