"""Embeddings of benchmarks' tasks, made once: what `decontaminate` compares rows with."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from backfeed.engine.contracts import Table
from backfeed.engine.methods.benchmarks import Task
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Asks, Embed, Read, Result, over
from backfeed.engine.stages._contamination_vectors import ARTEFACT, packed


@dataclass(frozen=True, slots=True)
class EmbedTasks:
    """Let rows pass; write the artefact `against_vectors`, an embedding for each benchmark's task.

    Embedded is all that a task asks. A task whose text is refused (it may be too long) has none.
    Without benchmarks (artefact `against`) there is none at all; nor with `on` false, where nothing
    is asked.

    in:  rows; the tasks "Write a function to add one.", "Sort a list."
    out: the same rows; two vectors, under the names of their tasks
    """

    on: bool = True
    version = 1
    reads = ("against",)
    optional = ("against",)
    writes = (ARTEFACT,)
    incremental = True

    @property
    def asks(self) -> tuple[str, ...]:
        """The embedder, if it is on."""
        return ("embedder",) if self.on else ()

    @property
    def named(self) -> tuple[str, ...]:
        """Nothing stands in for an embedder."""
        return self.asks

    def whole(self, table: Table) -> Asks[Result]:
        """One request for each task; the rows are handed on as they lie."""
        path: Path | None = yield from Read("against")
        tasks = list(_tasks(path)) if path and self.on else []
        answers: Iterable[Any] = yield from over((_text(task) for task in tasks), _vector)
        found = [
            (task, answer)
            for task, answer in zip(tasks, answers, strict=True)
            if isinstance(answer, bytes)
        ]
        made = packed([task for task, _ in found], [vector for _, vector in found])
        metrics = {"tasks_embedded": len(found), "tasks_not_embedded": len(tasks) - len(found)}
        return Result(table.batches(), {ARTEFACT: made}, metrics)


def _tasks(path: Path) -> Iterator[Task]:
    """The tasks that ask something."""
    with path.open("rb") as lines:
        for line in lines:
            task = msgspec.json.decode(line, type=Task)
            if task.prompt.strip():
                yield task


def _text(task: Task) -> Sample:
    return Sample(id=f"{task.file}:{task.name}", messages=(Message("user", task.prompt),))


def _vector(row: Sample) -> Asks[bytes]:
    found: list[float] = yield from Embed(row.instruction)
    return np.array(found, np.float32).tobytes()


PLUGIN = EmbedTasks
