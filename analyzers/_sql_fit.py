"""Does SQL fit its problem: the dialect that it asks for, a query where one is asked for."""

import re
from typing import Any

from backfeed.analyzers import _sql_dialects, _sql_text, _tree_fit

Plain = dict[str, Any]
_MOVED = re.compile(
    r"\b(?:conver|translat|migrat|port|rewrit|equivalent|instead of)", re.IGNORECASE
)
_ASKS_ROWS = re.compile(
    r"\bquery\b[^.]{0,80}\b(?:that|to|which)\s+(?:returns?|lists?|finds?|selects?|retrieves?"
    r"|shows?|gets?|fetch(?:es)?)\b",
    re.IGNORECASE,
)
_ASKS_CHANGE = re.compile(
    r"\b(?:creat|insert|updat|delet|alter|drop|add|remov|defin|schema|view|trigger|index|ddl)",
    re.IGNORECASE,
)
_DEFINES = re.compile(r"(?:CREATE|ALTER|DROP|TRUNCATE)\b(?!.* VIEW\b)")


def dialect_asked(instruction: str) -> str:
    """The dialect that a problem asks for; empty if it speaks of none, or moves between them."""
    return "" if _MOVED.search(instruction) else _sql_text.dialect_in(instruction)


def fit(code: str, instruction: str) -> list[Plain]:
    """The findings of one answer."""
    findings = [
        _tree_fit.fault("cut-code", one.line, one.text[:100])
        for one in _sql_text.comments(code)
        if _tree_fit.CUT.search(one.text)
    ]
    asked = dialect_asked(instruction)
    told = _sql_dialects.verdict(code, asked) if asked else None
    if told is not None and told.word == "invalid":
        findings.append(_tree_fit.fault("dialect", told.line, f"no {asked}: {told.message}"))
    found = _sql_text.statements(code)
    rows = _ASKS_ROWS.search(instruction) and not _ASKS_CHANGE.search(instruction)
    if rows and found and all(_DEFINES.match(_sql_text.plain(one.text).text) for one in found):
        findings.append(
            _tree_fit.fault("no-query", found[0].line, "it defines, and asks for nothing")
        )
    if not found:
        findings.append(_tree_fit.fault("stub", 0, "it has no statement"))
    elif all(re.fullmatch(r"SELECT (?:NULL|'')(?: ;)?", _sql_text.plain(one.text).text)
             for one in found):  # fmt: skip
        findings.append(_tree_fit.fault("stub", found[0].line, "it gives nothing"))
    return findings
