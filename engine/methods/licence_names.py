"""Which licence a word of package metadata means ("BSD License", "GPLv3+", "Apache 2")."""

import re
from collections.abc import Mapping
from typing import Any

from backfeed.engine.methods import licences
from backfeed.engine.methods.licences import PROPRIETARY, UNKNOWN

VAGUE = frozenset({"BSD-3-Clause", "GPL-1.0-or-later", "LGPL-2.0-or-later", "AGPL-1.0-or-later"})
"""What a name without a version is taken for, the strictest of its family."""

_PUBLIC_DOMAIN = "LicenseRef-scancode-public-domain"

COLUMNS = (
    "licence", "license", "licences", "licenses", "repo_license", "repo_licence",
    "max_stars_repo_licenses", "detected_licenses", "license_type", "spdx",
)  # fmt: skip
"""The columns in which rows of data sets name their licence, the best first."""

# Names as they remain when words that all licences have are left out.
_MEANT = {
    "MIT": "mit, expat, mit expat, mit x11, x11 mit, mit mit",
    "MIT-0": "mit no attribution, mit 0",
    "MIT-CMU": "cmu, hpnd pillow",
    "Apache-2.0": "apache, apache 2, apache 2.0, apache v2, apache v2.0, apache2, apache2.0, "
    "asl 2, asl 2.0, al2",
    "BSD-2-Clause": "2 clause bsd, two clause bsd, bsd 2 clause, bsd 2, bsd2, simplified bsd, "
    "bsd simplified, freebsd",
    "BSD-3-Clause": "bsd, bsd 3, bsd3, bsd 3 clause, 3 clause bsd, three clause bsd, new bsd, "
    "bsd new, modified bsd, revised bsd, bsd new or revised, new or revised bsd, bsd derived, "
    "bsd like",
    "0BSD": "zero clause bsd, bsd 0 clause, bsd 0",
    "ISC": "isc, iscl",
    "Zlib": "zlib, zlib libpng",
    "BSL-1.0": "boost, boost 1.0",
    "Unlicense": "unlicense",
    "WTFPL": "wtfpl, do what the fuck you want to public",
    "PSF-2.0": "psf, python foundation, psfl, python",
    "ZPL-2.1": "zpl, zpl 2.1, zope public",
    "PostgreSQL": "postgresql",
    "HPND": "historical permission notice and disclaimer",
    "NCSA": "university of illinois ncsa open source, ncsa",
    "UPL-1.0": "universal permissive, upl",
    "AFL-3.0": "academic free",
    "Artistic-2.0": "artistic, artistic 2, artistic 2.0",
    "MPL-1.1": "mozilla public 1.1, mpl 1.1",
    "MPL-2.0": "mozilla public 2.0, mozilla public 2, mpl 2.0, mpl 2, mplv2, mpl2, mpl, "
    "mozilla public v2.0, mozilla public",
    "EPL-1.0": "eclipse public 1.0, epl 1.0",
    "EPL-2.0": "eclipse public 2.0, epl 2.0, eclipse public, epl",
    "CDDL-1.0": "common development and distribution, cddl",
    "EUPL-1.2": "european union public 1.2, eupl 1.2, eupl, european union public",
    "OSL-3.0": "open 3.0, osl 3.0",
    "OFL-1.1": "sil open font 1.1, ofl 1.1, ofl",
    "CC0-1.0": "cc0, cc0 1.0, cc0 1.0 universal, cc0 1.0 universal public domain dedication",
    _PUBLIC_DOMAIN: "public domain, publicdomain, pd",
    "LicenseRef-permissive": "permissive",
    PROPRIETARY: "proprietary, other proprietary, commercial, unlicensed, all rights reserved, "
    "closed, closed source, free for non commercial use, freeware, none",
}  # fmt: skip
_NAMES = {name: spdx for spdx, names in _MEANT.items() for name in names.split(", ")}

_EMPTY_WORDS = re.compile(r"\b(?:the|licen[sc]ed?|software|style|version|ver|terms|under)\b")
_GNU = re.compile(
    r"(?:gnu )?(?P<kind>a|l|affero|lesser|library)? ?(?:gpl|general public)"
    r"(?: or lesser general public)? ?v?(?P<version>\d(?:\.\d)?)?(?:\.0)?"
    r" ?(?P<later>\+|or (?:later|newer|above|any later)|and later)?(?: only)?"
)
_GNU_VERSIONS = {
    "GPL": ("1.0", "2.0", "3.0"),
    "LGPL": ("2.0", "2.1", "3.0"),
    "AGPL": ("1.0", "3.0"),
}


def in_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What a row says of its licence, in its own words; of a list, each; nothing if it says none.

    >>> in_row({"license": " ", "detected_licenses": ["MIT", "Apache 2"]}), in_row({"id": "MIT"})
    (('MIT', 'Apache 2'), ())
    """
    for name in COLUMNS:
        value = row.get(name)
        words = value if isinstance(value, list | tuple) else (value,)
        said = tuple(word for word in words if isinstance(word, str) and word.strip())
        if said:
            return said
    return ()


def of_name(name: str) -> str:
    """The licence that a name means; `NOASSERTION` if nobody can tell.

    >>> [of_name(n) for n in ("MIT License", "Apache 2", "GPLv3+", "BSD", "see LICENSE")]
    ['MIT', 'Apache-2.0', 'GPL-3.0-or-later', 'BSD-3-Clause', 'NOASSERTION']
    >>> of_name("GNU Lesser General Public License v3 (LGPLv3)"), of_name("MIT/Apache-2.0")
    ('LGPL-3.0-only', 'MIT OR Apache-2.0')
    """
    stripped = " ".join(name.split()).strip(" .\"'")
    if licences.is_known(stripped):
        return str(licences.parse(stripped))
    inner = re.search(r"\(([\w.+-]+)\)$", stripped)
    if inner and licences.is_known(inner[1]):
        return str(licences.parse(inner[1]))
    folded = _folded(re.sub(r"\s*\([^)]*\)$", "", stripped))
    if folded in _NAMES:
        return _NAMES[folded]
    if (gnu := _GNU.fullmatch(folded)) is not None:
        return gnu_id(gnu["kind"] or "g", gnu["version"] or "", later=bool(gnu["later"]))
    split = re.split(r"\s*[/|]\s*|\s+or\s+|\s*,\s*", stripped, flags=re.IGNORECASE)
    found = [of_name(part) for part in split] if len(split) > 1 else []
    return " OR ".join(found) if found and UNKNOWN not in found else UNKNOWN


def gnu_id(kind: str, version: str, *, later: bool) -> str:
    """The id of a GNU licence: one that states no version means its first, or any later."""
    family = {"a": "AGPL", "l": "LGPL"}.get(kind[0].lower(), "GPL")
    wanted = version if "." in version else f"{version}.0"
    known = _GNU_VERSIONS[family]
    if wanted not in known:
        return f"{family}-{known[0]}-or-later"
    return f"{family}-{wanted}-{'or-later' if later else 'only'}"


def _folded(name: str) -> str:
    bare = re.sub(r"[-_/,()]+", " ", name.lower())
    return " ".join(_EMPTY_WORDS.sub(" ", bare).split())
