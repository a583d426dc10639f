"""What every stage must do, whoever wrote it: the same sample asks the same, time and again."""

import pickle
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from backfeed.engine.errors import AskFailed
from backfeed.engine.records import Sample
from backfeed.engine.requests import Compute, Request, Result, rejoined
from backfeed.engine.store import WORK_SCHEMA, to_row

Answer = Callable[[Any], Any]


def same_requests(stage: Any, samples: Iterable[Sample], answer: Answer) -> list[str]:
    """Run a stage twice over samples and compare what it asks and returns; the complaints.

    `answer` gives the same answer to the same request, and may raise `AskFailed`. The second time
    stage and samples are copies, and the random numbers of the process are others.
    """
    rows, before = list(samples), random.getstate()
    random.seed(1)
    first = [_told(stage, rows, answer)] if _is_whole(stage) else _each(stage, rows, answer)
    again, copies = pickle.loads(pickle.dumps((stage, rows)))  # noqa: S301 - our own bytes
    random.seed(2)
    second = [_told(again, copies, answer)] if _is_whole(stage) else _each(again, copies, answer)
    random.setstate(before)
    names = ["the table"] if _is_whole(stage) else [f"sample {row.id!r}" for row in rows]
    return [
        complaint
        for name, one, two in zip(names, first, second, strict=True)
        for complaint in _differences(name, one, two)
    ]


def _is_whole(stage: Any) -> bool:
    return hasattr(stage, "whole")


def _each(stage: Any, rows: Sequence[Sample], answer: Answer) -> list[list[str]]:
    return [_dialogue(stage.each(row), answer) for row in rows]


def _told(stage: Any, rows: Sequence[Sample], answer: Answer) -> list[str]:
    return _dialogue(stage.whole(Rows(rows)), answer)


def _dialogue(asks: Any, answer: Answer) -> list[str]:
    """Each request in turn, and last what came of it."""
    said: list[str] = []

    def listen(request: Any) -> Any:
        said.append(_shown(request))
        return answer(request)

    try:
        found = rejoined(asks, listen)
    except AskFailed as failure:
        return [*said, f"refused: {failure}"]
    if isinstance(found, Result):
        found = [*map(_plain, found.rows), sorted(found.metrics.items())]
    return [*said, *(_shown(item) for item in found)]


def _plain(rows: Any) -> Any:
    return rows if isinstance(rows, Sample) else rows.to_pylist()


def _shown(value: Any) -> str:
    if isinstance(value, Compute):
        return f"Compute {value.function.__qualname__}{value.arguments!r}"
    if isinstance(value, Request):
        plain = msgspec.json.encode(value.content(), order="sorted")
        return f"{type(value).__name__} {plain.decode()}"
    return str(value)


def _differences(name: str, one: Sequence[str], two: Sequence[str]) -> Iterator[str]:
    for number, (before, after) in enumerate(zip(one, two, strict=False)):
        if before != after:
            yield f"{name}: step {number} was first {before[:200]}, then {after[:200]}"
            return
    if len(one) != len(two):
        yield f"{name}: {len(one)} steps at first, then {len(two)}"


class Rows:
    """A table in memory, for tests of `whole` stages; `before` are rows of earlier waves."""

    def __init__(self, rows: Sequence[Sample], before: Sequence[Sample] = ()) -> None:
        self.rows, self.paths = rows, list[Path]()
        self.seed = self.round = 0
        self._before = before

    @property
    def before(self) -> "Rows":
        """The rows of earlier waves."""
        return Rows(self._before)

    def __iter__(self) -> Iterator[Sample]:
        """The rows, one at a time."""
        return iter(self.rows)

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Arrow record batches, of all columns or of some."""
        rows = pa.Table.from_pylist([to_row(row) for row in self.rows], schema=WORK_SCHEMA)
        yield from (rows.select(columns) if columns else rows).to_batches(max_chunksize=1000)
