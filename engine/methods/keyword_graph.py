"""The keyword graph: typed nodes, weighted edges with provenance (NetworkX).

A node is named `kind:phrase` and has `count` (how often it was seen), `languages` (comma-joined;
`*` where a vocabulary of no language lists it), `sources` (`problems`, and the names of vocabulary
files), `uses` (sets drawn with it), `tried` and `passed` (those of them that were verified, and
that survived). An edge has `weight` (how often both stand together), `sources` (up to five ids of
samples that show it, the smallest) and `files` (vocabulary files that do).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backfeed.engine.methods._graph_attributes import (
    ANY,
    KINDS,
    MOST_SOURCES,
    PROBLEMS,
    first_sources,
    fresh_node,
    joined,
    node_name,
    parts,
    plain,
)
from backfeed.engine.methods._graph_files import FORMS, read
from backfeed.engine.methods._graph_pairs import PairCounter
from backfeed.engine.records import Keywords, Sample

if TYPE_CHECKING:
    import networkx as nx

    Graph = nx.Graph[str]

__all__ = [
    "ANY", "FORMS", "KINDS", "MOST_SOURCES", "PROBLEMS", "Term", "add_samples", "add_vocabulary",
    "from_path", "load", "node_name", "nodes_of", "relatedness", "to_bytes",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """A phrase of a vocabulary. Without languages it belongs to all of them."""

    kind: str
    phrase: str
    languages: tuple[str, ...] = ()


def nodes_of(keywords: Keywords) -> Iterator[tuple[str, str]]:
    """Node names with their kinds: `kind:phrase`, so that one phrase may be of two kinds."""
    for kind in KINDS:
        for phrase in getattr(keywords, kind):
            yield node_name(kind, phrase), kind


def add_samples(graph: "Graph", samples: Iterable[Sample]) -> "Graph":
    """Count the samples' keywords and their pairs into a graph, with up to five samples a pair.

    A hundred thousand samples of ten phrases take seconds: pairs are counted as numbers first.
    """
    seen = _Seen()
    for sample in samples:
        seen.add(sample)
    for number, name in enumerate(seen.names):
        data = _count_node(graph, name, seen.counts[number])
        _list(data, languages=seen.languages[number], sources={PROBLEMS})
    names = seen.names
    for one, two, count, ids in seen.pairs.result():
        _count_edge(graph, (names[one], names[two]), count, sources=ids)
    return graph


class _Seen:
    """The nodes of samples as numbers, and their pairs."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.names: list[str] = []
        self.counts: list[int] = []
        self.languages: list[set[str]] = []
        self.pairs = PairCounter(MOST_SOURCES)

    def add(self, sample: Sample) -> None:
        mine = sorted({self._number(name) for name, _ in nodes_of(sample.keywords)})
        for number in mine:
            self.counts[number] += 1
            self.languages[number].add(sample.language)
        self.pairs.add(plain(sample.id), mine)

    def _number(self, name: str) -> int:
        number = self.numbers.setdefault(name, len(self.names))
        if number == len(self.names):
            self.names.append(name)
            self.counts.append(0)
            self.languages.append(set())
        return number


def add_vocabulary(
    graph: "Graph", file: str, terms: Iterable[Term], *, pairs: Iterable[tuple[str, str]] = ()
) -> "Graph":
    """Count the terms of a vocabulary file into a graph, and pairs of their nodes' names.

    A pair is of terms that stand under one heading, or of a heading and what stands under it; one
    of what is no node is left out. What the graph has from this file already is left alone, so that
    a file may be added again.
    """
    file = plain(file)
    for term in terms:
        name, languages = node_name(term.kind, term.phrase), set(term.languages) or {ANY}
        if name not in graph or file not in parts(graph.nodes[name]["sources"]):
            _list(_count_node(graph, name, 1), languages=languages, sources={file})
    for pair in pairs:
        if pair[0] == pair[1] or not set(pair) <= graph.nodes.keys():
            continue
        if not graph.has_edge(*pair) or file not in parts(graph.edges[pair]["files"]):
            _count_edge(graph, pair, 1, files=(file,))
    return graph


def _count_node(graph: "Graph", name: str, count: int) -> dict[str, Any]:
    if name not in graph:
        graph.add_node(name, **fresh_node(name))
    data: dict[str, Any] = graph.nodes[name]
    data["count"] += count
    return data


def _list(data: dict[str, Any], **more: set[str]) -> None:
    """Join sets of texts to those that an attribute names."""
    for key, texts in more.items():
        data[key] = joined(parts(data[key]) | texts)


def _count_edge(
    graph: "Graph",
    pair: tuple[str, str],
    count: int,
    *,
    sources: Iterable[str] = (),
    files: Iterable[str] = (),
) -> None:
    if not graph.has_edge(*pair):
        graph.add_edge(*pair, weight=count, sources=",".join(sources), files=joined(files))
        return
    data = graph.edges[pair]
    data["weight"] += count
    data["sources"] = first_sources(data["sources"], ",".join(sources))
    _list(data, files=set(files))


def to_bytes(graph: "Graph", form: str = "graphml") -> bytes:
    """A graph as bytes, the same for equal graphs: `graphml`, or `parquet` for size."""
    return FORMS[form](graph)


def load(path: Path) -> "Graph":
    """A graph that was saved, in either form. Raises `InputError` if the file holds none."""
    return read(path)


@lru_cache(maxsize=1)
def from_path(path: Path) -> "Graph":
    """A graph that was saved; the last one is kept, as artefacts never change. Not to be changed.

    Raises `InputError`.
    """
    return load(path)


def relatedness(graph: "Graph", one: Keywords, two: Keywords) -> float:
    """How strongly a graph relates two sets of knowledge and task phrases.

    Shared nodes count 1, pairs that stand together elsewhere their weight's share of the counts of
    both nodes.
    """
    mine = {name for name, kind in nodes_of(one) if kind != "instruction" and name in graph}
    theirs = {name for name, kind in nodes_of(two) if kind != "instruction" and name in graph}
    total = float(len(mine & theirs))
    for first in sorted(mine - theirs):
        for second in sorted(theirs - mine):
            if graph.has_edge(first, second):
                least = min(graph.nodes[first]["count"], graph.nodes[second]["count"])
                total += graph.edges[first, second]["weight"] / (least + 1)
    return total
