"""Does an answer fit its problem? The same questions for every language that has a tree."""

import re
from typing import Any

from backfeed.analyzers import _tree
from backfeed.analyzers._tree_mutants import is_stub

CUT = re.compile(
    r"\b(rest of (the|your) (code|function|implementation)|remaining (code|implementation)"
    r"|(code|implementation) continues here|existing code|same as (above|before))\b"
    r"|^[^\w.]*\.\.\.[^\w.]*$",
    re.IGNORECASE | re.MULTILINE,
)

_NAMES = r"\b(?:function|method|procedure|class|struct|type|named|called|write|implement|define)"


def fit(
    language: str, code: str, entry_point: str, *, instruction: str = ""
) -> list[dict[str, Any]]:
    """The findings of one answer; those of level `error` say that it does not fit.

    A name that the problem does not ask for as code is not missed, whatever the row says, nor one
    beside which it shows a function that is there.
    """
    found = _tree.definitions(language, code)
    findings = [fault("cut-code", line, text) for line, text in _cuts(language, code)]
    named = re.compile(rf"\b{re.escape(entry_point)}\b", re.IGNORECASE)
    asked = entry_point and found and _asked_for(entry_point, instruction)
    other = any(one.name and f"{one.name}(" in instruction for one in found)
    if asked and not other and not named.search(code):
        findings.append(fault("missing-name", 0, f"{entry_point} is not defined"))
    if is_stub(language, code, entry_point):
        first = _tree.chosen(language, code, entry_point)[0]
        findings.append(fault("stub", first.line, f"{first.name or 'it'} does nothing"))
    return findings


def _asked_for(name: str, instruction: str) -> bool:
    """Does a text name it? One that is a plain word has to stand there as a name does."""
    word = rf"\b{re.escape(name)}\b"
    if re.fullmatch("[a-z]+", name):
        word = rf"`[^`\n]*{word}|{word}\s*\(|{_NAMES}\s+{word}"
    return bool(re.search(word, instruction, re.IGNORECASE))


def _cuts(language: str, code: str) -> list[tuple[int, str]]:
    """Comments that stand for code which is not there."""
    if not CUT.search(code):
        return []
    return [
        (node.start_point.row + 1, text[:100])
        for node in _tree.comments(language, code)
        if CUT.search(text := (node.text or b"").decode("utf-8", "replace"))
    ]


def fault(rule: str, line: int, message: str) -> dict[str, Any]:
    """An error of the answer as a whole, or of a line."""
    return {"rule": rule, "level": "error", "message": message, "line": line, "column": 0}


def entry_point_of(language: str, instruction: str, code: str) -> str:
    """The name that the problem asks for: the last one defined that it names; empty if none is.

    Functions come before classes; where a program begins is not asked for.
    """
    found = [one for one in _tree.definitions(language, code) if one.name not in ("", "main")]
    for kinds in (("function",), ("method",), ("class",)):
        mine = [one.name for one in found if one.kind in kinds]
        named = [name for name in mine if re.search(rf"\b{re.escape(name)}\b", instruction)]
        if named:
            return named[-1]
    names = {one.name for one in found if one.kind == "function"}
    return names.pop() if len(names) == 1 else ""
