"""The gate by command: verdicts, mistakes, and what it leaves for CI."""

import io
import json
import subprocess
from pathlib import Path

import pytest
from schemas import junit_faults, sarif_faults

from backfeed.engine.commands import check
from backfeed.engine.commands._gate import _Lines
from backfeed.engine.errors import Interrupted, Outage

GOOD = {"id": "a", "instruction": "Double.", "response": "def f(x): return 2 * x"}
OTHER = {"id": "b", "instruction": "Add.", "response": "def add(a, b): return a + b"}
BAD = {"id": "c", "language": "python", "instruction": "x", "response": "def f(x: return"}
LATE = {**BAD, "id": "d", "response": "import os\nprint(undefined_name)\n"}


@pytest.fixture
def write(tmp_path):
    """Write rows (or texts, as lines) to a file."""

    def write(*rows, name="rows.jsonl"):
        path = tmp_path / name
        lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    return write


@pytest.fixture
def summary(tmp_path, monkeypatch):
    """The file of a step's summary, as GitHub names it; its workflow, too."""
    path = tmp_path / "step.md"
    path.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    return path


@pytest.fixture(autouse=True)
def no_workflow(monkeypatch):
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.bwrap
def test_a_clean_set_passes(backfeed, write):
    short = {**GOOD, "id": "s", "instruction": "?", "response": "x = 1"}
    prose = {"id": "p", "instruction": "Why?", "response": "Because it is so."}
    write(GOOD, OTHER, GOOD, short, prose)
    said = backfeed("gate", "rows.jsonl", "--sarif", "deep/er/o.sarif", "--junit", "o.xml")
    assert (said.code, said.out.splitlines()[0]) == (
        0, "rows.jsonl: passed: 5 rows under the default policy",
    )  # fmt: skip
    assert json.loads(Path("deep/er/o.sarif").read_text())["runs"][0]["results"] == []
    assert junit_faults("o.xml") == []


@pytest.mark.bwrap
def test_what_breaks_the_policy_is_told_by_line(backfeed, write):
    write(GOOD, "", BAD, '{"id": "e", "instru', LATE)
    begins = json.dumps(BAD).index("def") + 1
    undefined = json.dumps(LATE).index("undefined") + 1
    said = backfeed("gate", "rows.jsonl", "--sarif", "o.sarif")
    assert said.code == 1
    assert [line.partition(": read:")[0] for line in said.out.splitlines()] == [
        "rows.jsonl: FAILED: 3 of 4 rows break 2 clauses of the default policy",
        "  unreadable  1 of 4  at most 0  BROKEN  rows that cannot be used",
        "  failed      2 of 4  at most 0  BROKEN  rows that fail a check",
        f"rows.jsonl:3:{begins}: syntax: row c: parse: line 1: invalid syntax",
        "rows.jsonl:4:20: not-json: row 3",
        f"rows.jsonl:5:{undefined}: F821: row d: analyze: line 2: Undefined name `undefined_name`",
        "run it with -o DIR to keep a report that shows these rows with their code",
    ]
    log = json.loads(Path("o.sarif").read_text())
    assert sarif_faults(log) == []
    regions = [
        tuple(one["locations"][0]["physicalLocation"]["region"].values())
        for one in log["runs"][0]["results"]
    ]
    assert regions == [(3, begins), (4, 20), (5, undefined)]


@pytest.mark.bwrap
def test_github_is_told_where_it_asks(backfeed, write, summary):
    write(GOOD, BAD)
    said = backfeed("gate", "rows.jsonl")
    column = json.dumps(BAD).index("def") + 1
    where = f"file=rows.jsonl,line=2,col={column},title=backfeed%3A syntax"
    assert f"::error {where}::row c: parse: line 1: invalid syntax" in said.out
    assert summary.read_text().startswith("before\n### ❌ backfeed gate: `rows.jsonl`\n")


