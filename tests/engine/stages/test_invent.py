"""The stage that writes a problem for a set of keywords: its dialogue, by hand."""

import json

import pytest

from backfeed.engine.errors import ConfigError
from backfeed.engine.methods.notes import noted
from backfeed.engine.records import Keywords, Sample
from backfeed.engine.requests import Who, rejoined
from backfeed.engine.stages.invent import Dropped, Invent, Invention, listed

SET = ["task:log analysis", "instruction:stable order", "knowledge:heap",
       "knowledge:lazy evaluation", "knowledge:sql view"]  # fmt: skip
SAMPLE = Sample(id="1", language="python", extra=json.dumps({"set": SET}))
PROBLEM = """A web server writes one line per request. Write `top_hosts` that reads the lines
lazily, since a log may not fit into memory, and gives the `n` hosts with the most requests; hosts
with equally many stand in a stable order, that of their first line. Keep at most `n` in a heap.

```python
def top_hosts(lines, n):
```

Example:

```python
>>> top_hosts(["a x", "b x", "a y"], 1)
['a']
```
"""
GOOD = {
    "coherent": True, "plan": ["Lazy evaluation keeps memory small.", "A heap keeps the best."],
    "used": ["log analysis", "Stable Order", "heaps", "lazy evaluation"],
    "dropped": [{"keyword": "sql view", "reason": "there is no database"}],
    "entry_point": "top_hosts", "signature": "def top_hosts(lines, n):", "problem": PROBLEM,
}  # fmt: skip


def invented(sample=SAMPLE, asked=None, share=None, **reply):
    """The one sample that comes of a reply; prompts are put into `asked`."""

    def answer(request):
        if isinstance(request, Who):
            return "writer"
        (asked if asked is not None else []).append(request)
        return {"text": json.dumps({**GOOD, **reply}), "finish": "stop"}

    stage = Invent() if share is None else Invent(share=share)
    [found] = rejoined(stage.each(sample), answer)
    return found


def refused(**more):
    found = invented(**more).rejected
    assert found.stage == "invent"
    return found.reason, found.detail


def test_a_problem_of_a_set():
    found = invented()
    assert found.rejected is None
    assert found.instruction == PROBLEM.strip()
    assert (found.entry_point, found.question_type, found.code) == ("top_hosts", "generate", "")
    assert found.keywords == Keywords(
        ("log analysis",), ("stable order",), ("heap", "lazy evaluation")
    )
    assert noted(found)["used"] == SET[:-1]
    assert noted(found)["dropped"] == [
        {"keyword": "knowledge:sql view", "reason": "there is no database"}
    ]
    assert noted(found)["plan"] == GOOD["plan"]
    lineage = found.lineage
    assert (lineage.stage, lineage.model) == ("invent", "writer")
    assert lineage.prompt.startswith("backfeed/invent@")


def test_what_the_model_is_told():
    asked = []
    invented(asked=asked)
    [prompt] = asked
    assert (prompt.name, prompt.reply, prompt.role) == ("backfeed/invent", Invention, "strong")
    assert prompt.fields == {
        "language": "python", "tasks": ["log analysis"], "instructions": ["stable order"],
        "points": ["heap", "lazy evaluation", "sql view"], "least": 2,
    }  # fmt: skip


def test_an_incoherent_set_is_refused_with_the_reason():
    why = "unrelated: nobody sorts a database with CSS"
    assert refused(coherent=False, reason=why) == ("incoherent", why)


def test_two_thirds_of_the_points_have_to_be_needed():
    drops = [Dropped("sql view", "no database"), Dropped("heap", "not needed")]
    told = [{"keyword": drop.keyword, "reason": drop.reason} for drop in drops]
    used = ["log analysis", "stable order", "lazy evaluation"]
    reason, detail = refused(used=used, dropped=told)
    assert (reason, detail) == ("points-unused", "1 of 3 points are needed, not 2")
    assert invented(used=used, dropped=told, share=1 / 3).rejected is None


def test_a_point_that_neither_problem_nor_plan_speaks_of_is_not_needed():
    used = ["log analysis", "stable order", "lazy evaluation", "sql view"]
    dropped = [{"keyword": "heap", "reason": "not needed"}]
    reason, detail = refused(used=used, dropped=dropped)
    assert reason == "points-unused"
    assert detail.endswith("neither problem nor plan speaks of sql view")


@pytest.mark.parametrize(
    ("more", "detail"),
    [
        ({"used": [*GOOD["used"], "quicksort"]}, "not in the set: quicksort"),
        ({"used": GOOD["used"][:-1]}, "neither used nor dropped: knowledge:lazy evaluation"),
        ({"used": [*GOOD["used"], "sql view"]}, "used and dropped: knowledge:sql view"),
        ({"dropped": [{"keyword": "sql view"}]}, "dropped without a reason: knowledge:sql view"),
    ],
)
def test_used_and_dropped_are_the_set(more, detail):
    assert refused(**more) == ("keywords-unsorted", detail)


def test_a_problem_that_lists_its_keywords_is_none():
    text = PROBLEM + "\nYou need log analysis, a stable order, a heap and lazy evaluation.\n"
    reason, detail = refused(problem=text)
    assert (reason, detail) == (
        "lists-keywords",
        "log analysis, a stable order, a heap",
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a heap and a set", ""), ("a, b, c", "a, b, c"), ("`a`, `b` and `c`", "a`, `b` and `c"),
        ("a is b, and so c", ""), ("a. b. c", ""), ("first a, then use b, then c", ""),
    ],
)  # fmt: skip
def test_what_a_list_is(text, found):
    assert listed(text, ["a", "b", "c", "d"]) == found


@pytest.mark.parametrize(
    ("more", "detail"),
    [
        ({"entry_point": "top hosts"}, "is no name"),
        ({"entry_point": "other"}, "is not of other"),
        ({"signature": "def top_hosts(lines, n, key):"}, "does not stand in it"),
        ({"problem": PROBLEM[: PROBLEM.index("Example")]}, "it has no example"),
        ({"problem": PROBLEM + "\nChange the code above."}, "points at code that is not there"),
    ],
)
def test_it_can_be_answered(more, detail):
    reason, told = refused(**more)
    assert reason == "unanswerable"
    assert detail in told


SQL = """Table of visits:

```sql
CREATE TABLE visits (host TEXT, at INTEGER);
```

Write a query that numbers the visits of each host by time, the window over one host each.

| host | at | place |
|------|----|-------|
| a    | 1  | 1     |
"""


def test_sql_has_tables_and_no_entry_point():
    sample = SAMPLE.but(language="sql", extra=json.dumps({"set": ["knowledge:window"]}))
    more = {"used": ["window"], "dropped": [], "entry_point": "", "signature": ""}
    found = invented(sample, problem=SQL, **more)
    assert found.rejected is None
    assert (found.question_type, found.entry_point) == ("sql", "")
    bare = SQL.replace("CREATE TABLE visits", "").replace("|", " ")
    assert invented(sample, problem=bare, **more).rejected.reason == "unanswerable"


def test_a_row_without_a_set_is_rejected_and_one_with_a_problem_left_alone():
    assert refused(sample=SAMPLE.but(extra=""))[0] == "no-set"
    made = invented()
    assert rejoined(Invent().each(made), lambda _: pytest.fail("asked")) == [made]


@pytest.mark.parametrize("share", [0, 1.1, -1])
def test_a_share_is_one(share):
    with pytest.raises(ConfigError, match="share"):
        Invent(share=share)
