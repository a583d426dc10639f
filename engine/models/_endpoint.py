"""An OpenAI-compatible address: requests over HTTP, and what their failures mean."""

import email.utils
import re
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from backfeed.engine.errors import (
    BackfeedError,
    ConfigError,
    NotYet,
    Outage,
    Refused,
    ServiceRefusal,
    Throttled,
    Unreachable,
)
from backfeed.engine.models._transport import (
    Answered,
    Cut,
    Distrusted,
    Faulty,
    NobodyThere,
    Transport,
)

__all__ = ["Cut", "Endpoint", "NobodyThere", "NotOffered", "normal_url", "wait_s"]

T = TypeVar("T")

FIRST_KNOCK_S, LONGEST_KNOCK_S = 0.5, 8.0
PASSING = {408, 409, 425}
CROWDED = {429, 529}
OK, NOT_BUILT = 200, 501
_PATH = re.compile(r"/(?:(?:chat/)?completions|embeddings)?/*$")
_FILTERS = ("content_filter", "content_policy", "responsibleai")
_TOO_LONG = ("context_length", "context length", "too long", "too many tokens", "maximum input")
_UNABLE = ("does not support embeddings", "does not support completions")
_QUOTA = ("insufficient_quota", "billing")


class NotOffered(ServiceRefusal):
    """The server is there, and has no such address or model."""


def normal_url(text: str) -> str:
    """The address before `/chat/completions` and the like. Raises `ConfigError` for none."""
    parts = urlsplit(text.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"--base-url {text!r} is no address: write it as http://HOST:PORT/v1")
    if parts.username or parts.password:
        raise ConfigError(
            f"--base-url of {parts.hostname} holds a password: put the key into the environment,"
            " as OPENAI_API_KEY"
        )
    path = _PATH.sub("", parts.path).rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path or '/v1'}"