@pytest.mark.bwrap
def test_json_stands_alone_on_standard_output(backfeed, write, summary):
    write(GOOD, BAD)
    said = backfeed("gate", "rows.jsonl", "--json")
    told = json.loads(said.out)
    assert (told["verdict"], told["broken_rows"], told["broken"][0]["line"]) == ("failed", 1, 2)
    assert "::error file=rows.jsonl" in said.err


def test_github_is_told_of_a_mistake_too(backfeed, summary):
    said = backfeed("gate", "none.jsonl")
    assert said.code == 2
    assert (
        "::error title=backfeed gate::nothing was judged: there is no file none.jsonl" in said.out
    )
    assert "`none.jsonl` was not judged\n\nthere is no file none.jsonl" in summary.read_text()


def test_what_is_interrupted_is_kept_where_a_place_is_named(backfeed, write, monkeypatch):
    def pressed(*_args, **_more):
        raise Interrupted("interrupted; what was answered is kept")

    monkeypatch.setattr(check.COMMAND, "main", pressed)
    write(GOOD)
    said = backfeed("gate", "rows.jsonl")
    assert (said.code, "nothing is kept without -o DIR or --book PATH" in said.last) == (130, True)
    for kept in (["-o", "out"], ["--book", "answers"]):
        said = backfeed("gate", "rows.jsonl", *kept)
        assert (said.code, said.last) == (130, "backfeed: interrupted; what was answered is kept")


def test_an_outage_is_no_verdict(backfeed, write, monkeypatch):
    def failing(*_args, **_more):
        raise Outage("3 rows are unfinished")

    monkeypatch.setattr(check.COMMAND, "main", failing)
    write(GOOD)
    said = backfeed("gate", "rows.jsonl", "--sarif", "o.sarif")
    assert (said.code, said.out, Path("o.sarif").exists()) == (3, "", False)


def test_lines_are_handed_on_as_they_come():
    to = io.StringIO()
    lines = _Lines(to, "/tmp/goes")
    lines.write("first\nsec")
    assert to.getvalue() == "first\n"
    lines.write("ond \x1b[2J\n/tmp/goes/run: 3 accepted\nlast\n")
    assert to.getvalue() == "first\nsecond [2J\nlast\n"


@pytest.mark.bwrap
def test_data_cannot_command_the_workflow(backfeed, write, summary):
    write(GOOD, {**BAD, "id": "x\n::add-mask::all\n"}, {"id": "y\n::stop-commands::z", "a": 1})
    said = backfeed("gate", "rows.jsonl")
    lines = f"{said.out}\n{said.err}".splitlines()
    said = [line for line in lines if line.startswith("::")]
    assert said
    assert all(line.startswith("::error file=rows.jsonl,line=") for line in said)


@pytest.mark.bwrap
def test_a_device_is_written_to_and_stays_one(backfeed, write):
    write(GOOD)
    said = backfeed("gate", "rows.jsonl", "--sarif", "/dev/full")
    assert (said.code, "writing /dev/full: the disk is full" in said.last) == (3, True)
    assert "passed: 1 row under" in said.out
    assert Path("/dev/full").is_char_device()
    Path("link.sarif").symlink_to("there.sarif")
    assert backfeed("gate", "rows.jsonl", "--sarif", "link.sarif").code == 0
    assert Path("link.sarif").is_symlink()
    assert sarif_faults(json.loads(Path("there.sarif").read_text())) == []


@pytest.mark.bwrap
def test_the_directory_is_kept_and_is_a_baseline(backfeed, write, tmp_path):
    write(GOOD, BAD, "{")
    said = backfeed("gate", "rows.jsonl", "-o", "out")
    assert said.code == 1
    assert said.out.splitlines()[-1].endswith("out/report.html; one of them: backfeed show out c")
    write("{,", GOOD, OTHER, "{", BAD)
    for baseline in ("out", "out/summary.json"):
        said = backfeed("gate", "rows.jsonl", "--baseline", baseline)
        assert (said.code, said.out.splitlines()[-2].split(":")[:2]) == (1, ["rows.jsonl", "1"])
    write(GOOD, OTHER, "{", BAD)
    said = backfeed("gate", "rows.jsonl", "-o", "out", "--baseline", "out")
    assert said.code == 0
    assert "failed      1 of 4  at most 0  no worse than before, 1 before" in said.out
    (tmp_path / "kept.json").write_bytes((tmp_path / "out/summary.json").read_bytes())
    assert backfeed("gate", "rows.jsonl", "--baseline", "kept.json").code == 0
    write({**OTHER, "instruction": "Other."}, BAD | {"instruction": "y"}, name="strange.jsonl")
    said = backfeed("gate", "strange.jsonl", "--baseline", "kept.json")
    assert said.code == 2
    assert "kept.json is of another data set" in said.last


