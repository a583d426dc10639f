"""The first of equal rows stays, and of nearly equal ones if that is wanted."""

import pytest
from verbs import length, run, step

from backfeed.engine.conformance import same_requests
from backfeed.engine.output import read_rows
from backfeed.engine.records import Message, Sample
from backfeed.engine.stages.deduplicate import Deduplicate

BODY = "\n".join(f"    total_{n} = values[{n}] * weights[{n}] + offset" for n in range(30))


def row(question, answer="x", *, code="", name=""):
    messages = (Message("user", question), Message("assistant", answer))
    return Sample(id=name, messages=messages, code=code)


def kept(directory, rows, near=None):
    """The numbers of the rows that stay; and for those that leave, of the row they are like."""
    run(
        directory,
        step(Deduplicate(near)),
        samples=[r.but(source_id=str(n)) for n, r in enumerate(rows)],
    )
    stay = {r.id: int(r.source_id) for r in read_rows(directory / "corpus")}
    gone = {
        int(r.source_id): (r.rejected.reason, stay[r.rejected.detail])
        for r in read_rows(directory / "rejected")
    }
    return sorted(stay.values()), gone


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (row("Add 1."), row("add  1.")),
        (row("Add 1.", "a\n\nb"), row("Add 1.", "a  \nb\n")),
        (row("Add 1.", "said", code="f(x)"), row("Add 1.", "said otherwise", code="f(x)")),
        (Sample(), Sample()),
        (Sample(code="f(x)"), Sample(code="f(x)\n")),
    ],
)
def test_rows_that_are_equal(tmp_path, one, two):
    assert kept(tmp_path, [one, row("other"), two]) == ([0, 1], {2: ("duplicate", 0)})


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (row("Add 1."), row("Add 2.")),
        (row("Add 1.", "a"), row("Add 1.", "A")),
        (row("Add 1.", "if a:\n  b"), row("Add 1.", "if a:\nb")),
        (row("Add 1.", code="f(x)"), row("Add 1.", code="f(y)")),
        (row("ab", "c"), row("a", "bc")),
        (Sample(), row("Add 1.")),
    ],
)
def test_rows_that_are_not(tmp_path, one, two):
    assert kept(tmp_path, [one, two]) == ([0, 1], {})


def test_all_point_to_the_first(tmp_path):
    rows = [row(f"question {n % 7}") for n in range(2500)]
    stay, gone = kept(tmp_path, rows)
    assert stay == list(range(7))
    assert gone == {n: ("duplicate", n % 7) for n in range(7, 2500)}


def test_the_question_is_the_first_and_the_answer_the_last_message(tmp_path):
    def talk(*texts):
        roles = ("user", "assistant") * 2
        return Sample(messages=tuple(map(Message, roles, texts)))

    rows = [talk("q", "a", "more", "b"), talk("q", "b"), talk("q", "a")]
    assert kept(tmp_path, rows) == ([0, 2], {1: ("duplicate", 0)})


def edited(body, *changes):
    for before, after in changes:
        body = body.replace(before, after)
    return body


NEAR = edited(BODY, ("total_3 ", "sum_3 "))
FAR = edited(BODY, ("values", "points"), ("weights", "masses"))


@pytest.mark.parametrize(
    ("near", "other", "expected"),
    [
        (0.8, NEAR, ([0], {1: ("near-duplicate", 0)})),
        (0.99, NEAR, ([0, 1], {})),
        (None, NEAR, ([0, 1], {})),
        (0.8, FAR, ([0, 1], {})),
        (0.8, BODY + "\n\n", ([0], {1: ("duplicate", 0)})),
    ],
)
def test_rows_that_are_nearly_equal(tmp_path, near, other, expected):
    rows = [row("Sum up.", code=BODY), row("Sum up.", code=other)]
    assert kept(tmp_path, rows, near) == expected


def test_an_equal_of_a_near_duplicate_points_to_what_stays(tmp_path):
    rows = [row("q", code=BODY), row("q", code=NEAR), row("q", code=NEAR + "\n")]
    expected = {1: ("near-duplicate", 0), 2: ("duplicate", 0)}
    assert kept(tmp_path, rows, 0.8) == ([0], expected)


def test_rows_without_words_are_like_nothing(tmp_path):
    rows = [row("", ""), row("", " ."), row("!", "")]
    assert kept(tmp_path, rows, 0.8)[0] == [0, 1, 2]


def test_what_it_found_is_counted(tmp_path):
    rows = [row("q", code=BODY), row("q", code=NEAR), row("q", code=BODY)]
    done = run(tmp_path, step(Deduplicate(0.8)), samples=rows)
    assert done.report.metrics == {"duplicates": 1.0, "near_duplicates": 1.0}


@pytest.mark.parametrize("near", [0.5, 1.1])
def test_a_share_that_finds_too_little_is_refused(near):
    with pytest.raises(ValueError, match=r"give a share from 0\.7 to 1"):
        Deduplicate(near)


@pytest.mark.parametrize("near", [None, 0.8])
def test_it_conforms(near):
    rows = [row("q", code=BODY, name="a"), row("q", code=NEAR, name="b")]
    assert same_requests(Deduplicate(near), rows, length) == []
