"""What a recipe's inputs are given: files of rows, addresses of code, plain files; all pinned."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from backfeed.engine import registry
from backfeed.engine.errors import InputError
from backfeed.engine.files import write_via, write_whole
from backfeed.engine.identity import Ids, digest
from backfeed.engine.methods.benchmarks import Task, tasks_of
from backfeed.engine.readers._find import Readers, files_of, parse_format
from backfeed.engine.readers._open import Looks, RowFile, mark_of
from backfeed.engine.readers._rows import Reading
from backfeed.engine.readers._text import Unreadable
from backfeed.engine.recipe import Input, Recipe
from backfeed.engine.records import Sample
from backfeed.engine.sources import _open as sources
from backfeed.engine.store import write_samples

_WORDS = {
    "seeds": "addresses of code", "rows": "a file of rows", "file": "a file",
    "benchmarks": "files of a benchmark's tasks", "set": "files of rows for stages to read",
}  # fmt: skip

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller wants read: addresses by input, and how.

    `cache` is where sources keep what they fetch; `columns` maps what a row says to the column that
    says it; `format` names the container and the shape of the rows, if they are not to be told
    apart by themselves; `before` is what an earlier run of the same directory had made of its
    inputs; `tell` hears what the columns of a file were taken for.
    """

    addresses: Mapping[str, Sequence[str]]
    cache: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, Plain] = field(default_factory=dict)
    tell: Callable[[str], None] = lambda _line: None
    format: str = ""


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
        plain[name] = {"asked": told, "pinned": [part.pinned for part in found if part.pinned]}
        parts += found
        files.update((name, part.file) for part in found if part.file)
    key = digest([part.key for part in parts], wanted.columns, wanted.format)
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
        named = ", ".join(str(part.pinned["address"]) for part in parts if part.pinned)
        raise InputError(f"there is no row in {named or 'the inputs'}: name a file that has some")


def _without_password(address: str) -> str:
    """An address as it may stand in recipe.toml: what stands before an @ in a URL is not shown."""
    return re.sub(r"(://)[^/@\s]+@", r"\1", address)


def _file(name: str, asked: Sequence[str], _wanted: Wanted) -> list[_Part]:
    if len(asked) > 1:
        raise InputError(f"the input {name!r} takes one file, not {len(asked)}: {', '.join(asked)}")
    path = Path(asked[0])
    return [_Part({"address": asked[0], "sha256": mark_of(path)}, file=path)]


def _benchmarks(_name: str, asked: Sequence[str], wanted: Wanted) -> list[_Part]:
    """The tasks of all files together, as one file of JSON lines."""
    found = [
        (name, one) for name, address in map(_named, asked) for one in files_of(address)
    ]  # fmt: skip
    pins = [
        {"address": f"{name}={one.path}" if name else str(one.path), "sha256": mark_of(one.path)}
        for name, one in found
    ]
    lines = [
        msgspec.json.encode(task) + b"\n"
        for name, one in found
        for task in _tasks(one.path, name or one.name)
    ]
    place = wanted.cache / "benchmarks" / f"{digest(pins)}.jsonl"
    write_whole(place, b"".join(lines))
    return [_Part(pin, file=place) for pin in pins]


def _named(address: str) -> tuple[str, str]:
    """What tasks shall be called by, and their address: of `NAME=FILE` both, else no name."""
    name, equals, rest = address.partition("=")
    if equals and rest and re.fullmatch(r"[\w.-]+", name) and not Path(address).exists():
        return name, rest
    return "", address


def _tasks(path: Path, name: str) -> list[Task]:
    """The tasks of one file. Raises `InputError` for a row that cannot be read, or if none is."""
    rows = list(registry.load("readers", Readers().of(path)).read(path))
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
    """A part for each file; the files of one address are pinned together."""
    container, shape = parse_format(wanted.format)
    readers, looks = Readers(container), Looks(wanted.tell)
    found = [(address, files_of(address, container)) for address in asked]
    among = sum(len(files) for _, files in found) > 1
    parts: list[_Part] = []
    for address, files in found:
        opened = []
        for path, name, told in files:
            how = Reading(name, told, wanted.columns, shape=shape, among=among)
            opened.append(RowFile.of(path, readers.of(path), how))
            looks.at(opened[-1])
        pin = _pin(address, opened)
        parts += [_rows_part(file, pin if n == 0 else {}) for n, file in enumerate(opened)]
    looks.end([file.name for _, files in found for file in files])
    return parts


def _set(name: str, asked: Sequence[str], wanted: Wanted) -> list[_Part]:
    """Rows as one file for stages to read; those that cannot be used are in it, rejected."""
    parts, ids = _rows(name, asked, wanted), Ids()
    mark = digest([part.key for part in parts], wanted.columns, wanted.format)
    place = wanted.cache / "sets" / f"{mark}.parquet"
    if not place.exists():
        write_via(place, lambda to: write_samples(map(ids.name, _all(parts)), to))
    return [_Part(part.pinned, file=place) for part in parts if part.pinned]


def _pin(address: str, files: Sequence[RowFile]) -> Plain:
    if len(files) == 1:
        return {"address": address, "sha256": files[0].mark}
    mark = digest([(file.how.name, file.mark) for file in files])
    return {"address": address, "files": len(files), "sha256": mark}


def _rows_part(file: RowFile, pin: Plain) -> _Part:
    return _Part(pin, (file.how.name, file.how.file, file.mark), file.samples, table=file)


_OPEN: Mapping[str, Callable[[str, Sequence[str], Wanted], list[_Part]]] = {
    "seeds": _seeds,
    "rows": _rows,
    "file": _file,
    "benchmarks": _benchmarks,
    "set": _set,
}

__all__ = ("Given", "RowFile", "Wanted", "open_inputs")
