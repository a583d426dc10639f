"""Python packages: `pypi:NAME[==VERSION]`, downloaded and unpacked, never built or run."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from backfeed.engine.contracts import Pin, Pinned, ReadRules
from backfeed.engine.errors import InputError
from backfeed.engine.records import Origin, Sample
from backfeed.engine.sources._files import samples
from backfeed.engine.sources._package import Download, fetched, kept_for, packed, tree_of
from backfeed.engine.sources._simple_index import Release, releases

_ADDRESS = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:==([A-Za-z0-9.+!_-]+))?")
_BEST = ("sdist", "pure", "built")


class _Pypi:
    def resolve(self, address: str, cache: Path, pin: Pin | None = None) -> Pinned:
        """The version asked for, or the newest that is final and not withdrawn."""
        match = _ADDRESS.fullmatch(address.strip())
        if match is None:
            raise InputError(f"pypi:{address} is no package; write pypi:NAME or pypi:NAME==VERSION")
        name, wanted = str(canonicalize_name(match[1])), _version(match[2], address)
        if pin is not None and wanted is not None and str(wanted) != str(Version(pin.version)):
            raise InputError(
                f"pypi:{address} was pinned to {pin.version}; add --update to change it"
            )
        file = kept_for(cache, pin)
        if pin is not None and file is not None:
            return packed(f"pypi:{name}==", pin.version, file=file, cache=cache)
        release = _chosen(releases(name), name, wanted=wanted, pin=pin)
        file = fetched(cache, Download(release.url, release.name, digest=release.sha256))
        return packed(f"pypi:{name}==", str(release.version), file=file, cache=cache)

    def read(self, pinned: Pinned, rules: ReadRules) -> Iterator[Sample]:
        """The files of the release."""
        name = pinned.address.removeprefix("pypi:").partition("==")[0]
        base = Origin(source=pinned.address, repo=name, commit=pinned.version)
        return samples(tree_of(pinned), base, rules)


def _version(text: str | None, address: str) -> Version | None:
    try:
        return Version(text) if text else None
    except InvalidVersion:
        raise InputError(f"pypi:{address}: {text!r} is no version") from None


def _chosen(
    found: Sequence[Release], name: str, *, wanted: Version | None, pin: Pin | None
) -> Release:
    """The best file of the version meant: of the pin, the very file."""
    if pin is not None:
        same = [release for release in found if release.sha256 == pin.sha256]
        if not same:
            raise InputError(
                f"pypi:{name}=={pin.version} was pinned to a file (sha256 {pin.sha256[:16]}…) that"
                " the index has no more; add --update to take what it has now"
            )
        return same[0]
    if not found:
        raise InputError(f"pypi:{name} has no file that could be read: no sdist and no wheel")
    version = wanted or _newest(found)
    files = [release for release in found if release.version == version]
    if not files:
        newest = sorted({release.version for release in found}, reverse=True)[:5]
        raise InputError(
            f"pypi:{name} has no version {version}; the newest are {', '.join(map(str, newest))}"
        )
    return min(files, key=lambda release: (release.yanked, _BEST.index(release.kind), release.name))


def _newest(found: Sequence[Release]) -> Version:
    """The highest version, of those that are final and not withdrawn if there are any."""
    for good in (
        [r for r in found if not r.yanked and not r.version.is_prerelease],
        [r for r in found if not r.yanked],
    ):
        if good:
            return max(release.version for release in good)
    return max(release.version for release in found)


PLUGIN = _Pypi()
