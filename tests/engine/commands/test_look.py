"""Looking at what there is: list, show, recheck, doctor, book."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backfeed.engine import registry
from backfeed.engine.output import read_rows

ROW = {
    "id": "a",
    "language": "python",
    "instruction": "Double x.",
    "response": "def f(x): return 2 * x",
}
TESTS = [{"kind": "script", "code": "assert f(2) == 4"}]
WRONG = {**ROW, "id": "wrong", "response": "def f(x): return x", "tests": TESTS}


@pytest.mark.parametrize("kind", [*registry.KINDS, "languages"])
def test_list_names_all_of_a_kind(backfeed, kind):
    plain, as_json = backfeed("list", kind), backfeed("list", kind, "--json")
    assert (plain.code, as_json.code) == (0, 0)
    found = json.loads(as_json.out)
    assert [item["name"] for item in found] == [line.split()[0] for line in plain.out.splitlines()]
    if kind != "languages":
        assert [item["name"] for item in found] == registry.names(kind)
        assert [item["name"] for item in found if not item["about"].endswith(".")] == []


@pytest.fixture
def ran(backfeed, quick):
    """A run that asks nothing: rows a, b, c; and one in which all are rejected."""
    rows = [{**ROW, "id": name, "tests": TESTS} for name in "abc"]
    backfeed("run", "quick.toml", quick(rows=rows), "-o", "out")
    backfeed("run", "strict.toml", quick(rows=rows), "-o", "strict")


@pytest.mark.usefixtures("ran")
def test_show_one_row(backfeed, tmp_path):
    said = backfeed("show", "out", "b")
    assert said.code == 0
    for words in ("source id  b", "Double x.", "def f(x): return 2 * x", "assert f(2) == 4",
                  "expectation from author"):  # fmt: skip
        assert words in said.out
    [sample] = [s for s in read_rows(tmp_path / "out/corpus") if s.source_id == "b"]
    assert backfeed("show", "out", sample.id).out == said.out
    assert [line for line in said.out.splitlines() if line != line.rstrip()] == []


@pytest.mark.usefixtures("ran")
def test_show_by_chance_is_repeatable(backfeed):
    shown = [backfeed("show", "out", "--random", 2, "--seed", n).out for n in (0, *range(9))]
    assert shown[0] == shown[1]
    assert len(set(shown)) > 1
    assert shown[0].count("Double x.") == 2


@pytest.mark.usefixtures("ran")
def test_show_what_was_rejected(backfeed):
    said = backfeed("show", "strict", "--rejected", "level-none", "--limit", "2")
    assert said.out.count("rejected by accept: level-none") == 2
    assert backfeed("show", "strict", "--rejected", "accept").out.count("rejected by accept") == 3


@pytest.mark.usefixtures("ran")
@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["out", "bb"], "out has no row 'bb'"),
        (["out"], "name one row by its id, or ask for some with --random N"),
        (["out", "a", "--random", "1"], "name one row by its id"),
        (["strict", "--random", "1"], "strict/corpus is empty"),
        (
            ["strict", "--rejected", "WA"],
            "nothing was rejected for 'WA'; reasons are level-none (3)",
        ),
    ],
)
def test_show_says_what_there_is_not(backfeed, args, message):
    said = backfeed("show", *args)
    assert said.code == 2
    assert message in said.last


def test_show_takes_nothing_for_markup_or_terminal_codes(backfeed, quick):
    row = {**ROW, "instruction": "[bold]x[/bold] \x1b[31mred\x07"}
    backfeed("run", "quick.toml", quick(rows=[row]), "-o", "out")
    said = backfeed("show", "out", "a")
    assert "[bold]x[/bold]" in said.out
    assert "\x1b" not in said.out
    assert "\x07" not in said.out


def test_show_says_if_a_file_is_broken(backfeed, quick, tmp_path):
    backfeed("run", "quick.toml", quick(), "-o", "out")
    [path] = (tmp_path / "out/corpus").iterdir()
    path.write_bytes(b"PAR1 no more")
    said = backfeed("show", "out", "a")
    assert said.code == 2
    assert "has a file that cannot be read" in said.last


@pytest.fixture
def checked(backfeed, quick):
    """A run with one right and one wrong answer."""
    stdio = [{"stdin": "3\n", "stdout": "6\n"}]
    echo = {**ROW, "id": "io", "response": "print(2 * int(input()))", "tests": stdio}
    backfeed("check", quick(rows=[{**ROW, "tests": TESTS}, WRONG, echo]), "-o", "out")


@pytest.mark.bwrap
@pytest.mark.usefixtures("checked")
def test_recheck_confirms_verdicts(backfeed):
    said = backfeed("recheck", "out", "--random", 50)
    assert said.code == 0
    assert said.out.splitlines()[-1].startswith("2 of 2 rows hold (")
    assert "test WA" in backfeed("recheck", "out", "wrong").out
    found = json.loads(backfeed("recheck", "out", "--random", 50, "--json").out)
    assert (found["rows"], found["ran"], found["hold"]) == (2, 2, 2)


@pytest.mark.bwrap
@pytest.mark.usefixtures("checked")
def test_the_summary_says_what_held_the_programs():
    held = json.loads(Path("out/summary.json").read_text())["sandbox"]
    assert held["backend"] == "bubblewrap"
    assert {"memory", "processes", "seccomp", "uid", "environment"} <= set(held)


@pytest.mark.bwrap
@pytest.mark.usefixtures("checked")
@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("assert f(2) == 4", "assert f(2) == 5", "it ended with RE"),
        ("6\\\\n", "7\\\\n", ""),
        ("print(2 * int(input()))", "print(3 * int(input()))", "it wrote another output"),
    ],
)
def test_recheck_finds_what_does_not_hold(backfeed, tmp_path, old, new, why):
    """The evidence is changed: its job no longer comes to its verdict."""
    [path] = (tmp_path / "out/evidence").iterdir()
    table = pq.read_table(path)
    data = [text.replace(old, new) for text in table["data"].to_pylist()]
    index = table.schema.get_field_index("data")
    pq.write_table(table.set_column(index, "data", pa.array(data)), path)
    said = backfeed("recheck", "out", "--random", 9)
    assert said.code == (1 if why else 0)
    assert why in said.out
    assert ("do not hold" in said.err) == bool(why)


@pytest.mark.usefixtures("ran")
def test_recheck_needs_evidence(backfeed):
    said = backfeed("recheck", "out", "a")
    assert said.code == 2
    assert "it has no evidence to check again" in said.last


@pytest.mark.bwrap
@pytest.mark.slow
def test_doctor_finds_this_machine_well(backfeed):
    said = backfeed("doctor", "--json", "--sandbox")
    found = json.loads(said.out)
    assert (said.code, found["ready"]) == (0, True)
    probes = found["sandboxes"]["bubblewrap"]["probes"]
    assert probes
    assert all(probe["ok"] for probe in probes)
    assert {part["ok"] for part in found["languages"]["python"].values()} == {True}
    assert "`backfeed synth` can run here" in backfeed("doctor").out


def test_doctor_says_what_is_missing_and_how_to_mend_it(backfeed, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    said = backfeed("doctor")
    assert said.code == 1
    assert "cannot run here: bubblewrap is not installed: apt-get install bubblewrap" in said.last
    assert "Traceback" not in said.err
    found = json.loads(backfeed("doctor", "--json").out)
    assert found["sandboxes"]["process"]["ok"] is None
    assert found["languages"]["python"]["run"]["ok"] is False


@pytest.mark.bwrap
@pytest.mark.usefixtures("checked")
def test_book(backfeed):
    known = json.loads(backfeed("book", "stats", "out", "--json").out)["answers"]
    assert known == {"analyzer:python": 3, "sandbox": 4}
    assert "7 answers" in backfeed("book", "stats", "out/answers").out
    assert backfeed("book", "forget", "out", "--verdict", "RE", "--dry-run").out[0] == "2"
    said = backfeed("book", "forget", "out", "--verdict", "RE")
    assert said.out == "2 answers are forgotten: the next run asks again\n"
    assert backfeed("book", "forget", "out", "--service", "analyzer").out.startswith("3 answers")
    left = json.loads(backfeed("book", "stats", "out", "--json").out)["answers"]
    assert left == {"sandbox": 2}


@pytest.mark.bwrap
@pytest.mark.usefixtures("checked")
@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "say which answers"),
        (["--key", "abc"], "a key is 40 hexadecimal digits"),
        (["--service", "sandbx"], "did you mean 'sandbox'?"),
    ],
)
def test_book_forget_says_what_it_needs(backfeed, args, message):
    said = backfeed("book", "forget", "out", *args)
    assert said.code == 2
    assert message in said.last