class Endpoint:
    """One address. `key` is sent as a bearer token, and never shown.

    Until somebody was there once, an address where nobody is may be wrong, or its server may still
    be starting: it is tried for `start_s`, and then the run ends. Later it is an outage.
    """

    def __init__(self, url: str, key: str, *, timeout_s: float, start_s: float) -> None:
        self.url = normal_url(url)
        self._key, self._start_s = key, start_s
        self.transport = Transport(self.url, key, timeout_s=timeout_s)
        self._was_there = False
        self._knocks = 0
        self._until = self._next_knock = 0.0
        self._told = ""

    async def post(self, path: str, body: bytes) -> bytes:
        """The reply to a request. Raises what a failure means; `Cut` if it may have cost money."""
        began = time.monotonic()
        if not self._was_there and began < self._next_knock:
            raise NotYet(self._told, self._next_knock - began)
        try:
            return await self._send(path, body)
        except NobodyThere as nobody:
            if self._was_there:
                raise
            raise self._nobody_yet(str(nobody), began) from nobody

    def _nobody_yet(self, told: str, began: float) -> "NotYet | Unreachable":
        """When to try again; or, when that has been long enough, what ends the run."""
        now = time.monotonic()
        if now >= self._next_knock:  # else another request has just found the same
            if not self._knocks:
                self._until, self._told = began + self._start_s, told
                sys.stderr.write(f"{told}; it is tried for {self._start_s:.0f} s\n")
            pause_s = min(FIRST_KNOCK_S * 2.0**self._knocks, LONGEST_KNOCK_S)
            self._knocks += 1
            self._next_knock = max(min(now + pause_s, self._until), now)
        if now < self._until:
            return NotYet(told, self._next_knock - now)
        return Unreachable(
            f"{told}; it was tried {self._knocks} times in {self._start_s:.0f} s: start the server,"
            " or name its address with --base-url (in the same directory with --update); for a"
            " server that needs longer to start set start_s, e.g. --set models.default.start_s=600"
        )

    async def _send(self, path: str, body: bytes) -> bytes:
        try:
            found = await self.transport.post(path, body)
        except Distrusted as error:
            raise self._distrusted(error) from error
        self._was_there = True
        if found.status == OK:
            return found.raw
        raise self.judged(found)

    async def call(self, make: Callable[[Any, dict[str, Any]], Awaitable[T]]) -> T:
        """What a method of OpenAI's client gives; `make` gets it, and what to tell it besides."""
        more = self.transport.more
        try:
            return await self.transport.call(lambda client: make(client, more))
        except Faulty as error:
            raise self.judged(error.answered) from error
        except Distrusted as error:
            raise self._distrusted(error) from error

    def _distrusted(self, error: Distrusted) -> BackfeedError:
        """The caller's mistake, unless it was trusted before."""
        if self._was_there:
            return Outage(f"{self.url} cannot be reached: {error}")
        return ServiceRefusal(
            f"{self.url} cannot be trusted ({error}): name an http:// address if it has no"
            " encryption, or its certificate's authority in SSL_CERT_FILE"
        )

    def judged(self, found: Answered) -> BackfeedError:
        """What a reply that is none means. Nothing is charged for it."""
        status, headers, fault = found.status, found.headers, _fault(found.raw)
        said = f"HTTP {status}: {fault['message']}"
        if self._key:
            said = said.replace(self._key, "[key]")
        if status in CROWDED or (status == 503 and "Retry-After" in headers):
            if _hints(fault, _QUOTA):
                return ServiceRefusal(f"{self.url} grants no more ({said}): check plan and balance")
            return Throttled(f"{self.url}: {said}", wait_s(headers))
        if status in PASSING or (status >= 500 and status != NOT_BUILT):
            return Outage(f"{self.url}: {said}", wait_s(headers))
        if status in (400, 413, 422) and (fact := self._refused(status, fault, said)):
            return fact
        if status in (401, 402, 403):
            return ServiceRefusal(f"{self.url} refuses us ({said}): check OPENAI_API_KEY")
        if 300 <= status < 400:
            where = headers.get("Location", "another address")
            return ServiceRefusal(f"{self.url} sends us to {where}: name that with --base-url")
        return NotOffered(
            f"{self.url} does not know what we ask ({said}): check the model's name, and the"
            " address, which mostly ends in /v1"
        )

    def _refused(self, status: int, fault: Mapping[str, str], said: str) -> BackfeedError | None:
        """A fact about the request; or, if a setting of ours is to blame, the caller's mistake."""
        if _hints(fault, _FILTERS):
            return Refused("content-filter", said)
        if status == 413 or _hints(fault, _TOO_LONG):
            return Refused("too-long", said)
        if _hints(fault, _UNABLE) or "model" in fault["param"]:
            return None
        if fault["code"].startswith(("model_", "invalid_model")):
            return None
        if (setting := fault["param"].partition(".")[0]) and setting not in ("messages", "input"):
            return ServiceRefusal(
                f"{self.url} does not accept {setting!r} as it is set ({said}): change it in"
                " [models], e.g. with --set models.default.KEY=VALUE"
            )
        return Refused("bad-request", said)

    async def close(self) -> None:
        """Close all connections."""
        await self.transport.close()


def _fault(raw: bytes) -> dict[str, str]:
    """Message, code, type and param of an error, in any of the shapes that servers give it."""
    found: Any = None
    with suppress(msgspec.DecodeError, UnicodeError):
        found = msgspec.json.decode(raw)
    inner = found.get("error", found) if isinstance(found, Mapping) else found
    plain = inner if isinstance(inner, Mapping) else {"message": inner}
    text = plain.get("message") or plain.get("detail") or raw[:500].decode("utf-8", "replace")
    told = {name: str(plain.get(name) or "") for name in ("code", "type", "param")}
    return {**told, "message": str(text)[:1000]}


def _hints(fault: Mapping[str, str], words: tuple[str, ...]) -> bool:
    text = f"{fault['code']} {fault['type']} {fault['message']}".lower()
    return any(word in text for word in words)


def wait_s(headers: Mapping[str, str]) -> float | None:
    """How long a server asks to be left alone: Retry-After in seconds, or as a date."""
    with suppress(ValueError, TypeError):
        if millis := headers.get("Retry-After-Ms"):
            return max(float(millis) / 1000, 0.0)
        told = headers.get("Retry-After", "")
        if told[:1].isdigit():
            return float(told)
        if told:
            return max(email.utils.parsedate_to_datetime(told).timestamp() - time.time(), 0.0)
    return None
