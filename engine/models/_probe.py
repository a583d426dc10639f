"""One small request before the first that wants a reply of some form: does the server hold to it?

Some servers take `response_format` and ignore it without a word: each reply would then be asked for
three times, and thrown away. The question does not say what form is wanted, so that only a server
that looks at the schema gives it. A reply that was cut or refused tells nothing, and is let pass.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from backfeed.engine.errors import Outage, ServiceRefusal

ASKED = "Is 91 a prime number? Think, then tell me."
SHOWN = 200


class Verdict(msgspec.Struct):
    """The reply that is asked for: words that nobody would choose by chance."""

    is_it_prime: Literal["prime", "composite"]
    smallest_divisor: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back: the text, and how it ended."""

    text: str
    finish: str


class Probe:
    """Asks once for a service. Those that come meanwhile wait, and share what came of it."""

    def __init__(self, ask: Callable[[str], Awaitable[Seen]], who: str) -> None:
        self._ask, self._who = ask, who
        self._lock = asyncio.Lock()
        self._held = False
        self._failed: tuple[float, Outage] | None = None

    async def hold(self, role: str) -> None:
        """Return if the server holds to a schema; the role that asks first pays.

        Raises `ServiceRefusal` with the remedy if it does not, `Outage` if it did not answer.
        """
        if not self._held:
            began = time.monotonic()
            async with self._lock:
                await self._hold(role, began)

    async def _hold(self, role: str, began: float) -> None:
        """What `hold` does, one at a time; a failure since `began` counts for who waited."""
        if self._held:
            return
        if self._failed is not None and self._failed[0] >= began:
            error = self._failed[1]
            raise type(error)(error.message, error.wait_s)
        try:
            seen = await self._ask(role)
        except Outage as error:
            self._failed = (time.monotonic(), error)
            raise
        self._judge(seen)
        self._held = True

    def _judge(self, seen: Seen) -> None:
        if seen.finish != "stop":
            return
        with suppress(msgspec.DecodeError, UnicodeError):
            msgspec.json.decode(seen.text, type=Verdict)
            return
        raise ServiceRefusal(
            f"{self._who} does not hold replies to the JSON schema of response_format (it said:"
            f" {seen.text[:SHOWN]!r}): have the schema told in words with"
            ' reply_format = "json_object" or "text", e.g. --set'
            " models.default.reply_format=json_object; or ask without looking: probe = false"
        )


def body(fixed: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    """The request: what each says alike, the question, and the form wanted."""
    return {**fixed, "messages": [{"role": "user", "content": ASKED}], "response_format": form}
