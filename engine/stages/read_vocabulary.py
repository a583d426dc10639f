"""Outside vocabulary -> keyword graph: tutorials, documentation, trees of tags."""

import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path, PurePosixPath

import networkx as nx

from backfeed.engine.contracts import Table
from backfeed.engine.errors import ConfigError, InputError
from backfeed.engine.grammar import dialect_named, grammars, language_named
from backfeed.engine.methods import outlines
from backfeed.engine.methods.keyword_graph import Term, add_vocabulary, load, node_name, to_bytes
from backfeed.engine.methods.outlines import Outline
from backfeed.engine.methods.phrases import form
from backfeed.engine.requests import Asks, Read, Result
from backfeed.engine.stages._vocabulary import folder, words

KIND = "knowledge"
STARTER, TOPICS, OURS = "starter", "topics", ("words", "signs")
_SPEAKERS = {"javascript": ("typescript",), "c": ("cpp",)}
MOST_BYTES = 64 << 20
_BY_SUFFIX = {
    ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html", ".toml": "toml",
    ".json": "json",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadVocabulary:
    """Terms of a vocabulary join the keyword graph as knowledge points (Infinite-Instruct B1).

    The file (artefact `vocabulary`) is a tutorial's outline or documentation in Markdown or HTML, a
    tree of tags in TOML, JSON or indented text (its second level are the terms, its first level
    their classes, told in the artefact `classes`), or a zip of such. Each file of a zip is of the
    language that its path names (`mysql/functions.md` is SQL), else of `language`, else of all.
    Pairs are what stands under one heading, and heading and term; a term that the graph has in
    another number or spelling is that node. With `starter`, our own
    vocabulary of the rows' languages and of computer science comes first. How much the paper takes
    of each source is unknown; the terms are counted by language, as `terms_LANGUAGE`.

    in:  rows in Python; a file "# Loops" with the items "for loop" and "while loop"
    out: the same rows; a graph in which "loops", "for loop" and "while loop" hang together
    """

    language: str = ""
    form: str = ""
    source: str = "vocabulary"
    starter: bool = True
    version = 1
    reads = ("vocabulary", "graph")
    optional = ("vocabulary",)
    writes = ("graph", "classes")
    incremental = True

    def __post_init__(self) -> None:
        if self.form and self.form not in outlines.FORMS:
            known = ", ".join(outlines.FORMS)
            raise ConfigError(f"read_vocabulary.form = {self.form!r}: there are {known}")

    def whole(self, table: Table) -> Asks[Result]:
        """Start from the graph that is there, or from none; rows pass through."""
        given, before = (yield from Read("vocabulary")), (yield from Read("graph"))
        graph = nx.Graph() if before is None else load(before)
        spoken = {
            value
            for batch in chain(table.before.batches(["language"]), table.batches(["language"]))
            for value in batch["language"].unique().to_pylist()
        }
        names = _Names(graph)
        classes: dict[str, str] = {}
        counts: Counter[str] = Counter()
        for name, outline, language in self._outlines(given, spoken):
            languages = _languages(language)
            add_vocabulary(
                graph, name, [Term(KIND, term, languages) for term in names.of(outline.terms)],
                pairs=names.pairs(outline),
            )  # fmt: skip
            classes |= {names.name(term): coarse for term, coarse in outline.classes.items()}
            for label in {*languages, dialect_named(language)} - {""} or {"any"}:
                counts[f"terms_{label}"] += len(outline.terms)
        metrics = {"graph_nodes": graph.number_of_nodes(), **counts}
        told = json.dumps(classes, ensure_ascii=False, sort_keys=True).encode()
        return Result(table, {"graph": to_bytes(graph), "classes": told}, metrics)

    def _outlines(self, given: Path | None, spoken: set[str]) -> Iterator[tuple[str, Outline, str]]:
        """Names of files, what is in them, and the language of each."""
        if self.starter:
            for name, text in _starter(spoken):
                outline = outlines.read(text, "toml")
                yield f"{STARTER}/{name}", outline, outline.language
        if given is None:
            return
        for path, text in _texts(given, self.source):
            form = self.form or _BY_SUFFIX.get(PurePosixPath(path).suffix.lower(), "")
            try:
                outline = outlines.read(text, form)
            except ValueError as error:
                raise InputError(f"the vocabulary {path} cannot be read: {error}") from error
            yield path, outline, outline.language or _language_in(path) or self.language


class _Names:
    """One name for terms that differ in number, hyphens or spelling: that of the graph, if any."""

    def __init__(self, graph: "nx.Graph[str]") -> None:
        self._known: dict[str, str] = {}
        counts = {name: int(data["count"]) for name, data in graph.nodes(data=True)}
        for name in sorted(counts, key=lambda name: (-counts[name], name)):
            kind, _, phrase = name.partition(":")
            if kind == KIND:
                self.name(phrase)

    def name(self, term: str) -> str:
        """The name of a term: itself, if it is the first of its form."""
        return self._known.setdefault(form(term, words(), short=False), term)

    def of(self, terms: Iterable[str]) -> Iterable[str]:
        """The names of terms, each once."""
        return dict.fromkeys(map(self.name, terms))

    def pairs(self, outline: Outline) -> list[tuple[str, str]]:
        """The nodes that belong together."""
        named = ((self.name(one), self.name(two)) for one, two in outline.pairs)
        ends = (sorted((node_name(KIND, one), node_name(KIND, two))) for one, two in named)
        return [(one, two) for one, two in dict.fromkeys(map(tuple, ends)) if one != two]


def _languages(language: str) -> tuple[str, ...]:
    """The languages of what is listed for one: those that speak it, too."""
    name = language_named(language) if language else ""
    return (name, *_SPEAKERS.get(name, ())) if name else ()


def _starter(spoken: set[str]) -> Iterator[tuple[str, str]]:
    """The shipped lists of these languages, and that of topics; in the order of their names."""
    asked = {one for one, more in _SPEAKERS.items() if spoken & set(more)}
    wanted = {TOPICS, *asked, *spoken} - set(OURS)
    for file in sorted(folder().iterdir(), key=lambda one: one.name):
        stem, _, suffix = file.name.partition(".")
        if suffix == "toml" and stem in wanted:
            yield stem, file.read_text(encoding="utf-8")


def _language_in(path: str) -> str:
    """The language or dialect that a part of a path names, the last one first; empty for none."""
    known = _language_names()
    parts = [PurePosixPath(path).stem, *reversed(PurePosixPath(path).parent.parts)]
    for part in parts:
        for word in (part.lower(), *part.lower().replace("_", "-").split("-")):
            if word in known:
                return word
    return ""


@cache
def _language_names() -> frozenset[str]:
    """Names of languages and dialects that a file may be called by."""
    return frozenset(
        word
        for name, grammar in grammars().items()
        for word in (name, *grammar.aliases, *grammar.dialects)
        if len(word) > 1
    )


def _texts(given: Path, source: str) -> Iterator[tuple[str, str]]:
    """The texts of a file, or of the files of a zip, in the order of their names."""
    if not zipfile.is_zipfile(given):
        yield source, _text(given.read_bytes(), source)
        return
    with zipfile.ZipFile(given) as archive:
        members = sorted((m for m in archive.infolist() if not m.is_dir()), key=_named)
        if (size := sum(member.file_size for member in members)) > MOST_BYTES:
            raise InputError(
                f"the vocabulary unpacks to {size:,} bytes: give {MOST_BYTES:,} at most"
            )
        for member in members:
            yield member.filename, _text(archive.read(member), member.filename)


def _named(member: zipfile.ZipInfo) -> str:
    return member.filename


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"the vocabulary {name} is no text in UTF-8: {error}") from error


PLUGIN = ReadVocabulary
