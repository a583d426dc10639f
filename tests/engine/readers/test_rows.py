"""Rows as samples: shapes that are known, values in the ways that data sets write them."""

import json

import pytest

from backfeed.engine.errors import CallerError, InputError
from backfeed.engine.readers import _values
from backfeed.engine.readers._rows import Reading, numbered, samples
from backfeed.engine.readers._shapes import parse_columns
from backfeed.engine.readers._text import Unreadable
from backfeed.engine.records import File, Message, Origin, Place, Sample, Test
from backfeed.engine.store import to_row

ASKED, ANSWERED = "Double x.", "def f(x): return 2 * x"
TURNS = (Message("user", ASKED), Message("assistant", ANSWERED))
OURS = {"id": "7", "language": "Python3", "instruction": ASKED, "response": ANSWERED}


def read(*rows, **columns):
    said = []
    how = Reading("d.jsonl", "in/d.jsonl", columns, said.append)
    found = list(samples(enumerate(rows, start=1), how))
    return found, said


def one(row, **columns):
    [sample], _ = read(row, **columns)
    return sample


ROLES = [{"role": "user", "content": ASKED}, {"role": "assistant", "content": ANSWERED}]
SHARED = [{"from": "human", "value": ASKED}, {"from": "gpt", "value": ANSWERED}]
PARTS = [
    {"role": "user", "content": [{"type": "text", "text": "Double "}, {"value": "x."}]},
    {"role": "model", "content": [ANSWERED]},
]  # fmt: skip
SHAPES = [
    ("instruction-response", OURS),
    ("alpaca", {"instruction": ASKED, "input": "", "output": ANSWERED}),
    ("prompt-completion", {"prompt": ASKED, "completion": ANSWERED}),
    ("problem-solution", {"problem": ASKED, "solution": ANSWERED, "lang": "python"}),
    ("query-answer", {"query": ASKED, "answer": ANSWERED}),
    ("instruction-response", {"question": ASKED, "solution": ANSWERED, "check": "..."}),
    ("input-response", {"input": ASKED, "output": ANSWERED, "domain": "generic"}),
    ("messages", {"messages": ROLES}),
    ("messages", {"data": ROLES}),
    ("messages", {"conversations": SHARED}),
    ("messages", {"messages": PARTS, "prompt": "of a kind"}),
]


@pytest.mark.parametrize(("shape", "row"), SHAPES)
def test_knows_the_shape(shape, row):
    [sample], [said] = read(row)
    assert sample.rejected is None
    assert sample.messages == TURNS
    assert sample.code == ""
    assert said.startswith(f"d.jsonl: read as {shape}: ")


def test_says_once_which_column_is_what():
    _, said = read(*[{"lang": "go", "problem": ASKED, "solution": ANSWERED}] * 3)
    assert said == [
        "d.jsonl: read as problem-solution: language=lang, instruction=problem, response=solution"
    ]


def test_the_id_comes_back_as_source_id():
    assert one(OURS).source_id == "7"
    assert one({**OURS, "id": 8}).source_id == "8"
    assert one({"prompt": ASKED, "completion": ANSWERED}).source_id == "d.jsonl:1"


def test_other_columns_are_kept():
    row = {**OURS, "score": float("nan"), "seed": {"b": 1, "a": None}, "big": 1 << 80}
    assert (
        one(row).extra
        == '{"big": 1208925819614629174706176, "score": NaN, "seed": {"a": null, "b": 1}}'
    )
    assert one(OURS).extra == ""


@pytest.mark.parametrize(
    ("row", "messages"),
    [
        ({**OURS, "input": "x = 3"}, (Message("user", f"{ASKED}\n\nx = 3"), TURNS[1])),
        ({**OURS, "system": "Be brief."}, (Message("system", "Be brief."), *TURNS)),
        ({"data": ROLES, "system": "Be brief."}, (Message("system", "Be brief."), *TURNS)),
        ({**OURS, "instruction": None}, TURNS[1:]),
    ],
)  # fmt: skip
def test_turns(row, messages):
    assert one(row).messages == messages


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("Python3", "python"),
        ("C++", "cpp"),
        ("  go ", "go"),
        (None, ""),
        ("", ""),
        ("COBOL", "cobol"),
    ],
)
def test_languages_go_by_one_name(said, language):
    assert one({**OURS, "language": said}).language == language


