"""Packages of npm: `npm:NAME[@VERSION]`, downloaded and unpacked, never built or run.

The registry is npm's: npm_config_registry, or `registry` of a .npmrc, or npm's own.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from backfeed.engine.contracts import Pin, Pinned, ReadRules
from backfeed.engine.errors import InputError
from backfeed.engine.records import Origin, Sample
from backfeed.engine.sources import _http
from backfeed.engine.sources._files import samples
from backfeed.engine.sources._package import (
    Download,
    fetched,
    hexadecimal,
    kept_for,
    near_names,
    packed,
    tree_of,
)

DEFAULT = "https://registry.npmjs.org"
ACCEPT = "application/vnd.npm.install-v1+json, application/json;q=0.8"

_PART = r"[A-Za-z0-9~][A-Za-z0-9._~-]*"
_ADDRESS = re.compile(rf"((?:@{_PART}/)?{_PART})(?:@([A-Za-z0-9.+_~-]+))?")
# What many projects of JavaScript need; for hints.
_WELL_KNOWN = {
    "async", "axios", "chalk", "commander", "dayjs", "debug", "dotenv", "eslint", "express",
    "fs-extra", "glob", "got", "inquirer", "jest", "koa", "left-pad", "lodash", "minimist", "mocha",
    "moment", "nanoid", "node-fetch", "prettier", "ramda", "react", "redux", "rimraf", "rxjs",
    "semver", "typescript", "underscore", "uuid", "vite", "vue", "webpack", "yargs", "zod",
}  # fmt: skip


class _Npm:
    def resolve(self, address: str, cache: Path, pin: Pin | None = None) -> Pinned:
        """The version or tag asked for, or the one tagged `latest`."""
        match = _ADDRESS.fullmatch(address.strip())
        if match is None:
            raise InputError(f"npm:{address} is no package; write npm:NAME or npm:NAME@VERSION")
        name, wanted = match[1], match[2] or "latest"
        file = kept_for(cache, pin)
        if pin is not None and file is not None:
            return packed(f"npm:{name}@", pin.version, file=file, cache=cache)
        version, download = _chosen(_page(name), name, pin.version if pin else wanted)
        file = fetched(cache, download)
        if pin is not None and file.sha256 != pin.sha256:
            raise InputError(
                f"npm:{name}@{version} is another file than the one pinned (sha256"
                f" {pin.sha256[:16]}…); add --update to take what the registry has now"
            )
        return packed(f"npm:{name}@", version, file=file, cache=cache)

    def read(self, pinned: Pinned, rules: ReadRules) -> Iterator[Sample]:
        """The files of the release."""
        name = pinned.address.removeprefix("npm:").rpartition("@")[0]
        base = Origin(source=pinned.address, repo=name, commit=pinned.version)
        return samples(tree_of(pinned), base, rules)


def registry_url(name: str = "") -> str:
    """The registry that npm would ask for a package: a scope may have its own."""
    named = _configured()
    scope = name.partition("/")[0] if name.startswith("@") else ""
    asked = _variable("registry")
    return (named.get(f"{scope}:registry") or asked or named.get("registry") or DEFAULT).rstrip("/")


def _variable(name: str) -> str:
    """A setting of npm in the environment; npm takes it in small and in capital letters."""
    wanted = f"npm_config_{name}"
    return next((value for key, value in os.environ.items() if key.lower() == wanted and value), "")


def _configured() -> dict[str, str]:
    """What the .npmrc here, or the one of the user, says; the nearer holds."""
    found: dict[str, str] = {}
    mine = _variable("userconfig") or Path.home() / ".npmrc"
    for file in (Path(mine), Path(".npmrc")):
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        pairs = (line.partition("=") for line in lines if "=" in line and line[:1] not in "#;")
        found |= {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}
    return found


def _page(name: str) -> Mapping[str, Any]:
    registry = registry_url(name)
    try:
        answer = _http.fetch(f"{registry}/{_http.quoted(name)}", ACCEPT)
        page = json.loads(answer.body)
        if not isinstance(page, dict):
            raise TypeError("no object")
    except _http.Absent:
        page = {}
    except (ValueError, TypeError) as error:
        shown = _http.plain_url(registry)
        raise InputError(f"{shown} does not answer as a registry does: {error}") from error
    if not page.get("versions"):  # never published, or taken back
        near = near_names(name, _WELL_KNOWN)
        raise InputError(f"no package {name!r} at {_http.plain_url(registry)}; {near}")
    return page


def _chosen(page: Mapping[str, Any], name: str, wanted: str) -> tuple[str, Download]:
    versions, tags = page.get("versions") or {}, page.get("dist-tags") or {}
    version = str(tags.get(wanted, wanted))
    if version not in versions:
        newest = ", ".join(list(versions)[-5:][::-1]) or "none"
        raise InputError(f"npm:{name} has no version {wanted}; the newest are {newest}")
    dist = versions[version].get("dist") or {}
    url, integrity = str(dist.get("tarball", "")), str(dist.get("integrity", ""))
    algorithm, digest = hexadecimal(integrity)
    if not digest:
        algorithm, digest = "sha1", str(dist.get("shasum", ""))
    if not url or not digest:
        raise InputError(f"npm:{name}@{version} has no tarball that could be checked")
    file = urlsplit(url).path.rpartition("/")[2] or f"{version}.tgz"
    return version, Download(url, file, algorithm, digest)


PLUGIN = _Npm()
