"""ATTRIBUTION.md: every source of the corpus with its version, licence, files and lines used."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from backfeed.engine.files import write_whole
from backfeed.engine.report import _columns
from backfeed.engine.report._words import code, plural

Lines = tuple[int, int]

HEAD = """\
# Attribution

{what}

Each row of the corpus names its source, file, lines and licence in the column `origin`; a row that
was composed of others names these in `lineage`. Lines are those of the units that were cut; what a
unit needs to run alone, such as imports and helpers, is of the same file. Licence texts and the
notices of the authors stand in the sources, at the versions named here: who passes rows on passes
them on, too.
"""


@dataclass(slots=True)
class File:
    """One file of a source: its licences, the digests of its bytes, and the lines used."""

    licences: set[str] = field(default_factory=set)
    marks: set[str] = field(default_factory=set)
    lines: set[Lines] = field(default_factory=set)


@dataclass(slots=True)
class Source:
    """One source, with its files."""

    repos: set[str] = field(default_factory=set)
    commits: set[str] = field(default_factory=set)
    files: dict[str, File] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    origin: dict[str, Any]
    parents: Sequence[str]

    @property
    def is_composed(self) -> bool:
        return len(self.parents) > 1


def write(directory: Path) -> None:
    """Write ATTRIBUTION.md; the same rows give the same bytes."""
    write_whole(directory / "ATTRIBUTION.md", text(sources(directory)))


def sources(directory: Path) -> dict[str, Source]:
    """The sources of the accepted rows; of composed ones, those of their parts.

    A composed row whose parts are not in the directory stands for itself.
    """
    found: dict[str, Source] = {}
    todo: set[str] = set()
    known: set[str] = set()
    for row in _rows(directory / "corpus"):
        todo |= _take(found, row)
    tried: set[str] = set()
    while todo:
        tried |= todo
        parts = [
            row for folder in ("corpus", "rejected") for row in _rows(directory / folder, todo)
        ]
        known |= {row.id for row in parts}
        todo = set[str]().union(*(_take(found, row) for row in parts)) - tried
    for row in _rows(directory / "corpus"):
        if not known.issuperset(row.parents[1:] and row.parents):
            _add(found, row)
    return found


def _rows(folder: Path, ids: set[str] | None = None) -> Iterator[_Row]:
    for batch in _columns.batches(folder, ["id", "origin", "lineage"]):
        parents = pc.struct_field(batch["lineage"], "parents").to_pylist()
        columns = (batch["id"].to_pylist(), batch["origin"].to_pylist(), parents)
        for name, origin, made_of in zip(*columns, strict=True):
            if ids is None or name in ids:
                yield _Row(name, origin, made_of)


def _take(found: dict[str, Source], row: _Row) -> set[str]:
    """Add a row's source; of a composed row, say whose sources are needed instead."""
    if row.is_composed:
        return set(row.parents)
    _add(found, row)
    return set()


def _add(found: dict[str, Source], row: _Row) -> None:
    origin = row.origin
    if not (origin["source"] or origin["repo"] or origin["path"]):
        return
    source = found.setdefault(origin["source"] or origin["repo"], Source())
    file = source.files.setdefault(origin["path"], File())
    source.repos.add(origin["repo"])
    source.commits.add(origin["commit"])
    file.licences.add(origin["licence"])
    file.marks.add(origin["sha256"])
    if origin["first_line"]:
        file.lines.add((origin["first_line"], origin["last_line"]))


def text(found: dict[str, Source]) -> str:
    """The page, sorted by source and file."""
    count = sum(len(source.files) for source in found.values())
    what = (
        f"The corpus was made from {plural(count, 'file')} of {plural(len(found), 'source')}."
        if found
        else "The rows of the corpus name no source: nothing is known of where they came from."
    )
    parts = [HEAD.format(what=what), *(_section(name, found[name]) for name in sorted(found))]
    return "\n".join(parts)


def _section(name: str, source: Source) -> str:
    licences = {licence for file in source.files.values() for licence in file.licences}
    facts = (
        ("repository", source.repos), ("version or commit", source.commits), ("licence", licences),
    )  # fmt: skip
    listed = [
        f"- {title}: {', '.join(code(value) for value in sorted(values - {''}))}"
        for title, values in facts
        if values - {""}
    ]
    if "" in licences:
        listed.append("- licence of some files: not known")
    rows = [
        f"| {code(path)} | {_all(file.licences)} | {ranges(file.lines)} | {_all(file.marks, 12)} |"
        for path, file in sorted(source.files.items())
    ]
    table = ["| file | licence | lines | SHA-256 |", "|---|---|---|---|", *rows]
    return "\n".join([f"## {code(name)}", "", *listed, "", *table, ""])


def _all(values: set[str], length: int | None = None) -> str:
    return ", ".join(code(value[:length]) for value in sorted(values - {""})) or "not known"


def ranges(lines: set[Lines]) -> str:
    """Lines as people write them; ranges that touch are one.

    >>> ranges({(5, 9), (1, 3), (10, 12), (20, 20)})
    '1-3, 5-12, 20'
    """
    joined: list[Lines] = []
    for first, last in sorted(lines):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return ", ".join(f"{a}-{b}" if b > a else f"{a}" for a, b in joined) or "all"
