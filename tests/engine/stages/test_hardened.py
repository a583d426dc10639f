"""The problem side as the engine drives it: hardened, reworded, judged; counts agree."""

import asyncio
import json
from collections import Counter

from verbs import By

from backfeed.engine.conformance import Rows
from backfeed.engine.lanes import Engine
from backfeed.engine.methods.notes import noted
from backfeed.engine.records import Message, Sample
from backfeed.engine.stages.compare_pairs import ComparePairs
from backfeed.engine.stages.harden import Harden
from backfeed.engine.stages.reword import Reword

OLD = "Write `f(x)`, twice `x`; number {n}.\n\n>>> f(1)\n2"
HARDER = "Write `f(x)`, twice `x` without the sign `*`; number {n}.\n\n>>> f(1)\n2"
WORDED = (
    "Number {n}: the sign `*` is not to be had, so how is `x` doubled by `f(x)`?\n\n>>> f(1)\n2"
)


def reply(request):
    """Every third problem cannot be made harder; every fourth is hardly put into other words."""
    fields = request.fields
    said = fields.get("problem") or fields.get("other")
    n = int(said.partition("umber ")[2].split(".")[0].split(":")[0].split("\n")[0])
    if request.name == "judge/harder":
        word = "second" if "sign" in fields["other"] else "first"
        return {"first": "a", "second": "b", "harder": word}
    if request.name == "harden/evolve":
        text = (HARDER if n % 3 else OLD).format(n=n)
        return {"changed": "no sign", "entry_point": "f", "problem": text, "answerable": True}
    return {"outline": ["a"], "problem": said if n % 4 == 0 else WORDED.format(n=n)}


def answer(request):
    return {"text": json.dumps(reply(request)), "finish": "stop"}


async def driven(rows):
    engine = Engine({"model:default": By(answer, batch=8, parallel=4)}, None)
    for stage in (Harden(chance=1, weights={"constraints": 1}), Reword()):
        made = [await engine.drive(stage.each(row), f"{row.id}/0") for row in rows]
        rows = [row for found in made for row in found]
        yield rows
        rows = [row for row in rows if row.rejected is None]
    yield await engine.drive(ComparePairs(share=1).whole(Rows(rows)), "judge")


async def all_of(rows):
    return [found async for found in driven(rows)]


def test_hardened_reworded_and_judged():
    rows = [
        Sample(id=str(n), language="python", question_type="generate", entry_point="f",
               messages=(Message("user", OLD.format(n=n)),))
        for n in range(1, 13)
    ]  # fmt: skip
    hardened, reworded, judged = asyncio.run(all_of(rows))
    assert [told(found) for found in (hardened, reworded)] == [
        {"": 12, "unchanged": 4}, {"": 12, "meaning-changed": 3, "too-alike": 3},
    ]  # fmt: skip
    assert judged.metrics == {
        "taken_constraints": 8, "judged_all": 8, "judged_constraints": 8,
        "harder_all": 8, "harder_constraints": 8,
        "agreed": 1,
    }  # fmt: skip
    last = {int(row.id): row for row in judged.rows}
    assert [n for n, row in last.items() if row.scores] == [1, 2, 4, 5, 7, 8, 10, 11]
    assert last[1].instruction == WORDED.format(n=1)
    assert last[3].instruction == OLD.format(n=3)
    assert last[4].instruction == HARDER.format(n=4)
    assert noted(last[1])["directions"] == ["constraints"]


def told(rows):
    return Counter(row.rejected.reason if row.rejected else "" for row in rows)
