"""What a run's directory says of itself, read once: what the card and the page are made from."""

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
from backfeed.engine.report.beside import Beside, beside
from backfeed.engine.report.mutants import Mutants, counted, messages, told
from backfeed.engine.report.releases import Drops, drops
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


@dataclass(slots=True)
class Left:
    """Rows that left for one reason, at one stage, and some of them."""

    stage: str
    reason: str
    count: int = 0
    examples: list[Sample] = field(default_factory=list)


@dataclass(slots=True)
class Facts:
    """Counts of a run. `counts` are over the corpus, by the names of `COUNTED`.

    `killed` has for each share of mutants killed (in tenths, ten for all) the number of rows,
    `unproven` says why rows are not proven; `mutants` by language are those of rejected rows, too,
    and `drops` by branch and language what verification dropped. `beside` is what an example of a
    rejected row of a check is laid beside, by its id.
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
    drops: dict[str, dict[str, Drops]] = field(default_factory=dict)
    beside: dict[str, Beside] = field(default_factory=dict)

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


@dataclass(frozen=True, slots=True)
class Counted:
    """What summary.json says of a run that is counted over all of its rows."""

    mutants: dict[str, Mutants]
    drops: dict[str, dict[str, Drops]]

    @classmethod
    def of(cls, directory: Path) -> "Counted":
        """Count it. Raises `StoreFault`."""
        return cls(counted(directory), drops(directory))

    def plain(self) -> dict[str, Any]:
        """As it stands in summary.json."""
        return {
            "mutants": {language: one.plain() for language, one in self.mutants.items()},
            "drops": {
                name: {language: one.plain() for language, one in languages.items()}
                for name, languages in self.drops.items()
            },
        }


def gather(directory: Path, known: Counted | None = None) -> Facts:
    """Read a directory; what is `known` of it is not counted again.

    Raises `StoreFault` for what cannot be read; what is absent is empty.
    """
    recipe, summary = read_recipe(directory / "recipe.toml"), read_json(directory / "summary.json")
    found = Facts(directory, recipe, summary)
    found.rows = {name: _columns.rows(directory / name) for name in FOLDERS}
    found.counts = {name: Counter() for name in COUNTED.values()}
    _corpus(found)
    for folder in ("rejected", "unfinished"):
        found.left[folder] = _left(directory / folder)
    known = known or Counted.of(directory)
    found.mutants, found.drops = known.mutants, known.drops
    found.used = used(directory / "evidence")
    if summary.get("checked"):
        examples = [row for why in found.left["rejected"] for row in why.examples]
        found.beside = beside(directory, examples)
    return found


def read_recipe(path: Path) -> Mapping[str, Any]:
    """The recipe that a run has left; empty if there is none."""
    return read_toml(path) if path.is_file() else {}


def read_json(path: Path) -> Mapping[str, Any]:
    """The object in a file; empty if there is none. Raises `StoreFault`."""
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
    for _, rule, message, count in messages(batch):
        _count_proof(found, rule, message, count=count)


def _count_proof(found: Facts, rule: str, message: str, *, count: int) -> None:
    those = told(message)
    if those is not None and those.operator:
        return
    if those is not None and those.usable:
        found.killed[those.killed * 10 // those.usable] += count
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
