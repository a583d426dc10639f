"""What became of mutants of answers, by language and operator, as stage `prove` wrote it down."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from backfeed.engine.languages import ALIKE
from backfeed.engine.report import _columns

_TOLD = re.compile(r"(?:(\S+): )?(\d+) of (\d+) usable mutants killed(?: \((\d+) made\))?")


@dataclass(frozen=True, slots=True)
class Told:
    """What one finding says: of all mutants of a row, or of those by one operator."""

    operator: str
    killed: int
    usable: int
    made: int


@dataclass(slots=True)
class Mutants:
    """Mutants of answers. One that ends before the first assertion is not usable.

    Those that survive may be no faults at all: what a mutant does may be what the answer does.
    """

    rows: int = 0
    made: int = 0
    usable: int = 0
    killed: int = 0
    operators: dict[str, "Mutants"] = field(default_factory=dict)

    @property
    def survived(self) -> int:
        """How many no test noticed."""
        return self.usable - self.killed

    @property
    def share(self) -> float:
        """The share of the usable ones that was killed."""
        return self.killed / self.usable if self.usable else 0.0

    def add(self, told: Told, *, rows: int) -> None:
        """So many rows of which each had so many mutants."""
        self.rows += rows
        self.made += rows * told.made
        self.usable += rows * told.usable
        self.killed += rows * told.killed

    def plain(self) -> dict[str, Any]:
        """As it stands in summary.json."""
        own = {"rows": self.rows, "made": self.made, "unusable": self.made - self.usable,
               "killed": self.killed, "survived": self.survived}  # fmt: skip
        inner = {name: one.plain() for name, one in sorted(self.operators.items())}
        if ALIKE in inner:
            inner[ALIKE] = {"rows": inner[ALIKE]["rows"], "made": inner[ALIKE]["made"]}
        return {**own, "operators": inner} if inner else own


def told(message: str) -> Told | None:
    """What a message says of mutants; None if it does not."""
    match = _TOLD.match(message)
    if match is None:
        return None
    killed, usable, made = (int(part or 0) for part in match.groups()[1:])
    return Told(match[1] or "", killed, usable, max(made, usable))


def messages(batch: pa.RecordBatch) -> Iterator[tuple[str, str, str, int]]:
    """What findings of stage `prove` say: language, rule, message, and of how many rows."""
    rules = pa.array(["mutants", "mutants-by", "not-proven"])
    for language in pc.unique(batch["language"]).to_pylist():
        part = batch.filter(pc.equal(batch["language"], language))
        findings = _columns.picked(part, "checks.findings")
        names, texts = (pc.struct_field(findings, key) for key in ("rule", "message"))
        found: Counter[str] = Counter()
        wanted = pc.binary_join_element_wise(names, texts, "\0").filter(pc.is_in(names, rules))
        _columns.count(found, wanted)
        for words, count in found.items():
            rule, _, message = words.partition("\0")
            yield language, rule, message, count


def counted(directory: Path) -> dict[str, Mutants]:
    """All mutants of a run by language: those of accepted rows and of rejected ones."""
    found: dict[str, Mutants] = {}
    for folder in ("corpus", "rejected"):
        for batch in _columns.batches(directory / folder, ["language", "checks"]):
            for language, _, message, rows in messages(batch):
                if (one := told(message)) is None:
                    continue
                those = found.setdefault(language, Mutants())
                if one.operator:
                    those = those.operators.setdefault(one.operator, Mutants())
                those.add(one, rows=rows)
    return dict(sorted(found.items()))
