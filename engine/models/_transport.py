"""Requests over HTTP through OpenAI's own client: one try each, redirects not followed.

The client is the transport and no more. Concurrency, pauses and retries are the desk's; what a
reply holds is read by who asked, from its bytes: the client's own types are for one provider.
"""

import asyncio
import base64
import os
import socket
import ssl
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
import httpx2
import openai
import yarl

from backfeed.engine.errors import Outage

CONNECT_S = 30.0
KEEP_ALIVE_S = 4.0  # less than servers keep an idle connection, so that none is cut as we use it
UNSAID = (
    "X-Stainless-Arch", "X-Stainless-Async", "X-Stainless-Lang", "X-Stainless-OS",
    "X-Stainless-Package-Version", "X-Stainless-Runtime", "X-Stainless-Runtime-Version",
)  # fmt: skip
"""What the client would tell of this machine with each request."""


class Cut(Outage):
    """The request was sent and its reply never came: it may have been charged."""


class NobodyThere(Outage):
    """No connection was made: nothing was sent."""


class Distrusted(Outage):
    """The certificate is not one that this machine trusts, or there is no encryption."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a server sent. Names of headers are found in any case."""

    status: int
    headers: Mapping[str, str]
    raw: bytes


class Faulty(Outage):
    """A reply of a status that is none of success."""

    def __init__(self, message: str, answered: Answered) -> None:
        super().__init__(message)
        self.answered = answered


T = TypeVar("T")


class Transport:
    """One address. Without a key, none is sent; a proxy is the environment's, looked up once."""

    def __init__(self, url: str, key: str, *, timeout_s: float) -> None:
        self.url, self._key, self._timeout_s = url, key, timeout_s
        self._proxy = _proxy(yarl.URL(url))
        self._made: openai.AsyncOpenAI | None = None
        self._options: Any = {"security": {"bearer_auth": True}}
        if not key:
            self._options["headers"] = {"Authorization": openai.Omit()}

    @property
    def client(self) -> openai.AsyncOpenAI:
        """OpenAI's client, made when it is first needed."""
        if self._made is None:
            self._made = self._client()
        return self._made

    def _client(self) -> openai.AsyncOpenAI:
        http = openai.DefaultAioHttpClient(
            timeout=httpx2.Timeout(None, connect=CONNECT_S),
            limits=httpx2.Limits(max_connections=0, keepalive_expiry=KEEP_ALIVE_S),
            verify=ssl.create_default_context(), proxy=self._proxy, trust_env=False,
            follow_redirects=False,
        )  # fmt: skip
        headers: dict[str, Any] = dict.fromkeys(UNSAID, openai.Omit())
        headers |= {"User-Agent": "backfeed", "Accept": "application/json"}
        return openai.AsyncOpenAI(
            api_key=self._key or "none", base_url=self.url, http_client=http, max_retries=0,
            default_headers=headers, timeout=httpx2.Timeout(None, connect=CONNECT_S),
        )  # fmt: skip

    async def post(self, path: str, body: bytes) -> Answered:
        """What came back, of any status. Raises `NobodyThere`, `Distrusted` or `Cut`."""
        options = self._options
        try:
            found = await self.call(
                lambda client: client.post(
                    path, cast_to=httpx2.Response, content=body, options=options
                )
            )
        except Faulty as error:
            return error.answered
        return Answered(found.status_code, found.headers, found.content)

    async def call(self, make: Callable[[openai.AsyncOpenAI], Awaitable[T]]) -> T:
        """What the client's own method gives. Raises `Faulty` besides what `post` does."""
        scope = asyncio.timeout(self._timeout_s)
        try:
            async with scope:
                return await make(self.client)
        except openai.APIStatusError as error:
            told = error.response
            answered = Answered(told.status_code, told.headers, told.content)
            raise Faulty(f"HTTP {told.status_code}", answered) from error
        except TimeoutError as error:
            if not scope.expired():
                raise self._lost(error) from error
            raise Cut(
                f"{self.url} gave no reply in {self._timeout_s:.0f} s (timeout_s in [models])"
            ) from error
        except (openai.APIConnectionError, httpx2.HTTPError, aiohttp.ClientError, OSError) as error:
            raise self._lost(error) from error

    @property
    def more(self) -> dict[str, Any]:
        """What each of the client's own methods is told besides."""
        return {"extra_headers": self._options["headers"]} if "headers" in self._options else {}

    def _lost(self, error: Exception) -> Outage:
        """What the failure was, of all that wrap it."""
        for one in _causes(error):
            if isinstance(one, aiohttp.ClientSSLError):
                return Distrusted(str(one))
            if isinstance(one, aiohttp.ClientConnectorError):
                via = " through the proxy" if self._proxy else ""
                return NobodyThere(f"{self.url} cannot be reached{via}: {_reason(one.os_error)}")
            if isinstance(one, aiohttp.ConnectionTimeoutError):
                return NobodyThere(f"{self.url} cannot be reached in {CONNECT_S:.0f} s")
        *_, first = _causes(error)
        return Cut(f"{self.url} cut the connection: {first!r}")

    async def close(self) -> None:
        """Close all connections."""
        if self._made is not None:
            await self._made.close()


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, and what it was raised from."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _reason(error: OSError) -> str:
    """Why there is no connection, as the system says it."""
    if isinstance(error, socket.gaierror) or error.errno is None:
        return error.strerror or str(error)
    return os.strerror(error.errno)


def _proxy(url: yarl.URL) -> httpx2.Proxy | None:
    """The proxy of the environment; its password goes into a header, and into no message."""
    found = urllib.request.getproxies().get(url.scheme)
    if not found or urllib.request.proxy_bypass(url.host or ""):
        return None
    where = yarl.URL(found)
    if where.user is None:
        return httpx2.Proxy(found)
    word = base64.b64encode(f"{where.user}:{where.password or ''}".encode()).decode()
    told = {"Proxy-Authorization": f"Basic {word}"}
    return httpx2.Proxy(str(where.with_user(None)), headers=told)
