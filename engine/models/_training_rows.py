"""The rows of a training: conversations from Parquet or JSON Lines, as tokens in one Arrow file.

Of an answer every token is learnt, with what ends the turn; of all else, none. A row that is longer
than a sequence is cut at its end.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import jinja2
import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import compute

from backfeed.engine.boundary import storing
from backfeed.engine.errors import ConfigError, InputError
from backfeed.engine.files import write_via, write_whole
from backfeed.engine.identity import canonical

Messages = Sequence[tuple[str, str]]
Encoded = tuple[list[int], list[tuple[int, int]]]
"""Token ids, and the parts of them that are learnt."""
PER_BATCH = 1000
_SCHEMA = pa.schema(
    [("id", pa.string()), ("ids", pa.list_(pa.int32())), ("learnt", pa.list_(pa.int32()))]
)


class _Message(msgspec.Struct):
    role: str
    content: str


class _Row(msgspec.Struct):
    messages: list[_Message]
    id: str | int | None = None


def conversations(paths: Iterable[str]) -> Iterator[tuple[str, Messages]]:
    """The id (or the number, from 1) and the messages of each row.

    Rows of a run that were rejected are none. Raises `InputError` with the row that is no
    conversation.
    """
    number = 0
    for path in map(Path, paths):
        rows = _parquet(path) if path.suffix == ".parquet" else _json_lines(path)
        for line, row in enumerate(rows, 1):
            number += 1
            if isinstance(row, dict) and row.get("rejected") is not None:
                continue
            try:
                found = msgspec.convert(row, _Row)
            except msgspec.ValidationError as error:
                raise InputError(
                    f"{path}, row {line}: no conversation to train on: {error}"
                ) from error
            name = str(number) if found.id is None else str(found.id)
            yield name, [(one.role, one.content) for one in found.messages]


def _parquet(path: Path) -> Iterator[Any]:
    try:
        with pq.ParquetFile(path) as file:
            wanted = [n for n in ("id", "messages", "rejected") if n in file.schema_arrow.names]
            for batch in file.iter_batches(PER_BATCH, columns=wanted, use_threads=False):
                yield from batch.to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read as Parquet: {error}") from error


def _json_lines(path: Path) -> Iterator[Any]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    try:
                        yield msgspec.json.decode(line)
                    except (msgspec.DecodeError, UnicodeDecodeError) as error:
                        raise InputError(f"{path}, line {number} is no JSON: {error}") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def digest_of(paths: Iterable[str]) -> str:
    """A digest of all that is learnt from the files: ids, roles and texts, in order."""
    found = hashlib.blake2b(digest_size=16)
    for row in conversations(paths):
        found.update(canonical(row) + b"\n")
    return found.hexdigest()


@dataclass(frozen=True, slots=True)
class Encoder:
    """Turns conversations into tokens: by the tokenizer's chat template, or plainly.

    `how` is `auto` (its template, if it has one), `chat` or `plain`.
    """

    tokenizer: Any
    how: str = "auto"

    def __post_init__(self) -> None:
        if self.how == "chat" and not self.tokenizer.chat_template:
            raise ConfigError(
                'template = "chat": the tokenizer has no chat template; write "plain"'
            )
        if not self._is_chat and self.tokenizer.eos_token_id is None:
            raise ConfigError("the tokenizer has no token that ends a text: it needs eos_token")

    @property
    def _is_chat(self) -> bool:
        return self.how != "plain" and bool(self.tokenizer.chat_template)

    def encode(self, messages: Messages) -> Encoded:
        """The tokens up to the last answer. Raises `jinja2.TemplateError` as templates do."""
        ids: list[int] = []
        learnt: list[tuple[int, int]] = []
        for text, is_said in self._chat(messages) if self._is_chat else self._plain(messages):
            first = len(ids)
            ids += self._tokens(text)
            if is_said:
                ids += [] if self._is_chat else [self.tokenizer.eos_token_id]
                learnt.append((first, len(ids)))
        if not self._is_chat:
            head = self.tokenizer("").input_ids[:1]
            if head and head[0] == self.tokenizer.bos_token_id:
                return [*head, *ids], [(a + 1, b + 1) for a, b in learnt]
        return ids, learnt

    def _tokens(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False).input_ids)

    def _plain(self, messages: Messages) -> Iterator[tuple[str, bool]]:
        before = ""
        for role, content in messages:
            before += f"### {role.capitalize()}:\n"
            if role == "assistant":
                yield before, False
                yield content, True
                before = "\n\n"
            else:
                before += f"{content}\n\n"

    def _chat(self, messages: Messages) -> Iterator[tuple[str, bool]]:
        """What the template makes of it, in parts: each turn must only add to what was there."""
        turns = [{"role": role, "content": content} for role, content in messages]
        done = ""
        for place, (role, _) in enumerate(messages):
            if role != "assistant":
                continue
            asked = self._rendered(turns[:place], ask=True)
            said = self._rendered(turns[: place + 1], ask=False)
            if not (asked.startswith(done) and said.startswith(asked)):
                raise ConfigError(
                    "the chat template writes earlier turns differently once there are later ones:"
                    ' answers cannot be told from the rest; set template = "plain"'
                )
            yield asked[len(done) :], False
            yield said[len(asked) :], True
            done = said

    def _rendered(self, turns: list[dict[str, str]], *, ask: bool) -> str:
        return str(
            self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=ask)
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """`cut` rows are shorter than they were; `skipped` ones are left out: why, and their ids."""

    cut: int
    skipped: Mapping[str, int]
    ids: frozenset[str]


class Corpus:
    """Tokenised rows in an Arrow file that is looked at in place; only lengths are in memory."""

    def __init__(self, path: Path) -> None:
        with storing(f"reading {path}"):
            self._table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
            self.tally = msgspec.json.decode(_beside(path).read_bytes(), type=Tally)
        lengths = compute.list_value_length(self._table["ids"])
        self.lengths: npt.NDArray[np.int64] = lengths.to_numpy().astype(np.int64)

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def ids(self) -> list[str]:
        """The ids of all rows."""
        return list(self._table["id"].to_pylist())

    def name(self, row: int) -> str:
        """The id of a row."""
        return str(self._table["id"][row])

    def tokens(self, row: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Its token ids, and which are learnt: never the first, which nothing stands before."""
        ids = self._table["ids"][row].values.to_numpy().astype(np.int64)
        learnt = np.zeros(len(ids), dtype=np.bool_)
        for first, end in self._table["learnt"][row].values.to_numpy().reshape(-1, 2):
            learnt[first:end] = True
        learnt[:1] = False
        return ids, learnt


