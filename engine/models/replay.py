"""Answers from an answer book and nothing else: `replay:BOOK`, for tests, audits and demos.

The book says which model answered for each role, and what of a prompt went into its keys; a prompt
gets the answer that this model gave. Nothing is ever asked: what the book lacks is missing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from backfeed.engine._packing import fact_in
from backfeed.engine.contracts import Gather
from backfeed.engine.errors import ConfigError, Missing
from backfeed.engine.models import _prompts
from backfeed.engine.models._book_reader import BookReader
from backfeed.engine.requests import Prompt, key_of


@dataclass(frozen=True, slots=True)
class Noted:
    """What a book notes of the model that answers for a role."""

    identity: str
    name: str
    form: str


class ReplayService:
    """Stands for one model: its keys, its name, and so the same rows."""

    def __init__(self, noted: Noted, book: BookReader) -> None:
        self.identity, self.name, self.form = noted.identity, noted.name, noted.form
        self.content = _prompts.form(noted.form)
        self.gather = Gather(batch=64)
        self._book = book

    async def answer(self, requests: Sequence[Prompt]) -> list[Any]:
        """What the book holds; `Missing` where it holds nothing."""
        return [self._one(request) for request in requests]

    def _one(self, request: Prompt) -> Any:
        found = self._book.get(key_of("model", self.identity, self.content(request)))
        if found is None:
            place = f"attempt {request.attempt}" if request.attempt else "first asked"
            return Missing(
                f"{self._book.folder} has no answer of {self.name} to the prompt {request.name}"
                f" ({place}), and replay asks nobody"
            )
        return fact_in(found) or found["a"]

    async def close(self) -> None:
        """Let go of the book."""
        self._book.close()


@contextmanager
def _opened(place: str) -> Iterator[tuple[BookReader, dict[str, Noted]]]:
    """A book, which is closed again if something is wrong with it, and who answered in it."""
    with ExitStack() as undo:
        book = BookReader(Path(place))
        undo.callback(book.close)
        found = {
            name.removeprefix("model:"): msgspec.json.decode(value, type=Noted)
            for name, value in book.notes.items()
            if name.startswith("model:")
        }
        if not found:
            raise ConfigError(
                f"the answer book {book.folder} does not say which model answered: no run has used"
                " it with a model"
            )
        yield book, found
        undo.pop_all()


class _Replay:
    """The plug-in."""

    answers = None

    def roles(self, name: str) -> list[str]:
        """The roles that a book has answers for."""
        with _opened(name) as (book, noted):
            book.close()
            return sorted(noted)

    def service(self, name: str, settings: Mapping[str, Any]) -> ReplayService:
        """The setting `role` says whose answers are meant, `default` if nothing is said."""
        role = str(settings.get("role", "default"))
        if not name or set(settings) - {"role", "base_url"}:
            raise ConfigError(f"write it as replay:BOOK, without settings, not {settings!r}")
        with _opened(name) as (book, noted):
            if role not in noted:
                known = ", ".join(noted)
                raise ConfigError(f"{name} has no answers for {role!r}, only for {known}")
            return ReplayService(noted[role], book)


PLUGIN = _Replay()
