"""The first of equal rows stays, and of nearly equal ones if that is wanted."""

import pytest
from verbs import run, step

from backfeed.engine.compute import ComputeService
from backfeed.engine.conformance import same_requests
from backfeed.engine.methods.minhash import jaccard, shingles
from backfeed.engine.output import read_rows
from backfeed.engine.recipe import Stop
from backfeed.engine.records import Message, Sample
from backfeed.engine.stages.deduplicate import Deduplicate

BODY = "\n".join(f"    total_{n} = values[{n}] * weights[{n}] + offset" for n in range(30))


def row(question, answer="x", *, code="", name=""):
    messages = (Message("user", question), Message("assistant", answer))
    return Sample(id=name, messages=messages, code=code)


def kept(directory, rows, near=None, **settings):
    """The numbers of the rows that stay; and for those that leave, of the row they are like."""
    run(
        directory,
        step(Deduplicate(near, **settings)),
        samples=[r.but(source_id=str(n)) for n, r in enumerate(rows)],
        services={"compute": ComputeService(1)},
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


FIRST = """\
def total(values, weights):
    \"\"\"Add up what is weighed.\"\"\"
    found = 0  # so far
    for value, weight in zip(values, weights):
        found += value * weight
    return found


def mean(values, weights):
    return total(values, weights) / sum(weights)
"""
OTHER = """\
def average(numbers, shares):
    # What they come to, by what they count.
    return weighed(numbers, shares) / sum(shares)

def weighed(numbers, shares):
    result = 7
    for number, share in zip(numbers, shares):
        result += number * share
    return result
"""
UNLIKE = FIRST.replace("for value, weight in zip(values, weights):", "while values:")
SHORT = "def twice(x):\n    return x * 2\n", "def squared(n):\n    return n * 3\n"


def written(code, question="Weigh.", language="python"):
    return row(question, code=code).but(language=language)


@pytest.mark.parametrize(
    ("code", "settings", "expected"),
    [
        (OTHER, {"trees": 0.8}, ([0], {1: ("same-structure", 0)})),
        (OTHER, {"trees": 1.0}, ([0], {1: ("same-structure", 0)})),
        (OTHER, {"trees": 0.8, "near": 0.8}, ([0], {1: ("same-structure", 0)})),
        (OTHER, {"near": 0.7}, ([0, 1], {})),
        (OTHER, {}, ([0, 1], {})),
        (OTHER, {"trees": 0.8, "least_tokens": 80}, ([0, 1], {})),
        (UNLIKE, {"trees": 0.8}, ([0, 1], {})),
        (FIRST, {"trees": 0.8}, ([0], {1: ("duplicate", 0)})),
        (FIRST + "# so", {"trees": 0.8, "near": 0.8}, ([0], {1: ("near-duplicate", 0)})),
        (FIRST + "# so", {"trees": 0.8}, ([0], {1: ("same-structure", 0)})),
    ],
)
def test_rows_whose_code_is_built_alike(tmp_path, code, settings, expected):
    assert kept(tmp_path, [written(FIRST), written(code)], **settings) == expected


def test_short_code_is_built_alike_by_chance(tmp_path):
    rows = [written(code) for code in SHORT]
    assert kept(tmp_path / "off", rows, trees=0.8) == ([0, 1], {})
    found = kept(tmp_path / "on", rows, trees=0.8, least_tokens=5)
    assert found == ([0], {1: ("same-structure", 0)})


def test_code_of_another_language_or_of_none_has_no_structure(tmp_path):
    rows = [written(FIRST), written(OTHER, "a", ""), written(OTHER, "b", "latin"), row("c", OTHER),
            written("Once upon a time there was a fox. " * 9)]  # fmt: skip
    assert kept(tmp_path, rows, trees=0.8)[1] == {}


def test_rows_without_code_are_no_hindrance(tmp_path):
    assert kept(tmp_path, [row("a", "b"), row("b", "c")], 0.8, trees=0.8) == ([0, 1], {})


def test_what_is_like_a_row_that_leaves_points_to_what_stays(tmp_path):
    rows = [written(FIRST), written(OTHER), written(OTHER + "\n"), written(OTHER + "# end")]
    like = [("same-structure", 0), ("duplicate", 0), ("near-duplicate", 0)]
    assert kept(tmp_path, rows, 0.8, trees=0.8) == ([0], dict(enumerate(like, 1)))


def test_all_searches_are_counted(tmp_path):
    rows = [written(FIRST), written(OTHER), written(FIRST), written(FIRST + "# so")]
    services = {"compute": ComputeService(1)}
    done = run(tmp_path, step(Deduplicate(0.8, 0.8)), samples=rows, services=services)
    expected = {"duplicates": 1.0, "near_duplicates": 1.0, "same_structure": 1.0}
    assert done.report.metrics == expected


def test_many_rows_are_told_apart_as_by_comparing_all_with_all(tmp_path):
    """Rows in families that change word by word: each is like the first that stays, or none."""
    lines = [f"item_{n} = {n} + offset_{n}" for n in range(60)]
    rows = [
        row(f"{n % 20}", "\n".join([f"family_{n % 20}_{i} {line}" for i, line in
            enumerate(lines[: 40 - n // 20])])) for n in range(160)
    ]  # fmt: skip
    sets = [shingles(f"{r.messages[0].content}\n{r.messages[1].content}") for r in rows]
    stay, gone = [], {}
    for number, own in enumerate(sets):
        like = next((one for one in stay if jaccard(own, sets[one]) >= 0.9), number)
        if like == number:
            stay.append(number)
        else:
            gone[number] = ("near-duplicate", like)
    assert 20 < len(stay) < 100
    assert kept(tmp_path, rows, 0.9) == (stay, gone)


def test_structure_is_found_across_waves_as_in_one(tmp_path):
    codes = [FIRST.replace("total", f"total_{n}") + f"x = [{'n + ' * (n % 90)}n]\n"
             for n in range(300)]  # fmt: skip
    found = []
    for name, stop in (("one", Stop()), ("two", Stop(accepted=10**6))):
        done = run(tmp_path / name, step(Deduplicate(trees=0.9)), samples=map(written, codes),
                   stop=stop, services={"compute": ComputeService(1)})  # fmt: skip
        gone = {r.id: r.rejected for r in read_rows(done.directory / "rejected")}
        found.append((done.codes(), gone, done.report.tallies.plain()))
    assert found[0] == found[1]
    assert 200 < len(found[0][1]) < 300


@pytest.mark.parametrize("setting", ["near", "trees"])
@pytest.mark.parametrize("share", [0.5, 1.1])
def test_a_share_that_finds_too_little_is_refused(setting, share):
    with pytest.raises(ValueError, match=rf"{setting} = {share}: give a share from 0\.7 to 1"):
        Deduplicate(**{setting: share})


def test_a_number_of_tokens_that_is_none_is_refused():
    with pytest.raises(ValueError, match="least_tokens = 0"):
        Deduplicate(trees=0.8, least_tokens=0)


def test_it_asks_only_for_what_it_needs():
    assert Deduplicate(0.8).asks == ()
    assert Deduplicate(trees=0.8).asks == ("compute",)


def answered(request):
    return request.function(*request.arguments)


@pytest.mark.parametrize("near", [None, 0.8])
@pytest.mark.parametrize("trees", [None, 0.8])
def test_it_conforms(near, trees):
    rows = [row("q", code=BODY, name="a"), row("q", code=NEAR, name="b")]
    rows += [written(FIRST).but(id="c"), written(OTHER).but(id="d")]
    assert same_requests(Deduplicate(near, trees), rows, answered) == []