@pytest.mark.bwrap
def test_a_policy_looks_as_deep_as_it_asks(backfeed, write, tmp_path):
    tests = [{"kind": "script", "code": "assert f(2) == 4"}]
    wrong = {**GOOD, "id": "w", "response": "def f(x): return 3 * x", "tests": tests}
    write({**GOOD, "tests": tests}, wrong, OTHER)
    policy = tmp_path / "gate.toml"
    policy.write_text("[pass_rate]\nminimum = 0.9\nconfidence = 0\n")
    said = backfeed("gate", "rows.jsonl", "--policy", "gate.toml")
    assert said.code == 1
    assert "pass_rate   50 % (1 of 2)  at least 90 %  BROKEN" in said.out
    assert "rows.jsonl:2" in said.out.splitlines()[-2]


@pytest.mark.bwrap
def test_only_rows_that_changed_are_judged(backfeed, write):
    write(GOOD, BAD)
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "rows"]):
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *who, *words], check=True, capture_output=True)
    assert backfeed("gate", "rows.jsonl", "--changed-only", "HEAD").out.splitlines()[0] == (
        "rows.jsonl: passed: no row is new or changed since HEAD"
    )
    write(OTHER, GOOD, BAD, LATE)
    said = backfeed("gate", "rows.jsonl", "--changed-only", "HEAD", "--junit", "o.xml")
    assert said.code == 1
    assert "FAILED: 1 of 2 rows new or changed since HEAD breaks a clause" in said.out
    assert junit_faults("o.xml") == []


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["none.jsonl"], "there is no file none.jsonl"),
        (["empty.jsonl"], "empty.jsonl is empty: there is no row in it"),
        (["rows.jsonl", "--policy", "none.toml"], "there is no file none.toml"),
        (
            ["rows.jsonl", "--policy", "typo.toml"],
            "'forbiden'; did you mean 'forbidden'?",
        ),
        (["rows.jsonl", "--policy", "rule.toml"], "did you mean 'secret/aws-key'?"),
        (["rows.jsonl", "--policy", "leaks.toml"], "no benchmark is named: write against"),
        (["rows.jsonl", "--baseline", "none"], "there is no baseline none"),
        (["rows.jsonl", "--changed-only", "HEAD"], "lies in no Git repository"),
        (["rows.jsonl", "--sarif", "."], "--sarif . is a folder: name a file"),
        (["rows.jsonl", "--junit", "rows.jsonl/o.xml"], "rows.jsonl is a file: name another place"),
        (["rows.jsonl", "--sarif", "a", "--junit", "a"], "--sarif and --junit both name a"),
        (["rows.jsonl", "-o", "other"], "other holds a run of 'synth': name another"),
        (["rows.jsonl", "--polcy", "x"], "No such option '--polcy'"),
        ([], "Missing argument 'DATASET...'"),
    ],
)
def test_a_mistake_is_told_before_work(backfeed, write, tmp_path, args, told):
    write(GOOD)
    write(name="empty.jsonl")
    write("forbiden = []", name="typo.toml")
    write("contamination = 0", name="leaks.toml")
    write('forbidden = ["secret/aws_key"]', name="rule.toml")
    (tmp_path / "other").mkdir()
    write("name = 'synth'", name="other/recipe.toml")
    said = backfeed("gate", *args)
    assert said.code == 2
    assert told in said.last
    assert said.out == ""
