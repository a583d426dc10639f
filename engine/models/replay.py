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
from backfeed.engine.models import _numbers, _prompts
from backfeed.engine.models._book_reader import BookReader
from backfeed.engine.requests import Prompt, key_of

KINDS = ("model", "embedder", "scorer")


@dataclass(frozen=True, slots=True)
class Noted:
    """What a book notes of the model that answers for a role."""

    identity: str
    name: str
    form: str


class ReplayService:
    """Stands for who answered at one desk: the same keys, the same name, and so the same rows."""

    def __init__(self, noted: Noted, book: BookReader, desk: str) -> None:
        self.identity, self.name, self.form = noted.identity, noted.name, noted.form
        numbers = noted.form == _numbers.FORM
        self.content = _numbers.content if numbers else _prompts.form(noted.form)
        self.gather = Gather(batch=64)
        self._book, self._desk = book, desk

    async def answer(self, requests: Sequence[Any]) -> list[Any]:
        """What the book holds; `Missing` where it holds nothing."""
        return [self._one(request) for request in requests]

    def _one(self, request: Any) -> Any:
        found = self._book.get(key_of(self._desk, self.identity, self.content(request)))
        if found is None:
            return Missing(
                f"{self._book.folder} has no answer of {self.name} to {_told(request)}, and replay"
                " asks nobody"
            )
        return fact_in(found) or found["a"]

    async def close(self) -> None:
        """Let go of the book."""
        self._book.close()


def _told(request: Any) -> str:
    """What was asked, in words."""
    if not isinstance(request, Prompt):
        return f"the {type(request).__name__} that is asked"
    place = f"attempt {request.attempt}" if request.attempt else "first asked"
    return f"the prompt {request.name} ({place})"


@contextmanager
def _opened(place: str) -> Iterator[tuple[BookReader, dict[str, Noted]]]:
    """A book, which is closed again if something is wrong with it, and who answered in it."""
    with ExitStack() as undo:
        book = BookReader(Path(place))
        undo.callback(book.close)
        desks = {name: value for name, value in book.notes.items() if _kind(name) in KINDS}
        if not desks:
            raise ConfigError(
                f"the answer book {book.folder} does not say which model answered: no run has used"
                " it with a model"
            )
        yield book, {name: msgspec.json.decode(value, type=Noted) for name, value in desks.items()}
        undo.pop_all()


def _kind(desk: str) -> str:
    return desk.partition(":")[0]


class _Replay:
    """The plug-in."""

    answers = None

    def roles(self, name: str, kind: str = "model") -> list[str]:
        """The roles that a book has answers for."""
        with _opened(name) as (book, noted):
            book.close()
            return sorted(desk.partition(":")[2] for desk in noted if _kind(desk) == kind)

    def service(self, name: str, settings: Mapping[str, Any]) -> ReplayService:
        """The setting `role` says whose answers are meant, `default` if nothing is said."""
        return _made("model", name, settings)

    def embedder(self, name: str, settings: Mapping[str, Any]) -> ReplayService:
        """The embeddings of the book."""
        return _made("embedder", name, settings)

    def scorer(self, name: str, settings: Mapping[str, Any]) -> ReplayService:
        """The scores of the book, of the role that is named."""
        return _made("scorer", name, settings)


def _made(kind: str, name: str, settings: Mapping[str, Any]) -> ReplayService:
    role = str(settings.get("role", "default"))
    if not name or set(settings) - {"role", "base_url"}:
        raise ConfigError(f"write it as replay:BOOK, without settings, not {settings!r}")
    desk = kind if kind == "embedder" else f"{kind}:{role}"
    with _opened(name) as (book, noted):
        if desk not in noted:
            known = ", ".join(sorted(noted)).replace("model:", "")
            raise ConfigError(
                f"{name} has no answers for {desk.removeprefix('model:')!r}, only for {known}"
            )
        return ReplayService(noted[desk], book, desk)


PLUGIN = _Replay()
