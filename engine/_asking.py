"""What a request is, and how a stage asks several at once."""

import hashlib
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, TypeVar

import msgspec

from backfeed.engine.errors import AskFailed
from backfeed.engine.records import Sample

T = TypeVar("T")

Asks = Generator[Any, Any, T]
"""A generator that yields requests (or `Together`, `Over`) and returns a `T`."""


@dataclass(frozen=True, slots=True)
class Request:
    """Base of all requests. `service` names the kind of desk that answers it."""

    service: ClassVar[str] = ""
    stored: ClassVar[bool] = True

    def desks(self) -> tuple[str, ...]:
        """The names of the desks that may answer, the best first."""
        return (self.service,)

    def content(self) -> Mapping[str, Any]:
        """The fields that differ from their defaults: the key is made from them.

        A new field with a default changes no key, so books outlive new versions.
        """
        found: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            make = item.default_factory
            default = item.default if make is MISSING else make()
            if value != default:
                found[item.name] = value
        return found

    def decode(self, answer: Any) -> Any:
        """The answer as the stage wants it; `answer` is plain data, as it stands in the book."""
        return answer

    def __iter__(self) -> Asks[Any]:
        return self.decode((yield self))


@dataclass(frozen=True, slots=True)
class Together:
    """Several asks at once; the answer is the list of their answers, in this order."""

    parts: tuple[Iterable[Any], ...]


def together(parts: Iterable[Iterable[Any]]) -> Asks[list[Any]]:
    """Ask all parts (requests or generators) side by side; of several errors the first counts."""
    answers: list[Any] = yield Together(tuple(parts))
    return answers


@dataclass(frozen=True, slots=True)
class Over:
    """One ask for each row of a table, streamed; the answer can be iterated any number of times."""

    rows: Iterable[Sample]
    ask: Callable[[Sample], Iterable[Any]]


def over(table: Iterable[Sample], ask: Callable[[Sample], Iterable[Any]]) -> Asks[Iterable[Any]]:
    """Ask `ask(sample)` for every sample of a table, out of core; plain answers in row order.

    Where a request was refused, the `AskFailed` stands in place of its answer.
    """
    answers: Iterable[Any] = yield Over(table, ask)
    return answers


def rejoined(asks: Any, answer: Callable[[Any], Any]) -> Any:
    """Drive asks to their end with a plain function: how a stage is tested without an engine.

    An `AskFailed` that `answer` raises is thrown into the stage, as the engine does.
    """
    steps = iter(asks) if isinstance(asks, Request) else asks
    if not isinstance(steps, Generator):
        return steps
    go_on, value = steps.send, None
    while True:
        try:
            wanted = go_on(value)
        except StopIteration as stop:
            return stop.value
        try:
            go_on, value = steps.send, _reply(wanted, answer)
        except AskFailed as failure:
            go_on, value = steps.throw, failure


def _reply(wanted: Any, answer: Callable[[Any], Any]) -> Any:
    if isinstance(wanted, Together):
        return [rejoined(part, answer) for part in wanted.parts]
    if isinstance(wanted, Over):
        return [_or_failure(wanted.ask(row), answer) for row in wanted.rows]
    return answer(wanted)


def _or_failure(asks: Any, answer: Callable[[Any], Any]) -> Any:
    try:
        return rejoined(asks, answer)
    except AskFailed as failure:
        return failure


def key_of(service: str, identity: str, content: Any) -> bytes:
    """The key of a request (20 bytes): the kind of service, who answers, and what was asked.

    Of a desk's name only the kind counts: `model:strong` and `model:default` share their answers if
    the same model stands behind them.
    """
    kind = service.partition(":")[0]
    text = msgspec.json.encode((kind, identity, content), order="sorted")
    return hashlib.blake2b(text, digest_size=20).digest()