@pytest.mark.parametrize("said", ["en", "English", "zh-CN"])
def test_a_language_that_people_speak_is_kept_apart(said):
    sample = one({**OURS, "language": said})
    assert (sample.language, json.loads(sample.extra)) == ("", {"language": said})


FILES = (File("a.py", "x"), File("b/c.py", "y"))
WRITTEN_FILES = [
    {"a.py": "x", "b/c.py": "y"},
    {"a.py": "x", "b/c.py": "y", "of-another-row.py": None},
    [{"path": "a.py", "text": "x"}, {"path": "b/c.py", "text": "y"}],
    [("a.py", "x"), ("b/c.py", "y")],
    json.dumps({"a.py": "x", "b/c.py": "y"}),
]


@pytest.mark.parametrize("files", WRITTEN_FILES)
def test_files_and_support(files):
    sample = one({"instruction": ASKED, "files": files, "support": files})
    assert (sample.files, sample.support) == (FILES, FILES)
    assert sample.messages == TURNS[:1]


SCRIPT = Test("script", code="assert f(1) == 2")
WRITTEN_TESTS = [
    ("assert f(1) == 2", (SCRIPT,)),
    (["assert f(1) == 2", "assert f(2) == 4"], (SCRIPT, Test("script", code="assert f(2) == 4"))),
    ([{"kind": "script", "code": "assert f(1) == 2", "setup": None}], (SCRIPT,)),
    ({"code": "assert f(1) == 2"}, (SCRIPT,)),
    ('[{"code": "assert f(1) == 2"}]', (SCRIPT,)),
    ('["assert f(1) == 2"]', (SCRIPT,)),
    ([{"stdin": "1", "stdout": "2"}], (Test("stdio", stdin="1", stdout="2"),)),
    ([{"framework": "pytest", "code": "x", "files": {"a.py": "x"}}],
     (Test("framework", code="x", framework="pytest", files=FILES[:1]),)),
    ([{"kind": "doctest", "code": ">>> f(1)"}], (Test("doctest", code=">>> f(1)"),)),
    ("[x for x in y] == []\nassert x", (Test("script", code="[x for x in y] == []\nassert x"),)),
    (None, ()), ([], ()), ("", ()),
]  # fmt: skip


@pytest.mark.parametrize(("written", "tests"), WRITTEN_TESTS)
def test_tests(written, tests):
    assert one({**OURS, "tests": written}).tests == tests


UNUSABLE = [
    ({**OURS, "response": ""}, "no-answer"),
    ({**OURS, "response": None}, "no-answer"),
    ({**OURS, "response": ["a"]}, "not-text"),
    ({**OURS, "instruction": 3}, "not-text"),
    ({"messages": ROLES[:1]}, "no-answer"),
    ({"messages": [{"role": "wizard", "content": "x"}]}, "bad-messages"),
    ({"messages": [{"role": "user", "content": [{"type": "image"}]}]}, "not-text"),
    ({**OURS, "tests": 3}, "bad-tests"),
    ({**OURS, "tests": [3]}, "bad-tests"),
    ({**OURS, "tests": [{"expected": 3}]}, "bad-tests"),
    ({**OURS, "tests": [{"kind": "scrip", "code": "x"}]}, "bad-tests"),
    ({**OURS, "tests": [{"code": 3}]}, "bad-tests"),
    ({**OURS, "tests": [{"stdout": "1", "compare": "tokens"}]}, "bad-tests"),
    ({**OURS, "tests": [{"stdout": "1", "compare": "checker"}]}, "bad-tests"),
    ({**OURS, "tests": [{"kind": "script", "code": "1", "compare": "checker"}]}, "bad-tests"),
    ({**OURS, "files": ["a"]}, "bad-files"),
    ({**OURS, "files": {"../a": "x"}}, "bad-files"),
    ({**OURS, "files": {"/a": "x"}}, "bad-files"),
    ({**OURS, "support": {"a\\b": "x"}}, "bad-files"),
    ({**OURS, "support": {"a": 3}}, "bad-files"),
]


