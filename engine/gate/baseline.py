"""What an earlier run had found: its rows judged by the same policy, or what its summary says."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from backfeed.engine.errors import InputError
from backfeed.engine.gate.clauses import Clause
from backfeed.engine.gate.judge import Broken, Judged, Marked, judge
from backfeed.engine.gate.lines import marked, unread
from backfeed.engine.gate.policy import CONTAMINATED, REPEATED
from backfeed.engine.output import read_rows
from backfeed.engine.records import LEVELS, Sample

FOLDERS = ("corpus", "rejected", "unfinished")


@dataclass(frozen=True, slots=True)
class Before:
    """One clause as it was; `keys` are of the rows blamed, None if only their number is known."""

    blamed: int
    of: int
    keys: Mapping[str, int] | None = None

    def unknown(self, broken: Iterable[Broken]) -> list[Broken] | None:
        """Those that were not among the blamed; None if that cannot be told."""
        if self.keys is None:
            return None
        left = Counter(self.keys)
        found: list[Broken] = []
        for one in broken:
            key = next((key for key in _keys(one) if left[key] > 0), "")
            if key:
                left[key] -= 1
            else:
                found.append(one)
        return found


def _keys(one: Broken) -> Iterator[str]:
    """A row that could not be read may be known by no more than its reason."""
    yield one.key
    yield f"unread-{one.blame.rule}/{one.blame.rule}"


@dataclass(frozen=True, slots=True)
class Baseline:
    """An earlier run, clause by clause; `sketch` are marks of some of its rows."""

    where: str
    clauses: Mapping[str, Before] = field(default_factory=dict)
    sketch: Sequence[str] = ()
    rows: int = 0

    def of(self, clause: Clause) -> Before | None:
        """What is known of a clause; None if nothing is."""
        return self.clauses.get(clause.name)

    def meeting(self, rows: Iterable[Marked]) -> Iterator[Marked]:
        """These rows. Raises `InputError` at their end if none was there before."""
        known, met = set(self.sketch), not self.sketch
        for mark, sample in rows:
            met = met or mark in known
            yield mark, sample
        if not met:
            raise InputError(
                f"{self.where} is of another data set: none of the {len(known)} rows that were"
                " looked up stands in this one; name the run of an earlier version, or leave"
                " --baseline out"
            )


def load(path: Path, clauses: Sequence[Clause]) -> Baseline:
    """The baseline in a run's directory, or a summary.json that was kept of it.

    Raises `InputError` if it is neither.
    """
    summary = path / "summary.json" if path.is_dir() else path
    told = _summary(summary)
    home = summary.parent
    if all((home / folder).is_dir() for folder in FOLDERS[:2]):
        return _of_rows(home, clauses, told)
    if isinstance(gate := told.get("gate"), dict):
        return _of_gate(path, gate)
    return _of_counts(path, told, clauses)


def _summary(path: Path) -> dict[str, Any]:
    try:
        told: Any = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError:
        raise InputError(
            f"there is no baseline {path}: name the directory of an earlier run, or its"
            " summary.json; the first run makes one, with -o DIR"
        ) from None
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(f"{path} cannot be read as a summary.json: {error}") from error
    if not isinstance(told, dict) or not isinstance(told.get("stages"), dict):
        raise InputError(f"{path} is no summary.json of a run: it has no 'stages'")
    return told


def rows_of(directory: Path, folders: Sequence[str] = FOLDERS) -> Iterator[Sample]:
    """The rows of a run's directory. Raises `InputError` for a damaged file."""
    try:
        for folder in folders:
            yield from read_rows(directory / folder)
    except (pa.ArrowException, OSError, msgspec.ValidationError) as error:
        what = str(error).partition("\n")[0]
        raise InputError(f"{directory} has a file that cannot be read: {what}") from error


def _of_rows(directory: Path, clauses: Sequence[Clause], told: Mapping[str, Any]) -> Baseline:
    """Judged anew, by the policy of today. Marks of unread rows are in the summary of a gate."""
    lost = (told.get("gate") or {}).get("unread", {})
    rows = marked(rows_of(directory), {})
    known = (
        (lost.get(sample.id, mark) if unread(sample) else mark, sample) for mark, sample in rows
    )
    return _baseline(str(directory), judge(clauses, known))


def _baseline(where: str, judged: Judged) -> Baseline:
    known = {
        tally.clause.name: Before(tally.blamed, tally.of, Counter(one.key for one in tally.broken))
        for tally in judged.tallies
    }
    return Baseline(where, known, judged.sketch, judged.rows)


def plain(judged: Judged) -> dict[str, Any]:
    """What summary.json keeps of a gate, so that it can be a baseline by itself."""
    return {
        "rows": judged.rows, "sketch": judged.sketch, "unread": judged.unread,
        "clauses": {
            tally.clause.name: {
                "blamed": tally.blamed, "of": tally.of,
                "keys": dict(Counter(one.key for one in tally.broken)),
            }
            for tally in judged.tallies
        },
    }  # fmt: skip


def _of_gate(path: Path, gate: Mapping[str, Any]) -> Baseline:
    try:
        known = msgspec.convert(gate["clauses"], dict[str, Before])
        sketch = msgspec.convert(gate["sketch"], list[str])
    except (KeyError, msgspec.ValidationError) as error:
        raise InputError(f"{path}: its 'gate' is not as a gate writes it: {error}") from error
    return Baseline(str(path), known, sketch, int(gate.get("rows", 0)))


def _of_counts(path: Path, told: Mapping[str, Any], clauses: Sequence[Clause]) -> Baseline:
    """The summary of a check: numbers without rows."""
    gone = {
        (stage, reason): int(count)
        for stage, counts in told["stages"].items()
        for reason, count in (counts.get("rejected") or {}).items()
    }
    of = int(told.get("accepted", 0)) + sum(gone.values())
    known: dict[str, Before] = {}
    for clause in clauses:
        if (blamed := _blamed(clause.name, gone, told)) is not None:
            known[clause.name] = Before(blamed, of)
    return Baseline(str(path), known, rows=of)


def _blamed(
    name: str, gone: Mapping[tuple[str, str], int], told: Mapping[str, Any]
) -> int | None:  # fmt: skip
    """How many rows a clause blames, as far as the counts of a summary show it."""
    kind, _, what = name.partition(".")
    if kind == "level":
        names: Sequence[str] = LEVELS
        reached = names[names.index(what) :]
        good = sum(int(told.get("levels", {}).get(level, 0)) for level in reached)
        return int(told.get("accepted", 0)) + sum(gone.values()) - good
    if kind not in ("unreadable", "failed", "duplicates", "contamination", "reject"):
        return None
    return sum(
        count
        for (stage, reason), count in gone.items()
        if what == reason or _is(kind, (stage, reason))
    )


def _is(kind: str, left: tuple[str, str]) -> bool:
    """Is this what a clause is about: a stage, and the reason for which rows left there?"""
    stage, reason = left
    repeated, contaminated = reason in REPEATED, reason in CONTAMINATED
    return {
        "unreadable": stage == "read", "duplicates": repeated, "contamination": contaminated,
        "failed": stage != "read" and not repeated and not contaminated,
    }.get(kind, False)  # fmt: skip
