"""Rows of a run's directory, found by id, by chance or by the reason why they left."""

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from backfeed.engine.config import nearest
from backfeed.engine.errors import CallerError, InputError, UnknownName
from backfeed.engine.output import read_rows
from backfeed.engine.records import Sample

FOLDERS = ("corpus", "rejected", "unfinished")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen when one check ran: `data` has the run word, the whole job and its outcome."""

    check: str
    data: dict[str, Any]


@contextmanager
def _reading(directory: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        what = str(error).partition("\n")[0]
        raise InputError(f"{directory} has a file that cannot be read: {what}") from error


def require(directory: Path) -> Path:
    """The directory, if a run has written it. Raises `InputError`."""
    if not (directory / "corpus").is_dir():
        raise InputError(f"{directory} holds no run: there is no {directory / 'corpus'}")
    return directory


def _ids(directory: Path, folder: str) -> list[tuple[str, str]]:
    """The ids and source ids of a folder, in order."""
    found: list[tuple[str, str]] = []
    for path in sorted((directory / folder).glob("*.parquet")):
        table = pq.read_table(path, columns=["id", "source_id"])
        found += zip(table["id"].to_pylist(), table["source_id"].to_pylist(), strict=True)
    return found


def by_id(directory: Path, wanted: str) -> Sample:
    """The row of this id, or source id, or beginning of an id. Raises `UnknownName`."""
    with _reading(directory):
        pairs = [pair for folder in FOLDERS for pair in _ids(directory, folder)]
        hits = [id_ for id_, source in pairs if wanted in (id_, source)]
        hits = hits or [id_ for id_, _ in pairs if id_.startswith(wanted)]
        if len(hits) == 1:
            return next(_picked(directory, set(hits)))
    if hits:
        raise UnknownName(f"{len(hits)} rows are called {wanted!r}: {', '.join(hits[:5])}, ...")
    near = nearest(wanted, [name for pair in pairs[:10_000] for name in pair])
    hint = near if near.startswith("did") else f"try backfeed show {directory} --random 3"
    raise UnknownName(f"{directory} has no row {wanted!r}; {hint}")


def by_chance(directory: Path, count: int, seed: int) -> list[Sample]:
    """So many rows of the corpus, the same ones for the same seed."""
    with _reading(directory):
        ids = [id_ for id_, _ in _ids(directory, "corpus")]
        if not ids:
            raise InputError(f"{directory / 'corpus'} is empty: there is no row to look at")
        chosen = random.Random(seed).sample(ids, min(count, len(ids)))  # noqa: S311 - keeps no secret
        found = {sample.id: sample for sample in _picked(directory, set(chosen))}
    return [found[id_] for id_ in chosen]


def _picked(directory: Path, ids: set[str]) -> Iterator[Sample]:
    for folder in FOLDERS:
        for path in sorted((directory / folder).glob("*.parquet")):
            filters = pc.field("id").isin(list(ids))
            if pq.read_table(path, columns=["id"], filters=filters).num_rows:
                yield from (s for s in read_rows(directory / folder) if s.id in ids)
                break


def rejected(directory: Path, reason: str, limit: int) -> list[Sample]:
    """The first rows that left for a reason (or at a stage). Raises `UnknownName`."""
    found: list[Sample] = []
    known: Counter[str] = Counter()
    with _reading(directory):
        for sample in read_rows(directory / "rejected"):
            why = sample.rejected
            if why is None:
                continue
            known[why.reason] += 1
            if reason in (why.reason, why.stage) and len(found) < limit:
                found.append(sample)
    if found:
        return found
    listed = ", ".join(f"{name} ({count:,})" for name, count in known.most_common())
    raise UnknownName(f"nothing was rejected for {reason!r}; reasons are {listed or 'none'}")


def evidence(directory: Path, ids: Iterable[str]) -> dict[str, list[Seen]]:
    """What was seen of these rows, in the order of the checks."""
    found: dict[str, list[Seen]] = {id_: [] for id_ in ids}
    with _reading(directory):
        for path in sorted((directory / "evidence").glob("*.parquet")):
            for row in pq.read_table(path, filters=pc.field("id").isin(list(found))).to_pylist():
                found[row["id"]].append(Seen(row["check"], json.loads(row["data"])))
    return found


def chosen(
    directory: Path, *, row: str | None, count: int | None, seed: int
) -> list[Sample]:  # fmt: skip
    """The row of an id, or some by chance: what `show` and `recheck` work on."""
    if (row is None) == (count is None):
        raise CallerError("name one row by its id, or ask for some with --random N")
    if row is not None:
        return [by_id(directory, row)]
    return by_chance(directory, count or 1, seed)
