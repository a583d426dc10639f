"""A file or folder on this machine: `DIR` or `FILE`, as it is now."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from backfeed.engine.contracts import Pin, Pinned, ReadRules
from backfeed.engine.errors import InputError
from backfeed.engine.records import Origin, Sample
from backfeed.engine.sources._files import code_entries, no_source, samples
from backfeed.engine.sources._licences import is_licence_file, stated_in
from backfeed.engine.sources._manifests import is_manifest
from backfeed.engine.sources._tree import INTERNALS, Folder, digest_of

_ROWS = (".jsonl", ".parquet", ".json", ".csv")


class _Path:
    def resolve(self, address: str, cache: Path, pin: Pin | None = None) -> Pinned:
        """What is there now, by a digest of all that would be read."""
        tree = _tree(Path(address))
        entries = tree.entries()
        code = set(code_entries(tree, entries, ReadRules()))
        if not code:
            raise _nothing(Path(address))
        read = [e for e in entries if e in code or is_licence_file(e.path) or is_manifest(e.path)]
        told = "\n".join([digest_of(tree, read), *_stated_above(Path(address))])
        mark = sha256(told.encode()).hexdigest()
        if pin is not None and pin.sha256 != mark:
            raise InputError(
                f"{address} has changed since it was pinned; add --update to take it as it is now"
            )
        return Pinned(address, mark[:12], mark, Path(address))

    def read(self, pinned: Pinned, rules: ReadRules) -> Iterator[Sample]:
        """The files; those of a folder by their path in it."""
        name = pinned.place.resolve().name
        base = Origin(source=name, repo=name, commit=pinned.version)
        stated = _stated_above(pinned.place)
        return samples(_tree(pinned.place), base, rules, stated=stated)


def _tree(place: Path) -> Folder:
    if place.is_dir():
        return Folder(place)
    if place.is_file():
        return Folder(place.parent, only=(place.name,))
    raise InputError(f"there is no file or folder {str(place)!r}")


def _nothing(place: Path) -> InputError:
    if place.suffix in _ROWS:
        return InputError(
            f"{place} is no source file; if its rows hold code, write rows:{place}#COLUMN"
        )
    return no_source(str(place))


def _stated_above(place: Path) -> list[str]:
    """The licences that are stated above a folder, up to the root of its repository.

    Beside a file, those of its folder.
    """
    here = place.resolve()
    found = [] if here.is_dir() else [here.parent]
    if not _is_root(found[0] if found else here):
        between: list[Path] = []
        for parent in (found[0] if found else here).parents:
            between.append(parent)
            if _is_root(parent):
                found += between
                break
    return [one for folder in found for one in stated_in(folder)]


def _is_root(folder: Path) -> bool:
    return any((folder / name).exists() for name in INTERNALS)


PLUGIN = _Path()