@dataclass(frozen=True, slots=True)
class Form:
    """How rows become tokens: by whom, and at most how many of a row."""

    encoder: Encoder
    most: int


def corpus(path: Path, rows: Iterable[tuple[str, Messages]], form: Form) -> Corpus:
    """The tokens of rows, from the file if they are there; it appears whole or not at all."""
    if not _beside(path).exists():
        cut, left = Counter[str](), dict[str, str]()
        write_via(path, lambda to: _write(to, _encoded(rows, form, cut, left=left)))
        tally = Tally(cut["cut"], Counter(left.values()), frozenset(left))
        write_whole(_beside(path), msgspec.json.encode(tally))
    return Corpus(path)


def _beside(path: Path) -> Path:
    return path.with_suffix(".json")


def _write(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    with pa.OSFile(str(path), "wb") as out, pa.ipc.new_file(out, _SCHEMA) as file:
        while some := list(islice(rows, PER_BATCH)):
            file.write_batch(pa.RecordBatch.from_pylist(some, schema=_SCHEMA))


def _encoded(
    rows: Iterable[tuple[str, Messages]], form: Form, cut: Counter[str], *, left: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """Rows of the file; those that are cut are counted, those left out are told why."""
    for name, messages in rows:
        row = _row(name, messages, form)
        if isinstance(row, str):
            left[name] = row
        else:
            cut["cut"] += row.pop("cut")
            yield row


def _row(name: str, messages: Messages, form: Form) -> dict[str, Any] | str:
    """A row of the file; or why there is none."""
    if not any(role == "assistant" and content.strip() for role, content in messages):
        return "no-answer"
    try:
        ids, learnt = form.encoder.encode(messages)
    except jinja2.TemplateError:
        return "template"
    most = form.most
    kept = [(first, min(end, most)) for first, end in learnt if max(first, 1) < min(end, most)]
    if not kept:
        return "too-long"
    return {
        "id": name, "ids": ids[:most], "learnt": [n for pair in kept for n in pair],
        "cut": len(ids) > most,
    }  # fmt: skip
