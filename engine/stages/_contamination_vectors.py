"""Tasks of benchmarks by their embeddings: the artefact, and which task a row is nearest to."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from backfeed.engine.errors import ConfigError
from backfeed.engine.methods.benchmarks import Task
from backfeed.engine.stages._contamination import Match
from backfeed.engine.stages._similar import SLACK, cosine

ARTEFACT = "against_vectors"


class _Plain(msgspec.Struct):
    names: list[str]
    files: list[str]
    vectors: bytes


@dataclass(frozen=True, slots=True)
class _Tasks:
    names: list[str]
    files: list[str]
    table: npt.NDArray[np.float32]


def packed(tasks: Sequence[Task], vectors: Sequence[bytes]) -> bytes:
    """The artefact: names, files, and a vector (float32) for each."""
    names, files = [task.name for task in tasks], [task.file for task in tasks]
    return msgspec.msgpack.encode(_Plain(names, files, b"".join(vectors)))


def nearest(path: Path, vector: Sequence[float]) -> Match | None:
    """The task in the artefact `path` with the greatest cosine, the first of equal ones.

    None if there is none. Raises `ConfigError` if the vector is of another length.
    """
    tasks, own = _tasks(path), np.array(vector, np.float32)
    if not len(tasks.table):
        return None
    if tasks.table.shape[1] != len(own):
        raise ConfigError(
            f"decontaminate: a row has {len(own)} numbers, tasks have {tasks.table.shape[1]}:"
            " one embedder has to give both"
        )
    about = tasks.table @ own
    likely = np.flatnonzero(about >= about.max() - SLACK).tolist()
    scores = [cosine(tasks.table[place], own) for place in likely]
    best = max(range(len(likely)), key=scores.__getitem__)
    name, file = tasks.names[likely[best]], tasks.files[likely[best]]
    return Match("embedding", name, file, scores[best], "its problem means the same")


@lru_cache(maxsize=4)
def _tasks(path: Path) -> _Tasks:
    plain = msgspec.msgpack.decode(path.read_bytes(), type=_Plain)
    table = np.frombuffer(plain.vectors, np.float32)
    width = len(table) // max(len(plain.names), 1)
    return _Tasks(plain.names, plain.files, table.reshape(len(plain.names), width))
