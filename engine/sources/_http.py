"""Fetch over HTTP with retries; what goes wrong is told apart: not there, refused, unreachable."""

import base64
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import tenacity

from backfeed.engine.errors import InputError, Outage, ServiceRefusal
from backfeed.engine.files import write_via

INDEX_BYTES = 64 << 20
FILE_BYTES = 512 << 20
TIMEOUT_S = 60
ATTEMPTS = 4
AGENT = "backfeed"

_PASSING = {408, 409, 425, 429}


class Absent(InputError):
    """There is nothing at an address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server sent. `url` is where it was in the end, without a password."""

    body: bytes
    kind: str
    url: str


class _Passing(Outage):
    """A failure that may pass."""


@tenacity.retry(
    retry=tenacity.retry_if_exception_type(_Passing),
    stop=tenacity.stop_after_attempt(ATTEMPTS),
    wait=tenacity.wait_exponential(multiplier=0.25, max=8),
    reraise=True,
)
def fetch(url: str, accept: str = "*/*") -> Answer:
    """A page of an index. Raises `Absent`, `ServiceRefusal`, `Outage`."""
    with _opened(url, accept) as response:
        body = response.read(INDEX_BYTES + 1)
        if len(body) > INDEX_BYTES:
            raise InputError(f"{plain_url(url)} answers with more than {INDEX_BYTES >> 20} MiB")
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Answer(body, kind, response.geturl() or plain_url(url))


@tenacity.retry(
    retry=tenacity.retry_if_exception_type(_Passing),
    stop=tenacity.stop_after_attempt(ATTEMPTS),
    wait=tenacity.wait_exponential(multiplier=0.25, max=8),
    reraise=True,
)
def download(url: str, to: Path) -> None:
    """A file, put on the disk whole or not at all. Raises as `fetch` does."""

    def write(path: Path) -> None:
        with _opened(url, "*/*") as response, path.open("wb") as file:
            _copy(response, file, plain_url(url))

    write_via(to, write)


def plain_url(url: str) -> str:
    """The URL without a user and a password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _copy(source: Any, to: IO[bytes], shown: str) -> None:
    left = FILE_BYTES
    while chunk := source.read(1 << 20):
        left -= len(chunk)
        if left < 0:
            raise InputError(f"{shown} is larger than {FILE_BYTES >> 20} MiB, the limit")
        to.write(chunk)


@contextmanager
def _opened(url: str, accept: str) -> Iterator[Any]:
    """A response; foreign errors become ours here."""
    shown = plain_url(url)
    try:
        with _opener().open(_request(url, accept), timeout=TIMEOUT_S) as response:
            yield response
    except urllib.error.HTTPError as error:
        error.close()
        raise _judged(error.code, shown) from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, FileNotFoundError) or url.startswith("file:"):
            raise Absent(f"there is nothing at {shown}") from None
        raise _unreachable(shown, error.reason) from error
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(shown, error) from error


def _judged(status: int, shown: str) -> Exception:
    if status in {404, 410}:
        return Absent(f"there is nothing at {shown} (HTTP {status})")
    if status in _PASSING or status >= 500:
        return _unreachable(shown, f"HTTP {status}")
    return ServiceRefusal(
        f"{shown} refuses (HTTP {status}): check the address of the index and its key"
    )


def _unreachable(shown: str, why: object) -> Outage:
    return _Passing(
        f"{urlsplit(shown).netloc or shown} did not answer for {shown}: {why};"
        " check the network (proxy, SSL_CERT_FILE), then run the same command again"
    )


def _request(url: str, accept: str) -> urllib.request.Request:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https", "file"}:
        raise InputError(f"{plain_url(url)}: only http, https and file addresses are fetched")
    if parts.scheme == "file" and parts.path.endswith("/"):
        url += "index.html"
    made = urllib.request.Request(plain_url(url), headers={"Accept": accept, "User-Agent": AGENT})
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    if user:
        token = base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
        made.add_unredirected_header("Authorization", f"Basic {token}")
    return made


@cache
def _opener() -> urllib.request.OpenerDirector:
    """Proxies and certificates are those of the environment, as for curl and pip."""
    return urllib.request.build_opener()


def quoted(part: str) -> str:
    """A name as one part of a URL's path."""
    return quote(part, safe="@")
