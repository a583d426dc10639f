"""The index of benchmarks' tasks: made once from the artefact, kept in the user's cache, read by
every process that looks rows up.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from backfeed.engine.files import user_cache, write_whole
from backfeed.engine.identity import digest, sha256_of
from backfeed.engine.methods import contamination as texts
from backfeed.engine.methods._entry_tests import Given, given
from backfeed.engine.methods._python_tree import undressed
from backfeed.engine.methods.benchmarks import Task
from backfeed.engine.methods.contamination import Hashes, Shared, shared
from backfeed.engine.methods.fingerprints import fingerprints
from backfeed.engine.trees import tree_tokens

VERSION = 4
"""Raised when indexes are made in another way."""

SHORT = 3
LEAST_WORDS, LEAST_SOLUTION, MOST_WORDS = 5, 12, 1000
PROSE = ("prompt", "docstring", "description")
_DAMAGED = (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile, msgspec.DecodeError)
_PROBE = """
from math import gcd

class Pair:
    def __init__(self, one: int, two=2.5):
        self.one, self.two = one, [x ** two for x in range(one) if x % 3]

def reduced(pair, *more, key=lambda item: item[0]):
    \"\"\"It.\"\"\"
    while pair.one > gcd(len(pair.two), 1) and more:
        try:
            pair.one -= sorted(more, key=key)[-1]["n"]
        except (KeyError, TypeError) as error:
            raise ValueError(f"no {error}") from None
    return {"pair": pair, **dict(more)}
