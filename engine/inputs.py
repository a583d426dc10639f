"""What a recipe's inputs are given: files of rows, addresses of code, plain files; all pinned."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from backfeed.engine import registry
from backfeed.engine.errors import InputError
from backfeed.engine.files import write_whole
from backfeed.engine.identity import digest
from backfeed.engine.methods.benchmarks import Task, tasks_of
from backfeed.engine.readers._rows import Reading, numbered, samples
from backfeed.engine.readers._text import Numbered, Unreadable, reading
from backfeed.engine.recipe import Input, Recipe
from backfeed.engine.records import Sample
from backfeed.engine.sources import _open as sources

LOOK = 1000
_WORDS = {
    "seeds": "addresses of code", "rows": "a file of rows", "file": "a file",
    "benchmarks": "files of a benchmark's tasks",
}  # fmt: skip

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller wants read: addresses by input, and how.

    `cache` is where sources keep what they fetch; `columns` maps what a row says to the column that
    says it; `before` is what an earlier run of the same directory had made of its inputs; `tell`
    hears what the columns of a file were taken for.
    """

    addresses: Mapping[str, Sequence[str]]
    cache: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, Plain] = field(default_factory=dict)
    tell: Callable[[str], None] = lambda _line: None


@dataclass(frozen=True, slots=True)
class RowFile:
    """A file of rows: where it lies, what reads it, and each row, with its line, as a sample.

    A row that makes several samples stands beside each of them, as the same object.
    """

    path: Path
    reader: str
    pairs: Callable[[], Iterator[tuple[Numbered, Sample]]]


@dataclass(frozen=True, slots=True)
class Given:
    """The inputs, opened: `plain` goes to recipe.toml, `samples` makes the input rows anew.

    `tables` are the files of rows among them, in order.
    """

    plain: Mapping[str, Plain]
    key: str
    samples: Callable[[], Iterator[Sample]]
    files: Mapping[str, Path]
    tables: Sequence[RowFile] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """One file or address: pinned, what its samples depend on, and the samples if it has any.

    `file` is what stages read of the input, if it is no rows; `table` are the rows, if it is some.
    """

    pinned: Plain
    key: Sequence[str] = ()
    samples: Callable[[], Iterator[Sample]] | None = None
    file: Path | None = None
    table: RowFile | None = None


def open_inputs(recipe: Recipe, wanted: Wanted) -> Given:
    """Pin every input. Raises `InputError` for one that is absent, empty or unknown."""
    plain: dict[str, Plain] = {}
    parts: list[_Part] = []
    files: dict[str, Path] = {}
    for name, kind in recipe.inputs.items():
        asked = list(wanted.addresses.get(name, ()))
        if not asked:
            if kind.required:
                raise InputError(f"the input {name!r} is needed: {_what(kind)}")
            continue
        found = _OPEN[kind.kind](name, asked, wanted)
        told = [_without_password(address) for address in asked]
        plain[name] = {"asked": told, "pinned": [part.pinned for part in found]}
        parts += found
        files.update((name, part.file) for part in found if part.file)
    key = digest([part.key for part in parts], wanted.columns)
    tables = [part.table for part in parts if part.table]
    return Given(plain, key, lambda: _all(parts), files, tables)


def _what(kind: Input) -> str:
    return kind.help or _WORDS[kind.kind]


def _all(parts: Sequence[_Part]) -> Iterator[Sample]:
    """The samples of all inputs, in order. Raises `InputError` if there is none at all."""
    count = 0
    for part in parts:
        for sample in part.samples() if part.samples else ():
            count += 1
            yield sample
    if not count:
        named = ", ".join(str(part.pinned["address"]) for part in parts)
        raise InputError(f"there is no row in {named or 'the inputs'}: name a file that has some")


def _without_password(address: str) -> str:
    """An address as it may stand in recipe.toml: what stands before an @ in a URL is not shown."""
    return re.sub(r"(://)[^/@\s]+@", r"\1", address)


def _file(name: str, asked: Sequence[str], _wanted: Wanted) -> list[_Part]:
    if len(asked) > 1:
        raise InputError(f"the input {name!r} takes one file, not {len(asked)}: {', '.join(asked)}")
    path = Path(asked[0])
    return [_Part({"address": asked[0], "sha256": _mark(path)}, file=path)]


def _benchmarks(_name: str, asked: Sequence[str], wanted: Wanted) -> list[_Part]:
    """The tasks of all files together, as one file of JSON lines."""
    found = [(one[0], one[1]) for address in asked for one in _row_files(address)]
    pins = [{"address": str(path), "sha256": _mark(path)} for path, _ in found]
    lines = [
        msgspec.json.encode(task) + b"\n" for path, name in found for task in _tasks(path, name)
    ]
    place = wanted.cache / "benchmarks" / f"{digest(pins)}.jsonl"
    write_whole(place, b"".join(lines))
    return [_Part(pin, file=place) for pin in pins]


