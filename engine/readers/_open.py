"""Files of rows, opened: pinned by their bytes, read anew any number of times, never changing."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from backfeed.engine import registry
from backfeed.engine.errors import InputError
from backfeed.engine.readers._rows import UNKNOWN, Reading, numbered, samples
from backfeed.engine.readers._text import Numbered, reading
from backfeed.engine.records import Sample

LOOK = 1000

Pair = tuple[Numbered, Sample]


def mark_of(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    if not path.exists():
        raise InputError(f"there is no file {path}")
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _state(path: Path) -> tuple[int, int, int]:
    with reading(path):
        told = path.stat()
    return told.st_ino, told.st_size, told.st_mtime_ns


@dataclass(frozen=True, slots=True)
class RowFile:
    """A file of rows: where it lies, what reads it, how, and the SHA-256 of its bytes.

    `state` is what the file system said of it when that was taken.
    """

    path: Path
    reader: str
    how: Reading
    mark: str
    state: tuple[int, int, int]

    @classmethod
    def of(cls, path: Path, reader: str, how: Reading) -> "RowFile":
        """The file as it is now. Raises `InputError` if it cannot be read."""
        if not path.exists():
            raise InputError(f"there is no file {path}")
        state = _state(path)
        return cls(path, reader, how, mark_of(path), state)

    def rows(self) -> Iterator[Numbered]:
        """The rows. Raises `InputError` if the file is not the same before and behind them."""
        self._same()
        try:
            yield from numbered(registry.load("readers", self.reader), self.path)
        except InputError:
            self._same()
            raise
        self._same()

    def samples(self) -> Iterator[Sample]:
        """The samples of the rows."""
        return samples(self.rows(), self._quiet())

    def pairs(self) -> Iterator[Pair]:
        """Each sample behind its row: a row of several samples comes with each, as one object."""
        last: list[Numbered] = []

        def seen() -> Iterator[Numbered]:
            for row in self.rows():
                last[:] = [row]
                yield row

        for sample in samples(seen(), self._quiet()):
            yield last[0], sample

    def _quiet(self) -> Reading:
        return replace(self.how, tell=lambda _line: None)

    def _same(self) -> None:
        if _state(self.path) != self.state and mark_of(self.path) != self.mark:
            raise InputError(
                f"{self.path} changed while it was read: run again when nobody writes to it,"
                " or name a copy"
            )


class Looks:
    """Looks at files before work begins, and says what they were taken for, alike ones at once."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell, self._said = tell, dict[str, list[str]]()
        self.useful, self._fault = 0, ""

    def at(self, file: RowFile) -> None:
        """As far as the first row of use. Raises `InputError` for a bad file that stands alone."""
        name = file.how.name
        how = replace(file.how, tell=lambda line: self._note(name, line.removeprefix(f"{name}: ")))
        count, strange, fault = 0, 0, ""
        for sample in islice(samples(file.rows(), how), LOOK):
            count += 1
            if sample.rejected is None:
                self.useful += 1
                return
            fault = fault or sample.rejected.detail or sample.rejected.reason
            strange += sample.rejected.reason == UNKNOWN
        if not count and not file.how.among:
            raise InputError(f"{file.path} is empty: there is no row in it")
        if count and strange == count and not file.how.among:
            raise InputError(f"{name}: {fault}")
        what = f"none of its {'first ' * (count == LOOK)}{count:,} rows can be used; {fault}"
        self._fault = self._fault or f"{name}: {what if count else 'it is empty'}"
        if file.how.among:
            self._note(name, what if count else "there is no row in it")

    def end(self, named: Sequence[str]) -> None:
        """Say it all. Raises `InputError` if there are several files and no row of use in any."""
        if self._fault and not self.useful and len(named) > 1:
            raise InputError(f"no file of {len(named):,} holds a row of use; {self._fault}")
        for line, names in self._said.items():
            more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
            self._tell(f"{names[0]}{more}: {line}")

    def _note(self, name: str, line: str) -> None:
        self._said.setdefault(line, []).append(name)
