"""Rows of every kind that a stage may meet: each stage has to find some among them that fit."""

import json

from backfeed.engine.records import File, Keywords, Labels, Lineage, Message, Origin, Sample
from backfeed.engine.records import Test as Tested

CHUNKS = '''def chunks(items, size):
    """Split a list into lists of a given size; the last one may be shorter.

    >>> chunks([1, 2, 3], 2)
    [[1, 2], [3]]
    """
    found = []
    for start in range(0, len(items), size):
        part = items[start : start + size]
        found.append(part)
    return found
'''
FLATTEN = '''def flatten(lists):
    """Put the items of all lists of a list into one list, in their order.

    >>> flatten([[1, 2], [3]])
    [1, 2, 3]
    """
    found = []
    for inner in lists:
        for item in inner:
            found.append(item)
    return found
'''
LENGTHS = '''def lengths(lists):
    """Tell how many items each of the lists has, in their order."""
    found = []
    for inner in lists:
        found.append(len(inner))
    return found
'''
PIECES = '''def pieces(text):
    """Cut a text wherever an arrow, a colon or a bar stands."""
    for mark in ("->", ":", "|", "=>"):
        text = text.replace(mark, ",")
    return text.split(",")
'''
COMPOSED = f"""{CHUNKS}

{FLATTEN}

def flatten_of_chunks(items, size):
    return flatten(chunks(items, size))
"""
CHUNKED = "assert chunks([1, 2, 3], 2) == [[1, 2], [3]]\nassert chunks([4], 1) == [[4]]\n"
FLATTENED = "assert flatten([[1, 2], [3]]) == [1, 2, 3]\nassert flatten([[5]]) == [5]\n"
COUNTED = "assert lengths([[1, 2], [3]]) == [2, 1]\nassert lengths([[5]]) == [1]\n"
BOTH = "assert flatten_of_chunks([1, 2, 3], 2) == [1, 2, 3]\n"
PYTEST = "from toys.lists import chunks\n\n\ndef test_one():\n    assert chunks([1], 2) == [[1]]\n"
DOC = ">>> chunks([1, 2, 3], 2)\n[[1, 2], [3]]\n"
MIT = Origin(source="pypi:toys==1", repo="toys", commit="1", path="toys/lists.py", licence="MIT")
SHARED = Keywords(("work on lists",), ("implement a function",), ("iteration", "slicing"))


def talk(question: str, answer: str) -> tuple[Message, ...]:
    """A question and its answer."""
    return (Message("user", question), Message("assistant", answer))


def unit(name: str, code: str, *tests: Tested, **more: object) -> Sample:
    """A function that was cut from a file."""
    answer = talk(f"Write `{name}`, as in `>>> {name}([])`.", f"```python\n{code}```")
    fields = {"language": "python", "origin": MIT, "keywords": SHARED, "messages": answer}
    return Sample(id=name, code=code, entry_point=name, tests=tests, **{**fields, **more})


ASKED = Message("user", "Write `chunks(items, size)`, which cuts a list.")
DOUBTFUL = Message("user", f"{ASKED.content} Of a test somebody may say:\nDOUBT 1: it is wrong.")
RECORDED = Tested("script", "recorded", code=CHUNKED)
SHIPPED = Tested("script", "author", code=CHUNKED)
APART = tuple(Tested("script", "model", code=f"{line}\n") for line in CHUNKED.splitlines())

