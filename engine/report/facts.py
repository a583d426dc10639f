"""What a run's directory says of itself, read once: what the card and the page are made from."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import heappush, heapreplace
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from backfeed.engine.boundary import storing
from backfeed.engine.config import read_toml
from backfeed.engine.records import Sample
from backfeed.engine.report import _columns
from backfeed.engine.report._evidence import Used, used
from backfeed.engine.store import from_row

SHOWN = 30
EXAMPLES = 3
FOLDERS = ("corpus", "rejected", "unfinished")
COUNTED = {
    "level": "levels", "language": "languages", "question_type": "types", "kind": "kinds",
    "origin.licence": "licences", "origin.source": "sources", "lineage.stage": "stages",
    "lineage.model": "models", "tests.oracle": "oracles", "tests.kind": "tests", "split": "splits",
}  # fmt: skip
"""What is counted over the corpus, by the column it stands in."""
_MUTANTS = re.compile(r"(\d+) of (\d+) usable mutants killed(?: \((\d+) made\))?")


@dataclass(slots=True)
class Left:
    """Rows that left for one reason, at one stage, and some of them."""

    stage: str
    reason: str
    count: int = 0
    examples: list[Sample] = field(default_factory=list)


@dataclass(slots=True)
class Mutants:
    """Mutants of answers in one language. One that ends before the first assertion is not usable.

    Those that survive may be no faults at all: what a mutant does may be what the answer does.
    """

    rows: int = 0
    made: int = 0
    usable: int = 0
    killed: int = 0

    @property
    def survived(self) -> int:
        """How many no test noticed."""
        return self.usable - self.killed

    @property
    def share(self) -> float:
        """The share of the usable ones that was killed."""
        return self.killed / self.usable if self.usable else 0.0

    def add(self, killed: int, usable: int, made: int, *, rows: int) -> None:
        """So many rows of which each had so many mutants."""
        self.rows += rows
        self.made += rows * made
        self.usable += rows * usable
        self.killed += rows * killed


@dataclass(slots=True)
class Facts:
    """Counts of a run. `counts` are over the corpus, by the names of `COUNTED`.

    `killed` has for each share of mutants killed (in tenths, ten for all) the number of rows;
    `mutants` counts them by language, `unproven` says why rows are not proven.
    """

    directory: Path
    recipe: Mapping[str, Any]
    summary: Mapping[str, Any]
    rows: dict[str, int] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    verdicts: dict[str, Counter[str]] = field(default_factory=dict)
    left: dict[str, list[Left]] = field(default_factory=dict)
    killed: list[int] = field(default_factory=lambda: [0] * 11)
    mutants: dict[str, Mutants] = field(default_factory=dict)
    unproven: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)
    used: Used = field(default_factory=Used)

    @property
    def stage_names(self) -> list[str]:
        """The stages in the order of the recipe, reading first, then what the engine did itself."""
        told = self.summary.get("stages", {})
        order = ["read", *step_names(self.recipe.get("step", ()))]
        known = [name for name in order if name in told]
        return known + sorted(name for name in told if name not in order)


def step_names(steps: Any) -> list[str]:
    """The names of a recipe's steps, those of loops included, in order."""
    found: list[str] = []
    for step in steps:
        inner = step.get("step")
        found += step_names(inner) if inner else [str(step.get("name", step.get("use", "")))]
    return found


def gather(directory: Path) -> Facts:
    """Read a directory. Raises `StoreFault` for what cannot be read; what is absent is empty."""
    found = Facts(directory, _toml(directory / "recipe.toml"), _json(directory / "summary.json"))
    found.rows = {name: _columns.rows(directory / name) for name in FOLDERS}
    found.counts = {name: Counter() for name in COUNTED.values()}
    _corpus(found)
    for folder in ("rejected", "unfinished"):
        found.left[folder] = _left(directory / folder)
    found.used = used(directory / "evidence")
    return found


def _toml(path: Path) -> Mapping[str, Any]:
    return read_toml(path) if path.is_file() else {}


def _json(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    with storing(f"reading {path}"):
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])


def _corpus(found: Facts) -> None:
    chosen: list[tuple[int, int, Sample]] = []
    place = 0
    for batch in _columns.batches(found.directory / "corpus"):
        for column, name in COUNTED.items():
            _columns.count(found.counts[name], _columns.picked(batch, column))
        _count_checks(found, batch)
        for index, id_ in enumerate(batch["id"].to_pylist()):
            mark = -xxhash.xxh3_64_intdigest(id_.encode())
            if len(chosen) < SHOWN or mark > chosen[0][0]:
                row = from_row(batch.slice(index, 1).to_pylist()[0])
                push = heappush if len(chosen) < SHOWN else heapreplace
                push(chosen, (mark, -place - index, row))
        place += batch.num_rows
    found.samples = [row for _, _, row in sorted(chosen, key=lambda item: -item[1])]


def _count_checks(found: Facts, batch: pa.RecordBatch) -> None:
    """Verdicts by check; mutants killed, and why rows are not proven."""
    checks = _columns.opened(batch["checks"])
    pairs = pc.binary_join_element_wise(
        pc.struct_field(checks, "name"), pc.struct_field(checks, "verdict"), "\0"
    )
    counted: Counter[str] = Counter()
    _columns.count(counted, pairs)
    for pair, count in counted.items():
        name, _, verdict = pair.partition("\0")
        found.verdicts.setdefault(name, Counter())[verdict] += count
    for language in pc.unique(batch["language"]).to_pylist():
        part = batch.filter(pc.equal(batch["language"], language))
        findings = _columns.picked(part, "checks.findings")
        rules, messages = (pc.struct_field(findings, key) for key in ("rule", "message"))
        told: Counter[str] = Counter()
        wanted = pc.is_in(rules, pa.array(["mutants", "not-proven"]))
        _columns.count(told, pc.binary_join_element_wise(rules, messages, "\0").filter(wanted))
        for words, count in told.items():
            _count_proof(found, language, words, count=count)


def _count_proof(found: Facts, language: str, words: str, *, count: int) -> None:
    rule, _, message = words.partition("\0")
    match = _MUTANTS.match(message)
    killed, usable, made = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    if match:
        mutants = found.mutants.setdefault(language, Mutants())
        mutants.add(killed, usable, max(made, usable), rows=count)
    if usable:
        found.killed[killed * 10 // usable] += count
        message = "too few mutants of the answer fail its tests"
    if rule == "not-proven":
        found.unproven[message] += count


def _left(folder: Path) -> list[Left]:
    """Why rows left, in the order of the first of each reason."""
    found: dict[tuple[str, str], Left] = {}
    for batch in _columns.batches(folder):
        stages = _columns.picked(batch, "rejected.stage").to_pylist()
        reasons = _columns.picked(batch, "rejected.reason").to_pylist()
        for index, (stage, reason) in enumerate(zip(stages, reasons, strict=True)):
            why = found.setdefault((stage, reason), Left(stage or "", reason or ""))
            why.count += 1
            if len(why.examples) < EXAMPLES:
                why.examples.append(from_row(batch.slice(index, 1).to_pylist()[0]))
    return list(found.values())
