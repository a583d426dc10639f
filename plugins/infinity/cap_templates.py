"""No more than a few rows of one seed or one template."""

import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from backfeed.plugin import ConfigError, Result, Table
from backfeed.plugins.infinity._extra import named
from backfeed.plugins.infinity._marks import rejected
from backfeed.plugins.infinity._templates import masked, opening
from backfeed.plugins.infinity._texts import spoken

SORTS = ("seed", "template", "opening")
"""What rows have in common, in the order in which it is looked at; each is a reason."""

Marks = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class CapTemplates:
    """Keep at most `most` rows of one seed, and of one template (Infinity-Instruct, source filter).

    Rows are of one seed if the first of the columns `seeds` that they have says the same; of one
    template if their questions are, but for numbers, names, quoted texts and code; or if the first
    `words` words of their templates are, small words apart (unless `openings` is false). Which of
    them stay is drawn by a hash of the row's id and the run's seed, not by order.

    in:  8 rows "Tom has 3 apples ...", "Ann has 12 apples ...", ...; most = 5
    out: 5 of them; 3 rejected by cap_templates, reason template
    """

    most: int = 5
    words: int = 12
    openings: bool = True
    seeds: tuple[str, ...] = (
        "seed_id", "seed", "original_question", "template_id", "template", "template_idx",
    )  # fmt: skip
    version = 1

    def __post_init__(self) -> None:
        """Refuse caps that keep nothing."""
        if self.most < 1:
            raise ConfigError(f"cap_templates.most = {self.most}: give 1 or more")
        if self.words < 3:
            raise ConfigError(f"cap_templates.words = {self.words}: give 3 or more")

    def whole(self, table: Table) -> Result:
        """Two passes, some 50 bytes of memory for each row."""
        marks, draws = self._marks(table), _draws(table)
        reasons, sizes = np.full(len(table), len(SORTS)), np.zeros(len(table), np.int64)
        for number in range(len(SORTS)):
            stays = np.flatnonzero((reasons == len(SORTS)) & (marks[number] != 0))
            place, size = _ranked(marks[number][stays], draws[stays])
            lost = stays[place >= self.most]
            reasons[lost], sizes[lost] = number, size[place >= self.most]
        counts = np.bincount(reasons, minlength=len(SORTS) + 1)
        metrics = {f"capped_{name}": float(counts[n]) for n, name in enumerate(SORTS)}
        return Result(self._told(table, reasons, sizes), metrics=metrics)

    def _marks(self, table: Table) -> Sequence[Marks]:
        """For each sort, a hash of what each row has of it; 0 where it has none."""
        found = [array("Q") for _ in SORTS]
        for batch in table.batches(["messages", "code", "origin", "extra"]):
            for row in self._texts(batch):
                for number, text in enumerate(row):
                    found[number].append(_hash(text) if text else 0)
        return [np.frombuffer(one, np.uint64) for one in found]

    def _texts(self, batch: pa.RecordBatch) -> Iterator[tuple[str, str, str]]:
        """The seed, the template and the opening of each row; empty where it has none."""
        sources = pc.struct_field(batch["origin"], "source").to_pylist()
        asked, _ = spoken(batch)
        for source, extra, text in zip(sources, batch["extra"].to_pylist(), asked, strict=True):
            seed = _seed(extra, self.seeds)
            template = masked(text)
            begins = opening(template, self.words) if self.openings else ""
            yield f"{source}\0{seed}" if seed else "", template, begins

    def _told(
        self, table: Table, reasons: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]
    ) -> Iterator[pa.RecordBatch]:
        start = 0
        for batch in table.batches():
            rows = slice(start, start + batch.num_rows)
            start = rows.stop
            texts = list(self._texts(batch)) if (reasons[rows] < len(SORTS)).any() else []
            why = [
                None
                if number == len(SORTS)
                else (SORTS[number], self._detail(texts[n][number], size))
                for n, (number, size) in enumerate(zip(reasons[rows], sizes[rows], strict=True))
            ]
            yield rejected(batch, "cap_templates", why)

    def _detail(self, text: str, size: int) -> str:
        return f"{size:,} rows, {self.most} stay: {text.rpartition(chr(0))[2][:80]!r}"


def _hash(text: str, seed: int = 0) -> int:
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"), seed)


def _seed(extra: str, columns: Sequence[str]) -> str:
    try:
        found = json.loads(extra) if extra else {}
    except ValueError:
        return ""
    return named(found, columns) if isinstance(found, dict) else ""


def _draws(table: Table) -> Marks:
    """A number for each row that its id and the run's seed determine."""
    ids = (one for batch in table.batches(["id"]) for one in batch["id"].to_pylist())
    seed = table.seed & (2**64 - 1)
    return np.fromiter((_hash(one, seed) for one in ids), np.uint64)


def _ranked(marks: Marks, draws: Marks) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The place of each row among those of its mark, in the order of draws; and how many those are.

    Equal draws keep the order of rows.
    """
    order = np.lexsort((draws, marks))
    sorted_marks = marks[order]
    first = np.r_[True, sorted_marks[1:] != sorted_marks[:-1]] if len(order) else np.zeros(0, bool)
    starts = np.flatnonzero(first)
    group = np.cumsum(first) - 1
    places, sizes = np.empty(len(order), np.int64), np.empty(len(order), np.int64)
    places[order] = np.arange(len(order)) - starts[group] if len(order) else 0
    sizes[order] = np.diff(np.r_[starts, len(order)])[group] if len(order) else 0
    return places, sizes


PLUGIN = CapTemplates