@pytest.mark.parametrize(("row", "reason"), UNUSABLE)
def test_a_row_that_cannot_be_used_is_rejected(row, reason):
    sample = one(row)
    assert (sample.rejected.stage, sample.rejected.reason) == ("read", reason)
    assert sample.source_id == row.get("id", "d.jsonl:1")


@pytest.mark.parametrize("big", ["x" * 100, b"x" * 100, ["x" * 50] * 2, {"a": {"b": "é" * 50}}])
def test_a_cell_that_is_too_large_is_rejected(monkeypatch, big):
    monkeypatch.setattr(_values, "CELL_BYTES", 99)
    assert one({**OURS, "extra": big}).rejected.reason == "cell-too-large"
    assert one({**OURS, "extra": big}).extra == ""


def test_detail_says_which_column_and_what_there_is():
    sample = one({**OURS, "tests": [{"kode": "x"}]})
    assert (
        sample.rejected.detail == "column 'tests', test 1 has the key 'kode'; did you mean 'code'?"
    )


def test_rows_of_another_shape_in_one_file():
    found, said = read(OURS, {"prompt": ASKED, "completion": ANSWERED}, {"text": "x"})
    assert [sample.rejected and sample.rejected.reason for sample in found] == [
        None, None, "unknown-columns",
    ]  # fmt: skip
    assert len(said) == 1


def test_unreadable_rows_are_kept_as_rejected():
    found, _ = read(Unreadable("not-json", "line 1: what"), OURS)
    assert (found[0].rejected.reason, found[0].source_id) == ("not-json", "d.jsonl:1")
    assert found[1].rejected is None


def test_every_row_says_where_it_begins():
    found, _ = read(Unreadable("not-json", "line 1: what"), OURS, {**OURS, "response": ""})
    assert [sample.place for sample in found] == [Place("in/d.jsonl", n) for n in (1, 2, 3)]


def test_a_reader_without_lines_numbers_its_rows():
    class Outside:
        suffixes = (".x",)

        def read(self, _path):
            yield from (OURS, OURS)

    assert [line for line, _ in numbered(Outside(), None)] == [1, 2]


def test_if_no_row_can_be_read_the_file_is_refused():
    with pytest.raises(InputError, match="none of its 2 rows can be read; line 1: what"):
        read(Unreadable("not-json", "line 1: what"), Unreadable("not-json", "line 2: what"))


def test_columns_that_nobody_knows_are_refused_with_the_way_out():
    with pytest.raises(InputError) as refused:
        read({"text": "x", "label": 1})
    assert str(refused.value) == (
        "d.jsonl: the columns are text, label: none that are known for a problem and its answer;"
        " name them: --columns instruction=COLUMN,response=COLUMN"
    )


def test_columns_can_be_named():
    row = {"task": ASKED, "code": ANSWERED, "key": "k", "unit_tests": '["assert f(1) == 2"]'}
    sample = one(row, instruction="task", response="code", id="key", tests="unit_tests")
    assert (sample.messages, sample.source_id, sample.tests) == (TURNS, "k", (SCRIPT,))


def test_a_named_column_must_be_there():
    with pytest.raises(InputError, match="no column 'tusk' for 'instruction'; did you mean 'task'"):
        read({"task": ASKED, "code": ANSWERED}, instruction="tusk", response="code")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", {}), ("id=key", {"id": "key"}), (" id = key , tests=t ", {"id": "key", "tests": "t"})],
)
def test_parses_columns(text, expected):
    assert parse_columns(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [("id", "write name=column"), ("id=", "write name=column"), ("idd=x", "did you mean 'id'?")],
)
def test_refuses_columns(text, message):
    with pytest.raises(CallerError, match="--columns") as refused:
        parse_columns(text)
    assert message in str(refused.value)


def test_our_own_rows_are_read_back_without_their_verdicts():
    sample = Sample(
        id="abc", language="python", messages=TURNS, code=ANSWERED, entry_point="f", level="proven",
        tests=(Test("doctest", "doc", code=">>> f(1)"),), origin=Origin(licence="MIT"),
        split="train",
    )  # fmt: skip
    row = to_row(sample)
    del row["evidence"]
    [found], [said] = read(row)
    place = Place("in/d.jsonl", 1)
    assert found == sample.but(id="", source_id="abc", code="", level="none", place=place)
    assert said == "d.jsonl: read as rows that a run of ours wrote"