"""
_TABLES = ("long", "short", "prints", "topic")


@dataclass(frozen=True, slots=True)
class Part:
    """A text of a task that rows may hold: `task` is its number, `kind` what it is of the task."""

    task: int
    kind: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """Tasks, and tables of what they hold.

    By part: runs of `size` words (`long`) and of three (`short`), and for parts that are shorter
    the hash of all their words (`phrases`, by their number; `begun` are those of their first
    `LEAST_WORDS`, sorted). By task: fingerprints of the solution
    (`prints`), and the words that tell what it is about (`topic`). `prose` are the numbers of the
    parts that are no code, `owners` their tasks; `signatures` lead to tasks.
    """

    size: int
    tasks: Sequence[Task]
    parts: Sequence[Part]
    given: Sequence[Given | None]
    long: Shared
    short: Shared
    prints: Shared
    topic: Shared
    phrases: Mapping[int, Mapping[int, Sequence[int]]]
    begun: Hashes
    prose: npt.NDArray[np.int64]
    owners: npt.NDArray[np.int64]
    signatures: Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class _Plain:
    """What is kept beside the tables."""

    tasks: Sequence[Task]
    parts: Sequence[Part]
    given: Sequence[Given | None]


@lru_cache(maxsize=4)
def index_of(path: Path, size: int) -> Index:
    """The index of an artefact of tasks. One that cannot be read is made anew."""
    file = ready(path, size)
    try:
        return _read(file, size)
    except _DAMAGED:
        _make(path, size, file)
        return _read(file, size)


@lru_cache(maxsize=4)
def ready(path: Path, size: int) -> Path:
    """The file that keeps an artefact's index, under the digest of its bytes; made if absent.

    Of 100,000 tasks that takes minutes: more than a worker process has for an answer.
    """
    name = f"{sha256_of(path)[:32]}-{size}-{_version()}.npz"
    file = user_cache("contamination") / name
    if not file.is_file():
        _make(path, size, file)
    return file


def _make(path: Path, size: int, file: Path) -> None:
    lines = path.read_bytes().splitlines()
    write_whole(
        file, _packed(index([msgspec.json.decode(line, type=Task) for line in lines], size))
    )


@cache
def _version() -> str:
    """What an index must agree with: how words and code are read, told by a piece of code."""
    return f"{VERSION}.{texts.VERSION}.{digest(prints_of(_PROBE, 'python').tolist(), size=6)}"


def index(tasks: Sequence[Task], size: int) -> Index:
    """The index of tasks, with runs of `size` words."""
    parts = [part for number, task in enumerate(tasks) for part in _parts(number, task)]
    hashes = [texts.hashes_of(part.words) for part in parts]
    plain = _Plain(tasks, parts, [given(task) for task in tasks])
    tables = (
        shared(texts.runs(one, size) for one in hashes),
        shared(texts.runs(one, SHORT) for one in hashes),
        shared(prints_of(task.code, task.language) for task in tasks),
        shared(topic_of(f"{task.prompt}\n{task.entry_point}") for task in tasks),
    )
    return _whole(plain, size, tables)


def _whole(plain: _Plain, size: int, tables: tuple[Shared, Shared, Shared, Shared]) -> Index:
    """An index, with what is quickly told from its tasks and parts."""
    prose = [number for number, part in enumerate(plain.parts) if part.kind in PROSE]
    owners = [plain.parts[number].task for number in prose]
    signatures: dict[str, list[int]] = {}
    for number, one in enumerate(plain.given):
        if one is not None and one.signature:
            signatures.setdefault(one.signature, []).append(number)
    return Index(
        size, plain.tasks, plain.parts, plain.given, *tables, _phrases(plain.parts, size),
        _begun(plain.parts, size), np.array(prose, np.int64), np.array(owners, np.int64),
        signatures,
    )  # fmt: skip


def _parts(number: int, task: Task) -> Iterator[Part]:
    """What a task says, each text once, and its solution and tests where they are long enough."""
    seen: set[tuple[str, ...]] = set()
    for kind in ("prompt", "docstring", "description", "code", "tests"):
        found = tuple(texts.words(getattr(task, kind))[:MOST_WORDS])
        least = LEAST_SOLUTION if kind in ("code", "tests") else LEAST_WORDS
        if len(found) >= least and found not in seen:
            seen.add(found)
            yield Part(number, kind, found)


def _phrases(parts: Sequence[Part], size: int) -> dict[int, dict[int, list[int]]]:
    """Parts of less than `size` words: by how many those are, and by their hash."""
    found: dict[int, dict[int, list[int]]] = {}
    for number, part in enumerate(parts):
        if (count := len(part.words)) < size:
            [whole] = texts.runs(texts.hashes_of(part.words), count).tolist()
            found.setdefault(count, {}).setdefault(whole, []).append(number)
    return found


def _begun(parts: Sequence[Part], size: int) -> Hashes:
    """The hashes of how parts of less than `size` words begin: most rows hold none of them."""
    short = (part.words[:LEAST_WORDS] for part in parts if len(part.words) < size)
    first = [texts.runs(texts.hashes_of(words), LEAST_WORDS) for words in short]
    return np.unique(np.concatenate([*first, np.empty(0, np.uint64)]))


def prints_of(code: str, language: str) -> Hashes:
    """The fingerprints of code, as hashes; of Python without what it says of types."""
    plain = undressed(code) if language == "python" else code
    return fingerprints(tree_tokens(plain, language)).astype(np.uint64)


def topic_of(text: str) -> Hashes:
    """The stems of a text's words, each once."""
    return texts.hashes_of(sorted({texts.stem(word) for word in texts.words(text)}))


def _packed(made: Index) -> bytes:
    plain = _Plain(made.tasks, made.parts, made.given)
    arrays = {
        f"{name}_{item.name}": getattr(getattr(made, name), item.name)
        for name in _TABLES
        for item in fields(Shared)
    }
    out = io.BytesIO()
    told = np.frombuffer(msgspec.json.encode(plain), np.uint8)
    np.savez(out, allow_pickle=False, plain=told, **arrays)
    return out.getvalue()


def _read(file: Path, size: int) -> Index:
    with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as arrays:
        plain = msgspec.json.decode(arrays["plain"].tobytes(), type=_Plain)
        long, short, prints, topic = (_table(arrays, name) for name in _TABLES)
        return _whole(plain, size, (long, short, prints, topic))


def _table(arrays: Mapping[str, npt.NDArray[np.generic]], name: str) -> Shared:
    return Shared(*(arrays[f"{name}_{item.name}"] for item in fields(Shared)))  # type: ignore[arg-type]
