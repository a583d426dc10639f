"""Every exporter: what is written is read back; what a format cannot hold is refused, with why."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backfeed.engine import registry
from backfeed.engine.errors import PluginFault
from backfeed.engine.exporters import _files
from backfeed.engine.exporters._files import Count, differences, read, schema_of, shaped, write
from backfeed.engine.records import Message, NamedScore, Sample
from backfeed.engine.records import Test as Tested

NAMES = registry.names("exporters")
ROLES = ("system", "user", "assistant", "tool")
ODD = st.text(st.characters(exclude_categories=[]) | st.sampled_from("\0\n\r\x1f\x85\u2028\ufeff𝄞"))


@st.composite
def samples(draw):
    """Anything that a record can say, conversations that are none included."""
    say = st.builds(Message, st.sampled_from(ROLES), ODD)
    turn = st.tuples(st.builds(Message, st.just("user"), ODD),
                     st.builds(Message, st.just("assistant"), ODD))  # fmt: skip
    talk = st.lists(turn, min_size=1, max_size=3).map(lambda pairs: sum(pairs, ()))
    return Sample(
        id=draw(ODD),
        question_type=draw(ODD),
        messages=draw(talk | st.lists(say, max_size=4).map(tuple)),
        code=draw(ODD),
        tests=tuple(draw(st.lists(st.builds(Tested, kind=ODD, code=ODD), max_size=2))),
        scores=tuple(draw(st.lists(st.builds(NamedScore, ODD, st.floats()), max_size=2))),
    )


@pytest.mark.parametrize("with_tests", [False, True])
@pytest.mark.parametrize("name", NAMES)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(samples(), max_size=4))
def test_written_is_read_back(tmp_path, name, with_tests, rows):
    exporter = registry.load("exporters", name)
    for suffix in _files.SUFFIXES:
        path = tmp_path / f"rows{suffix}"
        assert differences(exporter, rows, path, with_tests=with_tests) == []


TALK = (Message("user", "q"), Message("assistant", "a"))
LONG = (Message("system", "s"), *TALK, Message("user", "q2"), Message("assistant", "a2"))
SAMPLE = Sample(id="1", question_type="fix", messages=TALK, code="x", tests=(Tested("script"),))

SHAPES = [
    ("messages", TALK, {"messages": [{"role": "user", "content": "q"},
                                     {"role": "assistant", "content": "a"}]}),
    ("alpaca", TALK, {"instruction": "q", "input": "", "output": "a", "system": "", "history": []}),
    ("alpaca", LONG, {"instruction": "q2", "input": "", "output": "a2", "system": "s",
                      "history": [["q", "a"]]}),
    ("sharegpt", LONG, {"conversations": [{"from": "human", "value": "q"},
                                          {"from": "gpt", "value": "a"},
                                          {"from": "human", "value": "q2"},
                                          {"from": "gpt", "value": "a2"}],
                        "system": "s", "tools": ""}),
    ("prompt_completion", TALK, {"prompt": "q", "completion": "a"}),
    ("prompt_completion", LONG[:3], {"prompt": "s\n\nq", "completion": "a"}),
    ("prompt_response_type", TALK, {"prompt": "q", "response": "a", "type": "fix"}),
]  # fmt: skip


def rows_of(name, *found, with_tests=False):
    exporter, count = registry.load("exporters", name), Count()
    return list(shaped(exporter, found, count, with_tests=with_tests)), count


@pytest.mark.parametrize(("name", "messages", "row"), SHAPES)
def test_shape(name, messages, row):
    rows, _ = rows_of(name, SAMPLE.but(messages=messages))
    assert rows == [row]


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("messages", {"messages": ()}, "no-answer"),
        ("messages", {"messages": TALK[:1]}, "no-answer"),
        ("alpaca", {"messages": ()}, "no-messages"),
        ("alpaca", {"messages": TALK[::-1]}, "roles"),
        ("alpaca", {"messages": LONG[:-1]}, "roles"),
        ("sharegpt", {"messages": (*TALK, LONG[0])}, "roles"),
        ("prompt_completion", {"messages": LONG}, "several-turns"),
        ("prompt_response_type", {"question_type": "\udc80"}, "not-unicode"),
        ("jsonl", {"code": "a \ud800 b"}, "not-unicode"),
        ("parquet", {"scores": (NamedScore("nll", float("nan")),)}, "not-a-number"),
        ("jsonl", {"lineage": SAMPLE.lineage.__class__(seed=1 << 64)}, "too-large"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(name, changes, reason):
    rows, count = rows_of(name, SAMPLE.but(**changes), SAMPLE)
    assert (len(rows), dict(count.refused)) == (1, {reason: 1})
    assert count.examples[reason].startswith("1: ")


@pytest.mark.parametrize("name", NAMES)
def test_with_tests_a_row_can_be_run_again(name):
    [row], _ = rows_of(name, SAMPLE, with_tests=True)
    assert row["tests"][0]["kind"] == "script"
    assert (row["id"], row["code"]) == ("1", "x")
    assert list(row) == schema_of(registry.load("exporters", name), with_tests=True).names


def test_lines_stay_lines_for_every_reader(tmp_path):
    said = Message("user", "a\x85b\u2028c\u2029d\x0be")
    rows, _ = rows_of("messages", SAMPLE.but(messages=(said, TALK[1])), SAMPLE)
    write(tmp_path / "a.jsonl", rows, None)
    lines = (tmp_path / "a.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == rows


def test_an_array_is_json(tmp_path):
    rows, _ = rows_of("messages", SAMPLE, SAMPLE)
    for some in (rows, []):
        write(tmp_path / "a.json", some, None)
        assert json.loads((tmp_path / "a.json").read_bytes()) == some


def test_parquet_has_the_schema_without_any_row(tmp_path):
    exporter = registry.load("exporters", "alpaca")
    write(tmp_path / "a.parquet", [], exporter.schema)
    assert pq.read_schema(tmp_path / "a.parquet").equals(exporter.schema)
    assert list(read(tmp_path / "a.parquet")) == []


def test_a_file_that_could_not_be_written_is_not_there(tmp_path):
    def broken():
        yield {"prompt": "q", "completion": "a"}
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        write(tmp_path / "a.jsonl", broken(), None)
    assert list(tmp_path.iterdir()) == []


class Unfaithful:
    """An exporter whose rows are not in its schema."""

    suffix = ".jsonl"
    schema = pa.schema([("text", pa.string()), ("n", pa.int64())])

    def __init__(self, row):
        self.row = row

    def shape(self, _sample):
        return self.row


def test_conformance_finds_what_is_not_in_the_schema(tmp_path):
    path = tmp_path / "a.jsonl"
    assert differences(Unfaithful({"text": "a", "n": 1}), [SAMPLE], path) == []
    assert len(differences(Unfaithful({"text": "a", "n": 1.0}), [SAMPLE], path)) == 1
    for row in ({"text": "a"}, {"n": 1, "text": "a"}, {"text": 1, "n": 1}):
        with pytest.raises(PluginFault):
            differences(Unfaithful(row), [SAMPLE], path)
