"""The index of Python packages: where it is, and which files of a package it lists.

It is pip's: PIP_INDEX_URL, or `index-url` of pip's configuration files, or PyPI. It may answer in
JSON (PEP 691) or in HTML (PEP 503).
"""

import configparser
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib.metadata import distributions
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from backfeed.engine.errors import InputError
from backfeed.engine.sources import _http
from backfeed.engine.sources._package import near_names

DEFAULT = "https://pypi.org/simple"
ACCEPT = (
    "application/vnd.pypi.simple.v1+json,"
    " application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
)
# What many projects need; for hints.
_WELL_KNOWN = {
    "attrs", "beautifulsoup4", "boltons", "cachetools", "click", "cryptography", "cytoolz",
    "django", "fastapi", "flask", "funcy", "httpx", "jinja2", "matplotlib", "more-itertools",
    "networkx", "numpy", "packaging", "pandas", "pillow", "pluggy", "pydantic", "pygments",
    "pyparsing", "pytest", "python-dateutil", "pyyaml", "requests", "rich", "scikit-learn",
    "scipy", "sortedcontainers", "sqlalchemy", "sympy", "toolz", "tqdm", "urllib3", "werkzeug",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Release:
    """One file of a package. `kind` is the nature of the file: sdist, pure, or built."""

    name: str
    url: str
    version: Version
    kind: str
    sha256: str = ""
    yanked: bool = False


def index_url() -> str:
    """The index that pip would ask."""
    found = os.environ.get("PIP_INDEX_URL") or _configured() or DEFAULT
    return found.strip().rstrip("/")


def releases(name: str) -> list[Release]:
    """Every source distribution and wheel of a package. Raises `InputError`, `Outage`."""
    index = index_url()
    try:
        answer = _http.fetch(f"{index}/{name}/", ACCEPT)
    except _http.Absent:
        near = near_names(name, {*_WELL_KNOWN, *(dist.name for dist in distributions())})
        raise InputError(f"no package {name!r} at {_http.plain_url(index)}; {near}") from None
    base = f"{index}/{name}/" if index.startswith("file:") else answer.url
    if answer.kind.endswith("json"):
        return _from_json(answer.body, base)
    page = _Page()
    page.feed(answer.body.decode("utf-8", "replace"))
    found = (
        _linked(urljoin(page.base or base, link), yanked=yanked) for link, yanked in page.links
    )
    return [release for release in found if release is not None and _is_near(release.url, base)]


def _is_near(url: str, base: str) -> bool:
    """An index elsewhere has no business with the files of this machine."""
    return base.startswith("file:") or not url.startswith("file:")


def _from_json(body: bytes, base: str) -> list[Release]:
    try:
        made = [
            _release(
                item["filename"], urljoin(base, item["url"]),
                sha256=item.get("hashes", {}).get("sha256", ""), yanked=bool(item.get("yanked")),
            )
            for item in json.loads(body)["files"]
        ]  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        shown = _http.plain_url(base)
        raise InputError(f"{shown} is not the index of a package: {error!r}") from error
    return [release for release in made if release is not None and _is_near(release.url, base)]


def _linked(link: str, *, yanked: bool) -> Release | None:
    url, fragment = urldefrag(link)
    algorithm, _, digest = fragment.partition("=")
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    return _release(name, url, sha256=digest if algorithm == "sha256" else "", yanked=yanked)


def _release(name: str, url: str, *, sha256: str, yanked: bool) -> Release | None:
    """A file of the index; None if its name is not one of a package."""
    try:
        if name.endswith(".whl"):
            _, version, _, tags = parse_wheel_filename(name)
            pure = any(tag.platform == "any" for tag in tags)
            return Release(name, url, version, "pure" if pure else "built", sha256, yanked)
        _, version = parse_sdist_filename(name)
    except (InvalidSdistFilename, InvalidWheelFilename, InvalidVersion):
        return None
    return Release(name, url, version, "sdist", sha256, yanked)


class _Page(HTMLParser):
    """The links of an index page, and whether each is yanked."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, bool]] = []
        self.base = ""

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Of `<a href>` and `<base href>`."""
        found = dict(attrs)
        href = found.get("href")
        if tag == "a" and href:
            self.links.append((href, "data-yanked" in found))
        elif tag == "base" and href:
            self.base = href


def _configured() -> str:
    """`index-url` of pip's configuration files; the last that has it holds."""
    named = os.environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return ""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    shared = os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")
    files = [*(Path(folder) / "pip" / "pip.conf" for folder in shared), Path("/etc/pip.conf")]
    files += [Path.home() / ".pip" / "pip.conf", config / "pip" / "pip.conf"]
    files += [Path(sys.prefix) / "pip.conf", *([Path(named)] if named else [])]
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(files, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise InputError(f"pip's configuration cannot be read: {error}") from error
    return parser.get("global", "index-url", fallback="")
