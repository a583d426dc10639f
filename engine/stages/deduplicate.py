"""Rows that say the same: the first one stays."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from backfeed.engine import trees
from backfeed.engine.methods.fingerprints import APART, fingerprints
from backfeed.engine.methods.minhash import Hashes, shingles
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Asks, Compute, Embed, Result, over
from backfeed.engine.stages._alike import Flags, Numbers, Sets, first_alike
from backfeed.engine.stages._similar import Nearest, first_similar

COLUMNS = ("messages", "code")
REASONS = ("duplicate", "near-duplicate", "same-structure", "similar")
PARTS = ("instruction", "row")
LONGEST = 1 << 20
"""Code of more characters is not compared by its structure."""

Texts = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Deduplicate:
    """Reject what has been said before, with the id of the row that said it first.

    Two rows are equal if their questions are, but for case and white space, and their answers (the
    code; the last message where there is none), but for empty lines and white space at line ends.
    With `near`, rows are duplicates also if that share of their five-token shingles is the same.
    With `trees`, so are those of whose code that share is built alike, whatever its names, texts,
    numbers and comments are and in what order its functions stand, and whatever was asked: of code
    of `least_tokens` tokens or more, as there are few ways to build less.

    With `similar`, so are rows whose embeddings have that cosine or more (0: none are asked for):
    those of the instruction, or of the whole `row`. Each is compared with all that stay. As no
    stand-in knows what words mean, the embedder has to be named.

    in:  "Add 1." -> f(x); "add  1." -> f(x); "Add 2." -> g(x)
    out: the first and the third; the second is rejected as `duplicate` of the first
    """

    near: float | None = None
    trees: float | None = None
    least_tokens: int = 20
    similar: float = 0.0
    similar_of: str = "instruction"
    version = 1
    incremental = True

    def __post_init__(self) -> None:
        """Refuse what would find too little."""
        for name, share in (("near", self.near), ("trees", self.trees)):
            if share is not None and not 0.7 <= share <= 1:
                raise ValueError(f"{name} = {share}: give a share from 0.7 to 1, such as 0.8")
        if self.least_tokens < 1:
            raise ValueError(f"least_tokens = {self.least_tokens}: give a number, such as 20")
        if self.similar and not 0.5 <= self.similar <= 1:
            raise ValueError(f"similar = {self.similar}: give 0.5 to 1, such as 0.95, or 0 for off")
        if self.similar_of not in PARTS:
            raise ValueError(f"similar_of = {self.similar_of!r}: give {' or '.join(PARTS)}")

    @property
    def asks(self) -> tuple[str, ...]:
        """Who reads syntax trees, and who knows what texts mean."""
        read = ("compute",) if self.trees is not None else ()
        return (*read, *self.named)

    @property
    def named(self) -> tuple[str, ...]:
        """Nothing stands in for an embedder."""
        return ("embedder",) if self.similar else ()

    def whole(self, table: Any) -> Asks[Result]:
        """Two passes over Arrow batches, and two more each with `near` and `trees`.

        Some 60 bytes of memory per row, with `near` or `trees` 200, and more for rows that may be
        like others; vectors lie on disk. Rows of earlier waves are looked through again, those of
        this one judged.
        """
        rows = _Both(table)
        first = _first_equal(rows)
        near = alike = first
        if self.near is not None:
            near = alike = first_alike(partial(_shingled, rows), first, self.near)
        if self.trees is not None:
            built = yield from self._built(rows, near)
            alike = first_alike(built, near, self.trees)
        said, lacking = Nearest(alike, np.zeros(len(alike))), 0
        if self.similar:
            said, lacking = yield from self._said(rows, alike)
        reasons = _reasons([first, near, alike, said.first])
        counts = np.bincount(reasons[len(table.before) :], minlength=len(REASONS) + 1)
        metrics = {"duplicates": float(counts[0]), "near_duplicates": float(counts[1])}
        if self.trees is not None:
            metrics["same_structure"] = float(counts[2])
        if self.similar:
            metrics |= {"similar": float(counts[3]), "not_embedded": float(lacking)}
        return Result(_marked(table, said, reasons), metrics=metrics)

    def _built(self, rows: "_Both", first: Numbers) -> Asks[Sets]:
        """The fingerprints of the code of rows that are like none before them."""
        numbers = array("q")
        codes = _codes(rows, first, numbers)
        answers: Iterable[Any] = yield from over(
            codes, lambda row: Compute(structure, (row.code, row.language, self.least_tokens))
        )
        return partial(_printed, numbers, answers)

    def _said(self, rows: "_Both", first: Numbers) -> Asks[tuple[Nearest, int]]:
        """What rows that are like none before them are near to; how many have no embedding."""
        numbers = array("q")
        texts = _asked(rows, first, numbers, whole=self.similar_of == "row")
        answers: Iterable[Any] = yield from over(texts, _vector)
        lacking = sum(not isinstance(answer, bytes) for answer in answers)
        found = first_similar(partial(_vectors, numbers, answers), first, self.similar)
        return found, lacking


def structure(code: str, language: str, least: int) -> bytes:
    """The fingerprints of code of so many tokens or more (32 bits each); none of other code."""
    tokens = trees.tree_tokens(code, language)
    if sum(token != APART for token in tokens) < least:
        return b""
    return fingerprints(tokens).tobytes()


class _Both:
    """The rows of earlier waves and those of this one, as one table."""

    def __init__(self, table: Any) -> None:
        self._tables = (table.before, table)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        for table in self._tables:
            yield from table.batches(columns)


def _first_equal(table: Any) -> Numbers:
    """For each row, the number of the first that is equal to it."""
    hashes = bytearray()
    for batch in table.batches(COLUMNS):
        for question, answer in _texts(batch):
            text = f"{_plain(question)}\0{_lines(answer)}"
            hashes += xxhash.xxh3_128_digest(text.encode())
    rows = np.frombuffer(hashes, "S16")
    _, first, which = np.unique(rows, return_index=True, return_inverse=True)
    found: Numbers = first[which]
    return found


def _shingled(table: "_Both", wanted: Flags) -> Iterator[tuple[int, Hashes]]:
    """The shingles of the texts of rows."""
    texts = (text for batch in table.batches(COLUMNS) for text in _texts(batch))
    for number, (question, answer) in enumerate(texts):
        if wanted[number]:
            yield number, shingles(f"{question}\n{answer}")


def _codes(table: "_Both", first: Numbers, numbers: "array[int]") -> Iterator[Sample]:
    """Code of rows that are the first of their kind, if it has a grammar; `numbers` tells whose."""
    number = -1
    for batch in table.batches(("code", "language")):
        for code, language in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            number += 1
            told = code and len(code) <= LONGEST and trees.known(language)
            if told and first[number] == number:
                numbers.append(number)
                yield Sample(id=str(number), code=code, language=language)


def _printed(
    numbers: Iterable[int], answers: Iterable[Any], wanted: Flags
) -> Iterator[tuple[int, Hashes]]:
    """The fingerprints of rows; what could not be read in a worker has none."""
    for number, answer in zip(numbers, answers, strict=True):
        if wanted[number] and isinstance(answer, bytes):
            yield number, np.frombuffer(answer, np.uint32)


def _asked(
    table: "_Both", first: Numbers, numbers: "array[int]", *, whole: bool
) -> Iterator[Sample]:
    """Texts of rows that are the first of their kind, if they say anything."""
    texts = (text for batch in table.batches(COLUMNS) for text in _texts(batch))
    for number, (question, answer) in enumerate(texts):
        text = f"{question}\n\n{answer}" if whole else question
        if first[number] == number and text.strip():
            numbers.append(number)
            yield Sample(id=str(number), messages=(Message("user", text),))


def _vector(row: Sample) -> Asks[bytes]:
    """The embedding, packed."""
    found: list[float] = yield from Embed(row.instruction)
    return np.array(found, np.float32).tobytes()


def _vectors(numbers: Iterable[int], answers: Iterable[Any]) -> Iterator[tuple[int, bytes]]:
    """The vectors of rows; a text that was refused has none."""
    for number, answer in zip(numbers, answers, strict=True):
        if isinstance(answer, bytes):
            yield number, answer


def _reasons(found: Sequence[Numbers]) -> npt.NDArray[np.intp]:
    """For each row the number of the first search that found it like another; past all if none."""
    own = np.arange(len(found[0]))
    reasons = np.full(len(own), len(REASONS))
    for number, first in reversed([*enumerate(found)]):
        reasons[first != own] = number
    return reasons


def _texts(batch: pa.RecordBatch) -> Texts:
    """The first message of the user, and the code or the last message of the assistant."""
    messages, count = batch["messages"], batch.num_rows
    rows = pc.list_parent_indices(messages).to_numpy()
    roles = pc.struct_field(messages.flatten(), "role")
    contents = pc.struct_field(messages.flatten(), "content").to_pylist()
    asked, said = ([""] * count for _ in range(2))
    for index in pc.indices_nonzero(pc.equal(roles, "user")).to_pylist()[::-1]:
        asked[rows[index]] = contents[index]
    for index in pc.indices_nonzero(pc.equal(roles, "assistant")).to_pylist():
        said[rows[index]] = contents[index]
    codes = batch["code"].to_pylist()
    return zip(asked, (code or text for code, text in zip(codes, said, strict=True)), strict=True)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _lines(text: str) -> str:
    return "\n".join(line for raw in text.splitlines() if (line := raw.rstrip()))


def _marked(table: Any, said: Nearest, reasons: npt.NDArray[np.intp]) -> Iterator[pa.RecordBatch]:
    """The rows of this wave again, in order, those rejected that are not the first."""
    ids, names = _ids(_Both(table)), pa.array([*REASONS, ""])
    start = len(table.before)
    for batch in table.batches():
        rows = slice(start, start + batch.num_rows)
        start += batch.num_rows
        stays = reasons[rows] == len(REASONS)
        place = batch.schema.get_field_index("rejected")
        kind = batch.schema.field(place).type
        parts = [
            pa.array(["deduplicate"] * batch.num_rows), names.take(pa.array(reasons[rows])),
            pc.binary_join_element_wise(_scores(said.scores[rows]), ids.take(said.first[rows]), ""),
        ]  # fmt: skip
        rejected = pa.StructArray.from_arrays(parts, fields=list(kind), mask=pa.array(stays))
        yield batch.set_column(place, batch.schema.field(place), rejected)


def _scores(scores: npt.NDArray[np.float64]) -> pa.Array:
    """How near a row is to another, in words that stand before its name; nothing for most."""
    return pa.array([f"cosine {one:.3f} to " if one else "" for one in scores.tolist()])


def _ids(table: Any) -> pa.Array:
    chunks = [batch["id"] for batch in table.batches(["id"])]
    return pa.chunked_array(chunks, pa.string()).combine_chunks()


PLUGIN = Deduplicate