ROWS: tuple[Sample, ...] = (
    Sample(id="file", language="python", code=f"{CHUNKED}\n\n{CHUNKS}", origin=MIT),
    unit("chunks", CHUNKS, Tested("doctest", "doc", code=DOC), RECORDED),
    unit("flatten", FLATTEN, Tested("script", "recorded", code=FLATTENED)),
    unit("lengths", LENGTHS, Tested("script", "recorded", code=COUNTED)),
    unit("pieces", PIECES),
    unit("chunks", CHUNKS, SHIPPED, level="tested").but(id="tested"),
    unit("chunks", CHUNKS, RECORDED, level="tested").but(id="only-recorded"),
    unit("chunks", CHUNKS.replace("+ size]", "- size]"), SHIPPED).but(id="wrong"),
    unit("chunks", "def chunks(items, size:\n", SHIPPED).but(id="broken"),
    unit("chunks", CHUNKS.replace("items[", "itemz["), SHIPPED).but(id="unknown-name"),
    unit("chunks", "def chunks(items, size):\n    pass\n", SHIPPED).but(id="stub"),
    unit("chunks", CHUNKS).but(id="again", tests=()),
    Sample(
        id="composed", language="python", code=COMPOSED, entry_point="flatten_of_chunks",
        tests=(Tested("script", "recorded", code=BOTH),), keywords=SHARED, origin=MIT,
        lineage=Lineage("backfeed", ("chunks", "flatten")),
        extra=json.dumps({"parts": ["chunks", "flatten"]}),
    ),
    Sample(
        id="answer", language="python", tests=(SHIPPED,),
        messages=talk("Write `chunks(items, size)`.", f"So:\n\n```python\n{CHUNKS}```\n"),
    ),
    Sample(
        id="program", language="python", code="print(sum(map(int, input().split())))\n",
        messages=talk("Add numbers.", "```python\nprint()\n```"),
        tests=(Tested("stdio", "author", stdin="1 2\n", stdout="3\n"),),
    ),
    Sample(
        id="files", language="python", messages=talk("Write toys/lists.py.", "See the files."),
        files=(File("toys/lists.py", CHUNKS), File("toys/README.md", "Lists.")),
        tests=(Tested("framework", framework="pytest", code=PYTEST),),
    ),
    Sample(id="prose", language="python", messages=talk("What is a list?", "A row of things.")),
    Sample(
        id="math", kind="general", question_type="math",
        messages=talk("Tom has 3 apples and buys 4 more. How many has he?", "3 + 4 = 7"),
    ),
    Sample(id="chat", kind="general", messages=talk("Hello!", "Hello; how can I help?")),
    Sample(id="foreign", language="cobol", code="DISPLAY 'A'.\n", origin=MIT),
    unit("chunks", CHUNKS.replace("+ size]", "- size]"), *APART).but(
        id="disputed", messages=(DOUBTFUL, Message("assistant", "Cut.")),
    ),
    unit("chunks", "").but(id="asked", messages=(ASKED,), question_type="generate"),
    unit("chunks", "").but(id="asked-why", messages=(ASKED,), question_type="understand"),
    unit("chunks", "").but(
        id="asked-tests", messages=(ASKED,), question_type="test",
        extra=json.dumps({"given": CHUNKS}),
    ),
    unit("chunks", "").but(
        id="asked-deep", messages=(ASKED,), question_type="generate",
        extra=json.dumps({"before": "Cut a list in two.", "directions": ["depth"]}),
    ),
    Sample(
        id="labelled", kind="general", messages=talk("Plan a party.", "Ask, then cook."),
        labels=Labels(("planning", "cooking", "writing", "budgets", "travel"), ("Life",)),
    ),
    Sample(
        id="set", language="python",
        extra=json.dumps({"set": ["task:cut a list", "knowledge:slicing", "knowledge:range"]}),
    ),
)  # fmt: skip

ODD: tuple[Sample, ...] = (
    Sample(id="empty"),
    Sample(id="blank", language="python", code="\n \n", entry_point="f", origin=MIT),
    Sample(id="nul", language="python", code="x = 1\0\n", entry_point="x", origin=MIT),
    Sample(id="deep", language="python", code="(" * 400 + ")" * 400, entry_point="f", origin=MIT),
    Sample(id="long", language="python", code="x = 1\n" * 3000, entry_point="x", origin=MIT),
    Sample(id="no-json", language="python", code="f = 1\n", entry_point="f", extra="{no json"),
    Sample(id="one-sided", messages=(Message("assistant", "```\n"),), extra="[]"),
    Sample(
        id="bad-tests", language="python", level="tested", code="f = 1\n", entry_point="f",
        tests=(
            Tested("script", code="assert f( =="), Tested("doctest", code=">>> ((\n"),
            Tested("framework", framework="no-such"), Tested("stdio", stdin="\0", stdout="é"),
        ),
    ),
)  # fmt: skip
"""Rows that no stage is made for, and that each must bear: it rejects them, or lets them go on."""