def _tasks(path: Path, name: str) -> list[Task]:
    """The tasks of one file. Raises `InputError` for a row that cannot be read, or if none is."""
    rows = list(registry.load("readers", reader_for(path)).read(path))
    for row in rows:
        if isinstance(row, Unreadable):
            raise InputError(f"{path}: {row.detail}; a benchmark has to be whole")
    if tasks := list(tasks_of(rows, name)):
        return tasks
    columns = ", ".join(rows[0]) if rows else "none"
    raise InputError(
        f"{path} holds no task of a benchmark: its columns are {columns}; a task has a prompt (or"
        " text, question, ...), a solution, or both"
    )


def _seeds(name: str, asked: Sequence[str], wanted: Wanted) -> list[_Part]:
    """In a directory that knows them, the same addresses mean the same versions as before."""
    before = wanted.before.get(name, {})
    known = dict(zip(before.get("asked", ()), before.get("pinned", ()), strict=False))
    told = {address: _without_password(address) for address in asked}
    pins = {address: known[text] for address, text in told.items() if text in known}
    return [_seed(pinned) for pinned in sources.resolve_all(asked, wanted.cache, pins)]


def _seed(pinned: Any) -> _Part:
    plain = {"address": pinned.address, **sources.pin_of(pinned)}
    key = (pinned.address, pinned.version, pinned.sha256)
    return _Part(plain, key, lambda: sources.read(pinned))


def _rows(_name: str, asked: Sequence[str], wanted: Wanted) -> list[_Part]:
    return [
        _rows_file(path, Reading(name, _told(path, address), wanted.columns, wanted.tell))
        for address in asked
        for path, name in _row_files(address)
    ]


def _told(path: Path, address: str) -> str:
    """A file as the caller gave it; of a folder, the path inside joined to it."""
    given = Path(address)
    return address if path == given else f"{address.rstrip('/')}/{path.relative_to(given)}"


def _rows_file(path: Path, how: Reading) -> _Part:
    name = reader_for(path)
    reader = registry.load("readers", name)

    def read(how: Reading) -> Iterator[Sample]:
        yield from samples(numbered(reader, path), how)

    mark, quiet = _mark(path), replace(how, tell=lambda _line: None)
    _look(read(how), path)
    table = RowFile(path, name, lambda: _paired(numbered(reader, path), quiet))
    pinned, key = {"address": str(path), "sha256": mark}, (how.name, how.file, mark)
    return _Part(pinned, key, lambda: read(quiet), table=table)


def _paired(rows: Iterable[Numbered], how: Reading) -> Iterator[tuple[Numbered, Sample]]:
    """Each sample behind the row that it was made of: samples are made one row at a time."""
    last: list[Numbered] = []

    def seen() -> Iterator[Numbered]:
        for row in rows:
            last[:] = [row]
            yield row

    for sample in samples(seen(), how):
        yield last[0], sample


def _look(rows: Iterator[Sample], path: Path) -> None:
    """A bad file is told before anything is written: look as far as the first row of use."""
    count = 0
    for sample in islice(rows, LOOK):
        count += 1
        if sample.rejected is None:
            return
    if not count:
        raise InputError(f"{path} is empty: there is no row in it")


def _row_files(address: str) -> Iterator[tuple[Path, str]]:
    """A file; or all files of rows in a folder; of a run's directory, its corpus."""
    path = Path(address)
    if not path.is_dir():
        yield path, path.name
        return
    root = path / "corpus" if (path / "recipe.toml").is_file() else path
    known = _suffixes()
    found = [p for p in sorted(root.rglob("*")) if p.name.endswith(known) and _is_plain(p, root)]
    if not found:
        listed = ", ".join(sorted(known))
        raise InputError(f"{root} is a folder without a file of rows; such files end in {listed}")
    for file in found:
        yield file, file.relative_to(root).as_posix()


def _is_plain(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return path.is_file() and not hidden and path.name != "dataset_info.json"


def _suffixes() -> tuple[str, ...]:
    readers = (registry.load("readers", name) for name in registry.names("readers"))
    return tuple(suffix for reader in readers for suffix in reader.suffixes)


def reader_for(path: Path) -> str:
    """The name of the reader for a file. Raises `InputError` if its suffix is nobody's."""
    direct = path.suffix[1:]
    for name in sorted(registry.names("readers"), key=lambda name: name != direct):
        if path.name.lower().endswith(registry.load("readers", name).suffixes):
            return name
    if not path.exists():
        raise InputError(f"there is no file {path}")
    listed = ", ".join(sorted(_suffixes()))
    raise InputError(f"{path}: nothing reads {path.suffix!r}; files of rows end in {listed}")


def _mark(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    if not path.exists():
        raise InputError(f"there is no file {path}")
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_OPEN: Mapping[str, Callable[[str, Sequence[str], Wanted], list[_Part]]] = {
    "seeds": _seeds,
    "rows": _rows,
    "file": _file,
    "benchmarks": _benchmarks,
}
