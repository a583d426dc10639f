"""An OpenAI-compatible address: requests over HTTP, and what their failures mean."""

import email.utils
import os
import re
import socket
import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
import yarl

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

CONNECT_S = 30.0
FIRST_KNOCK_S, LONGEST_KNOCK_S = 0.5, 8.0
KEEP_ALIVE_S = 4.0  # less than servers keep an idle connection, so that none is cut as we use it
PASSING = {408, 409, 425}
CROWDED = {429, 529}
NOT_BUILT = 501
_PATH = re.compile(r"/(?:(?:chat/)?completions|embeddings)?/*$")
_FILTERS = ("content_filter", "content_policy", "responsibleai")
_TOO_LONG = ("context_length", "context length", "too long", "too many tokens", "maximum input")
_UNABLE = ("does not support embeddings", "does not support completions")
_QUOTA = ("insufficient_quota", "billing")


class Cut(Outage):
    """The request was sent and its reply never came: it may have been charged."""


class NotOffered(ServiceRefusal):
    """The server is there, and has no such address or model."""


class NobodyThere(Outage):
    """No connection was made: nothing was sent."""


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
        self._key, self._timeout_s, self._start_s = key, timeout_s, start_s
        self._proxy = _proxy(yarl.URL(self.url))
        self._session: aiohttp.ClientSession | None = None
        self._was_there = False
        self._knocks = 0
        self._until = self._next_knock = 0.0
        self._told = ""

    def _open(self) -> aiohttp.ClientSession:
        headers = {"Content-Type": "application/json", "User-Agent": "backfeed"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_S),
            headers=headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._timeout_s, sock_connect=CONNECT_S),
        )

    async def post(self, path: str, body: bytes) -> bytes:
        """The reply to a request. Raises what a failure means; `Cut` if it may have cost money."""
        began = time.monotonic()
        if not self._was_there and began < self._next_knock:
            raise NotYet(self._told, self._next_knock - began)
        try:
            return await self._send(yarl.URL(self.url + path), body)
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

    async def _send(self, url: yarl.URL, body: bytes) -> bytes:
        if self._session is None:
            self._session = self._open()
        try:
            async with self._session.post(
                url, data=body, proxy=self._proxy, allow_redirects=False
            ) as reply:
                self._was_there = True
                raw = await reply.read()
        except aiohttp.ClientSSLError as error:
            raise self._distrusted(error) from error
        except aiohttp.ClientConnectorError as error:
            via = " through the proxy" if self._proxy else ""
            why = _reason(error.os_error)
            raise NobodyThere(f"{self.url} cannot be reached{via}: {why}") from error
        except aiohttp.ConnectionTimeoutError as error:
            raise NobodyThere(f"{self.url} cannot be reached in {CONNECT_S:.0f} s") from error
        except TimeoutError as error:
            raise Cut(
                f"{self.url} gave no reply in {self._timeout_s:.0f} s (timeout_s in [models])"
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise Cut(f"{self.url} cut the connection: {error!r}") from error
        if reply.status == 200:
            return raw
        raise self._judged(reply.status, reply.headers, raw)

    def _distrusted(self, error: aiohttp.ClientSSLError) -> BackfeedError:
        """The caller's mistake, unless it was trusted before."""
        if self._was_there:
            return Outage(f"{self.url} cannot be reached: {error}")
        return ServiceRefusal(
            f"{self.url} cannot be trusted ({error}): name an http:// address if it has no"
            " encryption, or its certificate's authority in SSL_CERT_FILE"
        )

    def _judged(self, status: int, headers: Mapping[str, str], raw: bytes) -> BackfeedError:
        """What a reply that is none means. Nothing is charged for it."""
        fault = _fault(raw)
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
        if self._session is not None:
            await self._session.close()


def _reason(error: OSError) -> str:
    """Why there is no connection, as the system says it."""
    if isinstance(error, socket.gaierror) or error.errno is None:
        return error.strerror or str(error)
    return os.strerror(error.errno)


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


def _proxy(url: yarl.URL) -> str | None:
    """The proxy of the environment, looked up once."""
    if urllib.request.proxy_bypass(url.host or ""):
        return None
    return urllib.request.getproxies().get(url.scheme)
