"""What an example of a rejected row is laid beside: what it repeats, what it was taken from."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from backfeed.engine.boundary import storing
from backfeed.engine.records import Sample
from backfeed.engine.report import _columns
from backfeed.engine.store import from_row

MOST_TASKS = 64 << 20
MOST_LINES = 20
_TASK = re.compile(r"(?P<task>.+) of (?P<file>.+) by \w+", re.DOTALL)
_STREAMS = ("compile_output", "stderr", "stdout", "detail")


@dataclass(frozen=True, slots=True)
class Beside:
    """A heading, texts with their labels, and lines of the row's code that something is said of.

    Of each of these the number, what is said, and the line as it stands there.
    """

    title: str
    texts: tuple[tuple[str, str], ...] = ()
    lines: tuple[tuple[int, str, str], ...] = ()


@dataclass(slots=True)
class _Wanted:
    """Ids of rows to find, and who wants them."""

    originals: dict[str, list[str]] = field(default_factory=dict)
    tasks: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)


def beside(directory: Path, examples: Iterable[Sample]) -> dict[str, Beside]:
    """What stands beside each of these rejected rows, by its id; nothing for some."""
    wanted, found = _Wanted(), {}
    for row in examples:
        gone = row.rejected
        if gone is None:
            continue
        if gone.stage == "deduplicate":
            first = gone.detail.rpartition(" ")[2]
            wanted.originals.setdefault(first, []).append(row.id)
        elif gone.reason == "contaminated" and (task := _TASK.match(gone.detail)):
            wanted.tasks.setdefault((task["task"], task["file"]), []).append(row.id)
        elif failure := _failure(row):
            found[row.id] = failure
            wanted.runs[row.id] = gone.stage
    found |= dict(_originals(directory, wanted.originals))
    found |= dict(_tasks(directory, wanted.tasks))
    for mark, seen in _seen(directory, wanted.runs):
        old = found[mark]
        found[mark] = Beside(old.title, (*old.texts, *seen), old.lines)
    return found


def _failure(row: Sample) -> Beside | None:
    """Why an answer failed: the findings of its failed checks."""
    failed = [check for check in row.checks if check.verdict == "failed"]
    findings = [one for check in failed for one in check.findings]
    if not failed:
        return None
    code = ["", *row.code.split("\n")]
    said = dict.fromkeys((one.line, f"{one.rule}: {one.message}") for one in findings if one.line)
    lines = [(at, text, code[at] if at < len(code) else "") for at, text in said]
    tools = ", ".join(f"{check.name} {check.tool}".strip() for check in failed)
    return Beside(f"What {tools} found", lines=tuple(lines[:MOST_LINES]))


def _originals(
    directory: Path, wanted: Mapping[str, list[str]]
) -> Iterator[tuple[str, Beside]]:  # fmt: skip
    ids = pa.array(list(wanted), pa.string())
    for folder in ("corpus", "rejected") if wanted else ():
        for batch in _columns.batches(directory / folder):
            for plain in batch.filter(pc.is_in(batch["id"], ids)).to_pylist():
                row = from_row(plain)
                place = f", line {row.place.line:,} of {row.place.file}" if row.place.line else ""
                texts = (("question", row.instruction), ("answer", row.response or row.code))
                for mark in wanted[row.id]:
                    yield mark, Beside(f"The row that came first: {row.id}{place}", texts)


def _tasks(
    directory: Path, wanted: Mapping[tuple[str, str], list[str]]
) -> Iterator[tuple[str, Beside]]:
    """Tasks of benchmarks, from what the run kept of them; nothing if that is gone."""
    folder = directory / ".work" / "sources" / "benchmarks"
    for path in sorted(folder.glob("*.jsonl")) if wanted else ():
        if path.stat().st_size > MOST_TASKS:
            continue
        with storing(f"reading {path}"), path.open("rb") as file:
            for line in file:
                task = msgspec.json.decode(line, type=dict[str, Any])
                for mark in wanted.get((task["name"], task["file"]), ()):
                    texts = tuple((name, str(task.get(name, ""))) for name in ("prompt", "code"))
                    yield mark, Beside(f"{task['name']} of {task['file']}", texts)


def _seen(
    directory: Path, wanted: Mapping[str, str]
) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:  # fmt: skip
    """What the program said that failed: the last that is in evidence of the row."""
    ids, told = pa.array(list(wanted), pa.string()), dict[str, tuple[tuple[str, str], ...]]()
    for batch in _columns.batches(directory / "evidence") if wanted else ():
        for row in batch.filter(pc.is_in(batch["id"], ids)).to_pylist():
            data = msgspec.json.decode(row["data"], type=dict[str, Any])
            outcome = data.get("outcome") or {}
            said = tuple((name, str(outcome[name])) for name in _STREAMS if outcome.get(name))
            told[row["id"]] = ((f"{row['check']} came to", str(data.get("verdict", ""))), *said)
    yield from told.items()
