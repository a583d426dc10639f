"""Which files an address of rows means: a file, a folder, a glob, a data set of the Hub."""

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from backfeed.engine import registry
from backfeed.engine.config import nearest
from backfeed.engine.errors import CallerError, InputError
from backfeed.engine.readers import _hub
from backfeed.engine.readers._shapes import NAMES
from backfeed.engine.readers._text import PACKED

# What `datasets` and we ourselves keep beside rows.
_BESIDE = {"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"}


class Found(NamedTuple):
    """A file of rows: its path, what its rows are called by, and the file as the caller gave it."""

    path: Path
    name: str
    told: str


def parse_format(text: str) -> tuple[str, str]:
    """The container and the shape that `--format` names; one or both may be empty.

    Raises `CallerError` for a name that is neither, or two of one sort.

    >>> parse_format("jsonl,sharegpt"), parse_format("alpaca"), parse_format("")
    (('jsonl', 'sharegpt'), ('', 'alpaca'), ('', ''))
    """
    containers, found = registry.names("readers"), ["", ""]
    for word in filter(None, (word.strip().lower() for word in text.split(","))):
        if word not in (*containers, *NAMES):
            raise CallerError(f"--format {word!r}: {nearest(word, [*containers, *NAMES])}")
        place = 0 if word in containers else 1
        if found[place]:
            raise CallerError(f"--format {text!r}: name one container and one shape at most")
        found[place] = word
    return found[0], found[1]


def files_of(address: str, container: str = "") -> list[Found]:
    """The files of an address, in a fixed order. Raises `InputError` if there is none."""
    if address.startswith(_hub.SCHEME):
        paths = _hub.fetched(address)
        single = len(paths) == 1
        return [Found(p, address, address if single else f"{address}/{p.name}") for p in paths]
    if "://" in address:
        raise InputError(f"{address}: nothing is fetched; download it, or name hf:NAME")
    path = Path(address)
    if path.is_dir():
        return _in_folder(path, address, container)
    if glob.has_magic(address) and not path.exists():
        return _matching(address, container)
    return [Found(path, path.name, address)]


def _in_folder(path: Path, address: str, container: str) -> list[Found]:
    """All files of rows in a folder and below; of a run's directory, its corpus."""
    root = path / "corpus" if (path / "recipe.toml").is_file() else path
    ends = _suffixes(container)
    found = [p for p in sorted(root.rglob("*")) if _is_rows(p, root, ends)]
    if not found:
        raise InputError(f"{root} is a folder without a file of rows; {_listed(container)}")
    base = address.rstrip("/")
    return [
        Found(p, p.relative_to(root).as_posix(), f"{base}/{p.relative_to(path)}") for p in found
    ]


def _matching(address: str, container: str) -> list[Found]:
    """The files that a pattern matches, `**` any folders: named as if each was given."""
    paths = [Path(name) for name in sorted(glob.glob(address, recursive=True))]  # noqa: PTH207 - may be absolute
    files = [path for path in paths if path.is_file() and path.name not in _BESIDE]
    if not files:
        raise InputError(f"no file matches {address!r}; {_listed(container)}")
    return [Found(path, path.as_posix(), str(path)) for path in files]


def _is_rows(path: Path, root: Path, ends: tuple[str, ...]) -> bool:
    if not path.name.lower().endswith(ends) or path.name in _BESIDE:
        return False
    return path.is_file() and not any(p.startswith(".") for p in path.relative_to(root).parts)


def _suffixes(container: str) -> tuple[str, ...]:
    names = [container] if container else registry.names("readers")
    return tuple(end for name in names for end in registry.load("readers", name).suffixes)


def _listed(container: str = "") -> str:
    """How files of rows end, for messages."""
    ends = _suffixes(container)
    plain = sorted(end for end in ends if not end.endswith(PACKED))
    packed = f" (text may be packed: {', '.join(PACKED)})" if len(plain) < len(ends) else ""
    return f"files of rows end in {', '.join(plain)}{packed}"


class Readers:
    """Which reader reads a file: each is loaded once."""

    def __init__(self, container: str = "") -> None:
        self._only = container
        self._ends: list[tuple[str, tuple[str, ...]]] = []

    def of(self, path: Path) -> str:
        """The name of the reader: of the container that was asked for, or by the file's name.

        Raises `InputError` if its suffix is nobody's.
        """
        if self._only:
            return self._only
        self._ends = self._ends or list(self._known())
        direct, low = path.suffix[1:], path.name.lower()
        fitting = [name for name, ends in self._ends if low.endswith(ends)]
        if fitting:
            return direct if direct in fitting else fitting[0]
        if not path.exists():
            raise InputError(f"there is no file {path}")
        raise InputError(
            f"{path}: nothing reads {path.suffix!r}; {_listed()}; or add --format NAME"
        )

    def _known(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for name in registry.names("readers"):
            ends: Sequence[str] = registry.load("readers", name).suffixes
            yield name, tuple(ends)
