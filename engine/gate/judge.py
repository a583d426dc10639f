"""Rows against clauses: which row breaks which, and how many of how many."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from backfeed.engine.gate.clauses import Blame, Clause
from backfeed.engine.gate.policy import REPEATED
from backfeed.engine.records import Place, Sample

SKETCH = 256
"""So many marks are kept of a data set, to tell whether another holds the same rows."""
NAMES = 10_000
"""So many rows are kept by name."""

Marked = tuple[str, Sample]
"""A row, and what it is known by."""


@dataclass(frozen=True, slots=True)
class Broken:
    """What is wrong with one row, and where it stands. `code` is what `blame` counts lines in."""

    clause: str
    blame: Blame
    mark: str
    name: str
    place: Place
    code: str = ""

    @property
    def key(self) -> str:
        """The row and the rule: by these it is known again in another run."""
        return f"{self.mark}/{self.blame.rule}"

    @property
    def order(self) -> tuple[str, int, str, str]:
        """Sorts by file, line, name and rule."""
        return (self.place.file, self.place.line, self.name, self.blame.rule)


@dataclass(slots=True)
class Tally:
    """One clause, counted: `of` rows that it is about, `blamed` among them."""

    clause: Clause
    of: int = 0
    blamed: int = 0
    broken: list[Broken] = field(default_factory=list)

    @property
    def found(self) -> float:
        """The number that is compared with the bound."""
        return self.clause.found(self.blamed, self.of)

    @property
    def kept(self) -> bool:
        """Does the clause hold?"""
        return self.clause.kept(self.blamed, self.of)

    def add(self, mark: str, sample: Sample) -> None:
        """Count one row."""
        if not self.clause.counts(sample):
            return
        self.of += 1
        blames = self.clause.blame(sample)
        self.blamed += bool(blames)
        for blame in blames:
            code = sample.code if blame.line and len(sample.files) < 2 else ""
            name = sample.source_id or sample.id
            self.broken.append(Broken(self.clause.name, blame, mark, name, sample.place, code))


@dataclass(slots=True)
class Judged:
    """What was counted: all rows, each clause, and what tells this data set from others.

    `names` has the first `NAMES` rows; `unread` the marks of rows that could not be used, by their
    ids.
    """

    rows: int = 0
    tallies: list[Tally] = field(default_factory=list)
    files: Counter[str] = field(default_factory=Counter)
    names: list[tuple[Place, str]] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    low: set[str] = field(default_factory=set)

    @property
    def sketch(self) -> list[str]:
        """The lowest marks of all: a sample of the rows by what they say."""
        return sorted(self.low)[:SKETCH]

    def known(self, mark: str) -> None:
        """Remember a mark, if it is among the lowest."""
        self.low.add(mark)
        if len(self.low) > 4 * SKETCH:
            self.low = set(self.sketch)


def judge(
    clauses: Sequence[Clause], rows: Iterable[Marked], firsts: Collection[str] = ()
) -> Judged:  # fmt: skip
    """Count every row under every clause. The broken ones are in the order of the data.

    `firsts` are the ids of rows that others repeat: those are told by where the first one stands.
    """
    judged = Judged(tallies=[Tally(clause) for clause in clauses])
    named: dict[str, str] = {}
    for mark, sample in rows:
        if sample.id in firsts:
            named[sample.id] = f"{sample.place.file}:{sample.place.line}"
        judged.rows += 1
        judged.files[sample.place.file] += 1
        if len(judged.names) < NAMES:
            judged.names.append((sample.place, sample.source_id or sample.id))
        judged.known(mark)
        if sample.rejected is not None and sample.rejected.stage == "read":
            judged.unread[sample.id] = mark
        for tally in judged.tallies:
            tally.add(mark, sample)
    for tally in judged.tallies:
        told = (_told(one, named) for one in tally.broken)
        tally.broken = sorted(told, key=lambda one: one.order)
    return judged


def repeated(samples: Iterable[Sample]) -> set[str]:
    """The ids of the rows that these repeat."""
    gone = (sample.rejected for sample in samples if sample.rejected is not None)
    return {why.detail.rpartition(" ")[2] for why in gone if why.reason in REPEATED}


def _told(one: Broken, named: Mapping[str, str]) -> Broken:
    first = one.blame.message.rpartition(" ")[2]
    if one.blame.rule not in REPEATED or first not in named:
        return one
    return replace(one, blame=replace(one.blame, message=f"it repeats {named[first]}"))


def only_new(rows: Iterable[Marked], before: Counter[str]) -> Iterator[Marked]:
    """The rows that were not there before; of three copies of a row that was there once, two."""
    left = before.copy()
    for mark, sample in rows:
        if left[mark]:
            left[mark] -= 1
        else:
            yield mark, sample
