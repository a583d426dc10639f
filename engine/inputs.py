"""What a recipe's inputs are given: files of rows, addresses of code, plain files; all pinned."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backfeed.engine import registry
from backfeed.engine.config import nearest
from backfeed.engine.contracts import Pinned
from backfeed.engine.errors import InputError, UnknownName
from backfeed.engine.identity import digest
from backfeed.engine.readers._rows import samples
from backfeed.engine.readers._text import reading
from backfeed.engine.recipe import Input, Recipe
from backfeed.engine.records import Sample

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller wants read: addresses by input, and how.

    `columns` maps what a row says to the column that says it; `rules` is for sources (licences);
    `pinned` is what an earlier run of the same directory had made of the same addresses.
    """

    addresses: Mapping[str, Sequence[str]]
    columns: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    pinned: Mapping[str, Plain] = field(default_factory=dict)
    tell: Callable[[str], None] = lambda _line: None


@dataclass(frozen=True, slots=True)
class Given:
    """The inputs, opened: `plain` goes to recipe.toml, `samples` makes the input rows anew."""

    plain: Mapping[str, Plain]
    key: str
    samples: Callable[[], Iterator[Sample]]
    files: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class _Part:
    """One address: pinned, its samples if it has any, and what those depend on."""

    pinned: Plain
    key: Sequence[str] = ()
    samples: Callable[[], Iterator[Sample]] | None = None


def open_inputs(recipe: Recipe, wanted: Wanted) -> Given:
    """Pin every input. Raises `InputError` for one that is absent, empty or unknown."""
    plain: dict[str, Plain] = {}
    parts: list[_Part] = []
    files: dict[str, Path] = {}
    for name, kind in recipe.inputs.items():
        asked = list(wanted.addresses.get(name, ()))
        before = wanted.pinned.get(name, {}) if kind.kind == "seeds" else {}
        if not asked and kind.required:
            raise InputError(f"the input {name!r} is needed: {_what(kind)}")
        found = [
            part for address in _pinned(before, asked) for part in _open(kind, address, wanted)
        ]
        if kind.kind == "file" and asked:
            files[name] = _one_file(name, asked)
        if asked:
            plain[name] = {"asked": asked, "pinned": [part.pinned for part in found]}
        parts += found
    keys = [part.key for part in parts]
    return Given(plain, digest(keys, wanted.columns, wanted.rules), lambda: _all(parts), files)


def _what(kind: Input) -> str:
    words = {"seeds": "addresses of code", "rows": "a file of rows", "file": "a file"}
    return kind.help or words[kind.kind]


def _pinned(before: Mapping[str, Any], asked: list[str]) -> list[str]:
    """In a directory that knows these words, they mean the same versions as before."""
    if before.get("asked") != asked:
        return asked
    return [str(item["address"]) for item in before["pinned"]]


def _one_file(name: str, asked: Sequence[str]) -> Path:
    if len(asked) > 1:
        raise InputError(f"the input {name!r} takes one file, not {len(asked)}: {', '.join(asked)}")
    return Path(asked[0])


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


def _open(kind: Input, address: str, wanted: Wanted) -> Iterator[_Part]:
    if kind.kind == "seeds":
        yield _source(address, wanted)
    elif kind.kind == "file":
        yield _Part(_pin(Path(address), address))
    else:
        for path, name in _row_files(address):
            yield _rows(path, name, wanted)


def _rows(path: Path, name: str, wanted: Wanted) -> _Part:
    reader = registry.load("readers", reader_for(path))

    def read(tell: Callable[[str], None] = lambda _line: None) -> Iterator[Sample]:
        yield from samples(reader.read(path), name, wanted.columns, tell=tell)

    pinned = _pin(path, str(path))
    if next(read(wanted.tell), None) is None:  # a bad file is told before anything is written
        raise InputError(f"{path} is empty: there is no row in it")
    return _Part(pinned, (name, pinned["sha256"]), read)


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
    names = registry.names("readers")
    direct = path.suffix[1:]
    for name in sorted(names, key=lambda name: name != direct):
        if path.name.lower().endswith(registry.load("readers", name).suffixes):
            return name
    if not path.exists():
        raise InputError(f"there is no file {path}")
    listed = ", ".join(sorted(_suffixes()))
    raise InputError(f"{path}: nothing reads {path.suffix!r}; files of rows end in {listed}")


def _pin(path: Path, address: str) -> Plain:
    if not path.exists():
        raise InputError(f"there is no file {path}")
    with reading(path), path.open("rb") as file:
        mark = hashlib.file_digest(file, "sha256").hexdigest()
    return {"address": address, "sha256": mark}


def _source(address: str, wanted: Wanted) -> _Part:
    name = source_for(address)
    source = registry.load("sources", name)
    source = source() if isinstance(source, type) else source
    bare = address.removeprefix(f"{name}:")
    pinned: Pinned = source.resolve(bare)
    plain = {"address": pinned.address, "version": pinned.version, "sha256": pinned.sha256}
    key = (name, pinned.version, pinned.sha256)
    return _Part(plain, key, lambda: source.read(pinned, wanted.rules))


def source_for(address: str) -> str:
    """The source of an address: the word before its colon, or `path` for a file or folder.

    Raises `InputError` for a path that is not there, `UnknownName` for an unknown word.
    """
    names = registry.names("sources")
    word, colon, _ = address.partition(":")
    if colon and word in names:
        return word
    if Path(address).exists():
        return "path"
    if colon and "/" not in word:
        raise UnknownName(f"{address!r}: no source is called {word!r}; {nearest(word, names)}")
    listed = ", ".join(f"{name}:" for name in names)
    raise InputError(
        f"there is no file or folder {address!r}; other sources are {listed or 'none'}"
    )
