"""What rows of a pool say, read from Arrow a few at a time, and their n-grams from workers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from backfeed.plugin import AskFailed, Asks, Compute, Message, Sample, Table, dsir, over
from backfeed.plugins.infinity._domains import DOMAINS

COLUMNS = ("kind", "question_type", "messages", "code")
TEXTS = ("prompt", "both")
AT_ONCE = 200  # texts that go to a worker together

Places = npt.NDArray[np.int8]


class Grams:
    """The n-grams of a table's rows, on disk, a few rows at a time, any number of times.

    `failed` are the rows that no worker could read, and why.
    """

    def __init__(self, answers: Iterable[Any], count: int) -> None:
        self._answers, self._count = answers, count
        self.failed: dict[int, AskFailed] = {}

    def __iter__(self) -> Iterator[tuple[slice, dsir.Features]]:
        """Which rows, and their n-grams; none for rows that failed."""
        for rows, found in by_rows(self._answers, self._count):
            if isinstance(found, AskFailed):
                self.failed |= dict.fromkeys(range(rows.start, rows.stop), found)
                nothing = np.zeros(rows.stop - rows.start, np.int64)
                found = dsir.Features(np.zeros(0, np.uint16), nothing)
            yield rows, found


def grams(texts: Iterable[str], count: int) -> Asks[Grams]:
    """Ask workers for the n-grams of so many texts."""
    answers = yield from asked(texts, lambda some: Compute(dsir.features, (some,)))
    return Grams(answers, count)


def asked(texts: Iterable[str], ask: Callable[[list[str]], Compute]) -> Asks[Iterable[Any]]:
    """Ask workers about texts, a few at a time."""
    chunks = (
        Sample(id=str(number), messages=tuple(Message("user", text) for text in some))
        for number, some in enumerate(_batched(texts))
    )
    answers: Iterable[Any] = yield from over(
        chunks, lambda chunk: ask([message.content for message in chunk.messages])
    )
    return answers


def by_rows(answers: Iterable[Any], count: int) -> Iterator[tuple[slice, Any]]:
    """Answers about a few of so many texts at a time, and which texts these are."""
    for number, found in enumerate(answers):
        yield slice(number * AT_ONCE, min((number + 1) * AT_ONCE, count)), found


def _batched(texts: Iterable[str]) -> Iterator[Sequence[str]]:
    held: list[str] = []
    for text in texts:
        held.append(text)
        if len(held) == AT_ONCE:
            yield held
            held = []
    if held:
        yield held


def texts(table: Table, which: str, wanted: Sequence[str] = ()) -> Iterator[str]:
    """What each row asks, or asks and answers; nothing for rows of domains that are not wanted."""
    for batch in table.batches(COLUMNS):
        asked, said = spoken(batch)
        both = which == "both"
        for domain, question, answer in zip(domains(batch), asked, said, strict=True):
            if wanted and DOMAINS[domain] not in wanted:
                yield ""
            else:
                yield f"{question}\n{answer}" if both else question


def spoken(batch: pa.RecordBatch) -> tuple[list[str], list[str]]:
    """The first message of the user, and the last one of the assistant (without one, the code)."""
    messages, count = batch["messages"], batch.num_rows
    rows = pc.list_parent_indices(messages).to_pylist()
    turns = messages.flatten()
    roles, contents = (pc.struct_field(turns, name).to_pylist() for name in ("role", "content"))
    asked: list[str | None] = [None] * count
    said = batch["code"].to_pylist()
    for row, role, content in zip(rows, roles, contents, strict=True):
        if role == "user" and asked[row] is None:
            asked[row] = content
        elif role == "assistant":
            said[row] = content
    return [text or "" for text in asked], said


def domains(batch: pa.RecordBatch) -> list[int]:
    """The number of each row's domain among `DOMAINS`."""
    known = {name: number for number, name in enumerate(DOMAINS)}
    rest = {"code": known["code"]}
    told = zip(batch["question_type"].to_pylist(), batch["kind"].to_pylist(), strict=True)
    return [known.get(of, rest.get(kind, known["chat"])) for of, kind in told]


def places(table: Table) -> Places:
    """The number of each row's domain, of a whole table."""
    found = (domains(batch) for batch in table.batches(["kind", "question_type"]))
    return np.fromiter(chain.from_iterable(found), np.int8)
