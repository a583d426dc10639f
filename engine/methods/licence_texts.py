"""Which licence a text is: a whole licence file, or the comments at the head of a source file.

A whole licence text is told by askalono, a maintained detector. What it does not recognise (two
texts in one file, a text with additions), and the few lines at the head of a source file, are told
by the sentences that only one licence has.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from backfeed.engine.methods import licences
from backfeed.engine.methods.licence_names import gnu_id, of_name
from backfeed.engine.methods.licences import PERMISSIVE, PROPRIETARY, UNKNOWN

SURE = 0.9
SHORT_TEXT = 600
A_NAME = 80

_BSD = r"redistributions? (?:and use in source and|of source code)"
_BSD_NAMES = r"(?:neither the names?|names? of .{0,80}may (?:not )?be used to endorse)"
_ISC = (
    r"permission to use, copy, modify,? and/?(?:or)? distribute this software for any purpose with"
    r" or without fee is hereby granted"
)
_MIT = (
    r"permission is hereby granted, free of charge, to any person obtaining a copy of this software"
)
_MIT_NOTICE = r".{0,600}above copyright notice"

# Sentences that one licence has, in a text of small letters and single spaces.
_SENTENCES = (
    ("Apache-2.0", r"apache licen[sc]e,? (?:version |v\.? ?)2"),
    ("MIT", rf"{_MIT}(?={_MIT_NOTICE})"),
    ("MIT-0", rf"{_MIT}(?!{_MIT_NOTICE})"),
    ("BSL-1.0", r"boost software licen[sc]e"),
    ("BSD-3-Clause", rf"{_BSD}(?=.{{0,1500}}{_BSD_NAMES})"),
    ("BSD-2-Clause", rf"{_BSD}(?!.{{0,1500}}{_BSD_NAMES})"),
    ("ISC", rf"{_ISC},? provided"),
    ("0BSD", rf"{_ISC}\."),
    ("Zlib", r"provided ['\"]as-is['\"],? without any express or implied warranty"),
    ("MPL-2.0", r"mozilla public licen[sc]e,? (?:version |v\.? ?)2"),
    ("MPL-1.1", r"mozilla public licen[sc]e,? (?:version |v\.? ?)1\.1"),
    ("EPL-2.0", r"eclipse public licen[sc]e,?(?: -)? (?:version |v\.? ?)2"),
    ("EPL-1.0", r"eclipse public licen[sc]e,?(?: -)? (?:version |v\.? ?)1"),
    ("CDDL-1.0", r"common development and distribution licen[sc]e"),
    ("EUPL-1.2", r"european union public licen[sc]e"),
    ("Unlicense", r"this is free and unencumbered software released into the public domain"),
    ("CC0-1.0", r"cc0 1\.0 universal|cc0 public domain"),
    ("CC-BY-SA-4.0", r"attribution-sharealike|\bcc[ -]by-sa"),
    ("CC-BY-NC-4.0", r"attribution-noncommercial|\bcc[ -]by-nc"),
    ("WTFPL", r"do what the fuck you want to public licen[sc]e"),
    ("Artistic-2.0", r"artistic licen[sc]e 2"),
    ("PSF-2.0", r"python software foundation licen[sc]e version 2"),
    ("SSPL-1.0", r"server side public licen[sc]e"),
    ("BUSL-1.1", r"business source licen[sc]e"),
    ("Elastic-2.0", r"elastic licen[sc]e,? (?:version )?2"),
)  # fmt: skip

# A licence that is only named, as heads of source files do.
_UNDER = (
    r"(?:licen[sc]ed|released|distributed|available|provided|governed)(?: to you)? (?:by|under)"
    r"(?: the)?(?: terms of)?(?: the| an?)?"
)
_BSD_3 = r"\bbsd-style licen[sc]e|\bbsd[ -]3[ -]clause"
_PSF = r"\bpsf licen[sc]e|python software foundation licen[sc]e|licensed to psf under a contributor"
_IN_PUBLIC_DOMAIN = r"(?:placed|released|dedicated|put|is|are)(?: in| into| to)? the public domain"
_PHRASES = (
    ("MIT", rf"{_UNDER} mit\b|\bmit licen[sc]ed?\b"),
    ("BSD-2-Clause", r"(?:2-clause|simplified) bsd\b|\bbsd[ -]2[ -]clause"),
    ("BSD-3-Clause", rf"{_UNDER} (?:new |modified |3-clause )?bsd\b(?! [23]|-2)|{_BSD_3}"),
    ("Apache-2.0", rf"{_UNDER} apache\b"),
    ("ISC", r"\bisc licen[sc]e"),
    ("PSF-2.0", _PSF),
    ("LicenseRef-scancode-public-domain", _IN_PUBLIC_DOMAIN),
)  # fmt: skip

# What takes a freedom away from whichever licence it is added to.
_RESTRICTIONS = re.compile(
    r"commons clause|for non-?commercial (?:use|purposes?)|not be used for (?:any )?commercial"
    r"|proprietary and confidential|confidential and proprietary"
    r"|unauthori[sz]ed (?:copying|use|reproduction)|does not grant to you the right to sell"
)
_GNU = re.compile(
    r"gnu (affero general|lesser general|library general|general) public licen[sc]e"
    r"|\b([al])?gpl(?:v|[ -]v?)?(?=\d)"
)
_VERSION = re.compile(r"(?:version |\bv\.? ?|\A)(\d(?:\.\d)?)\b")
_LATER = re.compile(r"any later|or later|or newer|or above|\A\d(?:\.\d)?\+")

_TAG = re.compile(r"SPDX-License-Identifier:[ \t]*([^\r\n]+)")
_TAG_END = re.compile(r"\s*(?:\*+/|-->|#\}|\]\]|\*\)|['\"]{1,3},?)\s*$")

_STATED = re.compile(
    r"(?:@licen[sc]e[ \t]+|^\W*Licen[sc]e:[ \t]*)([^\r\n*]+)", re.MULTILINE | re.IGNORECASE
)

_SENTENCE_OF = [(name, re.compile(pattern)) for name, pattern in _SENTENCES]
_PHRASE_OF = [(name, re.compile(pattern)) for name, pattern in _PHRASES]
_COPYRIGHT = re.compile(
    r"copyright (?:\(c\)|©|[\d ,-])+.{0,80}?(?=permission|redistrib|all rights|$)"
)
_LEADING_MARKS = re.compile(r"^[ \t]*(?:[*#;%!>|]+|//+|--+)[ \t]*|[*#]+/?[ \t]*$", re.MULTILINE)


def of_file(text: str) -> str:
    """The licence of a licence file's text; `NOASSERTION` if it is not recognised.

    A text of several licences gives the strictest; a restriction added to one makes it proprietary.
    """
    if len(text.strip()) < A_NAME and (named := of_name(text)) != UNKNOWN:
        return named
    flat = _flat(text)
    if _RESTRICTIONS.search(flat) and "creative commons" not in flat:
        return PROPRIETARY
    wording = _Wording(_COPYRIGHT.sub(" ", flat), text)
    detected = _detected(wording) if len(text) >= SHORT_TEXT else ""
    if not detected:
        return licences.combined(_sentences(flat) or of_head(text[: 4 * SHORT_TEXT]))
    if licences.rank(detected) > PERMISSIVE:
        return detected  # a copyleft text names others of its family
    return licences.combined(
        [detected, *(e for e in _sentences(flat) if licences.rank(e) > PERMISSIVE)]
    )


def of_head(comments: str) -> list[str]:
    """The licences that the comments at the head of a source file state; empty if none.

    >>> of_head("SPDX-License-Identifier: GPL-2.0+ OR MIT")
    ['GPL-2.0-or-later OR MIT']
    >>> of_head("# Licensed under the Apache\\n# License, Version 2.0 (the ...")
    ['Apache-2.0']
    """
    tags = [_TAG_END.sub("", tag).strip() for tag in _TAG.findall(comments)]
    if tags:
        trees = [licences.parse(tag) for tag in tags]
        return [UNKNOWN if tree is None else str(tree) for tree in trees]
    flat = _flat(comments)
    if _RESTRICTIONS.search(flat):
        return [PROPRIETARY]
    return _sentences(flat) or _phrases(flat) or _stated(comments)


def _stated(comments: str) -> list[str]:
    """What stands behind "@license" or "License:", if that is a name."""
    found = {of_name(name.strip()) for name in _STATED.findall(comments)}
    return sorted(found - {UNKNOWN})


def _flat(text: str) -> str:
    """Small letters, single spaces, no marks of comments."""
    return " ".join(_LEADING_MARKS.sub(" ", text).lower().split())


def _sentences(flat: str) -> list[str]:
    """The licences whose own sentences stand in a text, each once, in a fixed order."""
    found = [name for name, pattern in _SENTENCE_OF if pattern.search(flat)]
    return (
        found if "PSF-2.0" in found else [*found, *_gnu_named(flat)]
    )  # it tells of GNU's at length


def _phrases(flat: str) -> list[str]:
    return [name for name, pattern in _PHRASE_OF if pattern.search(flat)]


def _gnu_named(flat: str) -> list[str]:
    """The GNU licences that are named with a version; else the first that is named without."""
    dated: list[str] = []
    bare: list[str] = []
    for match in _GNU.finditer(flat):
        after = flat[match.end() : match.end() + 160]
        around = flat[max(match.start() - 50, 0) : match.end() + 25]
        if match[1] is None and not re.search(r"licen|under ", around):
            continue  # an abbreviation in passing
        version = _VERSION.search(after) or _VERSION.search(
            flat[max(match.start() - 60, 0) : match.start()]
        )
        kind = match[1] or match[2] or "general"
        named = gnu_id(kind, version[1] if version else "", later=bool(_LATER.search(after)))
        (dated if version else bare).append(named)
    return sorted(set(dated)) or bare[:1]


@dataclass(frozen=True, slots=True)
class _Wording:
    """A licence text, which is the same as another whoever the holder is."""

    plain: str
    text: str = field(compare=False)


@lru_cache(maxsize=1024)
def _detected(wording: _Wording) -> str:
    """What the detector is sure of; empty if it is not. It takes 0.14 s a text."""
    import askalono

    found = askalono.identify(wording.text)
    if found is None or found.score < SURE:
        return ""
    name = str(found.name)
    if name == "Pixar" and "pixar" not in wording.plain:
        name = "Apache-2.0"  # without its appendix, that text is nearer to this derivative
    tree = licences.parse(name)
    return "" if tree is None else str(tree)
