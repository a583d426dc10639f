"""What tests of stages that select rows share: questions of two kinds, and an engine in a page."""

import msgspec

from backfeed.engine.conformance import Rows
from backfeed.engine.store import from_row
from backfeed.plugin import Compute, Message, Read, Sample, benchmarks, rejoined

NAMES = ("Ann", "Bob", "Cleo", "Dan", "Eve", "Finn")
THINGS = ("apples", "pens", "coins", "books", "marbles")
CHATTER = ("the weather in spring", "an old film", "my garden", "a long train ride", "good bread")


def sum_of(number):
    """A word problem, one of many."""
    name, thing = NAMES[number % 6], THINGS[number % 5]
    return (
        f"{name} has {number} {thing} and buys {number % 7} more {thing} from a friend."
        f" How many {thing} does {name} have in total?"
    )


def chat_of(number):
    """A request of another kind."""
    topic = CHATTER[number % 5]
    return f"Please write {number % 9} short lines about {topic}, as you would to a pen pal."


def row(name, question, domain="", answer="Yes."):
    said = (Message("user", question), Message("assistant", answer))
    return Sample(id=name, kind="general", question_type=domain, messages=said)


def pool(sums, chats, domain=""):
    """Rows of both kinds, mixed; the ids say which."""
    made = [row(f"sum {n}", sum_of(n), domain) for n in range(sums)]
    made += [row(f"chat {n}", chat_of(n), domain) for n in range(chats)]
    return sorted(made, key=lambda one: one.id[::-1])


def tasks(path, **texts):
    """The artefact of an input of benchmarks: by name of the target, what its tasks ask."""
    found = [
        benchmarks.Task(str(n), name, prompt=text, code=f"answer {n}")
        for name, said in texts.items()
        for n, text in enumerate(said)
    ]
    path.write_bytes(b"".join(msgspec.json.encode(task) + b"\n" for task in found))
    return path


def run(stage, rows, **artefacts):
    """The rows that come out of a `whole` stage, as samples, and all that it returns."""

    def answer(request):
        if isinstance(request, Read):
            return artefacts.get(request.name)
        assert isinstance(request, Compute)
        return request.function(*request.arguments)

    result = rejoined(stage.whole(Rows(rows)), answer)
    found = []
    for part in result.rows:
        found += [part] if isinstance(part, Sample) else map(from_row, part.to_pylist())
    return found, result


def alive(rows):
    return [one.id for one in rows if one.rejected is None]
