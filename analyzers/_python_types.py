"""What ty has against Python snippets, as far as it is sure: types that no caller can change.

What annotations promise and code does not keep works all the same, so it says nothing here. Nor
does what may be of several types, nor what stands where its error is caught.
"""

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from backfeed.analyzers import _batch, _python_code
from backfeed.engine.errors import AskFailed, Outage
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, Job, Limits, Outcome

Plain = dict[str, Any]
_TY = "/opt/backfeed/bin/ty"
_LIMITS = Limits(
    cpu_s=60.0, wall_s=120.0, memory_mb=2048, output_kb=16 * 1024, disk_mb=256, processes=128
)
_OWN_DOING = ("SIG", "TLE", "IDLE", "MLE", "OLE")
# The packages of no machine: an import of one that is not Python's own brings no types.
_ALONE = (
    File("alone/pyvenv.cfg", "home = /usr/bin\n"),
    File("alone/lib/python3.13/site-packages/none", ""),
)
_PLAIN = r"(?:str|int|float|bool|bytes|complex|list|dict|set|frozenset|tuple|range|Literal)\b[^`]*"
_NO_MANY = r"(?:int|float|bool|Literal\[-?\d|CoroutineType)\b[^`]*"
_CALLS = ("missing-argument", "too-many-positional-arguments", "unknown-argument")
# The rules that count, and how their messages must begin.
_RULES: Mapping[str, str] = {
    **dict.fromkeys(_CALLS, ""),
    **dict.fromkeys(("unresolved-reference", "duplicate-base", "abstract-class-instantiation"), ""),
    **dict.fromkeys(("invalid-raise", "invalid-exception-caught", "invalid-await"), ""),
    "parameter-already-assigned": "",
    "unsupported-operator": f"Operator .* between (?:objects of type `{_PLAIN}` and `{_PLAIN}`"
    f"|two objects of type `{_PLAIN}`)",
    "not-callable": f"Object of type `{_PLAIN}`",
    "not-iterable": f"Object of type `{_NO_MANY}`",
    "not-subscriptable": f"Cannot subscript object of type `(?:None|{_NO_MANY})`",
    "missing-attribute": f"Object of type `{_PLAIN}` has no attribute|Module `.* no member `[^_]",
    "invalid-assignment": "Cannot assign to a subscript on an object of type `"
    r"(?:tuple|str|bytes|range|int|float|bool|Literal)\b",
    "invalid-argument-type": r"Argument to function `len` is incorrect: .* found `(?:Literal\[-?\d"
    r"|int|float|bool)|.*Expected `(?:Readable)?Buffer`, found `(?:str`|Literal\[\")",
}
# Types of which it is not said which one it is, or that anything may be.
_OPEN = re.compile(
    r" \| |\bUnknown\b(?!\])|\bAny\b(?!\])|\w@|`(?:object|Self|Divergent|Never)\b"
    r"|Literal\[(?:[^\[\]]*), "
)
_BY_NAME = ("unresolved-reference", "missing-attribute")
# Code that gives names and attributes a value as it runs.
_DYNAMIC = re.compile(
    r"\b(?:globals|locals|vars|exec|setattr)\s*\(|\b__dict__\b|^\s*from\s+\S+\s+import\s+\*", re.M
)
_CAUGHT = {
    "AttributeError", "TypeError", "NameError", "UnboundLocalError", "Exception", "BaseException",
}  # fmt: skip


def said(codes: Sequence[str]) -> Asks[list[Plain]]:
    """For each snippet, all of which parse, the analysis of ty: what is left in it is certain."""
    bare = [_bare(code) for code in codes]
    found = yield from _told(bare, _RULES)
    kept = [_sure(code, one["findings"]) for code, one in zip(codes, found, strict=True)]
    again = {n: text for n, code in enumerate(bare) if (text := _asking(code, kept[n]))}
    revealed = yield from _told(list(again.values()), ())
    alone = {n for n, one in zip(again, revealed, strict=True) if _is_alone(one["findings"])}
    return [
        {**one, "findings": [f for f in kept[n] if n in alone or not _may_be_other(f)]}
        if one["word"] == "ok" else one
        for n, one in enumerate(found)
    ]  # fmt: skip


def _told(codes: Sequence[str], rules: Iterable[str]) -> Asks[list[Plain]]:
    chosen = [word for rule in rules for word in ("--error", rule)]
    if not codes:
        return []
    found = yield from _batch.halved(codes, lambda part: _run(part, chosen))
    return [_batch.ended("ty")] if found is None else found


def _run(codes: Sequence[str], rules: Sequence[str]) -> Asks[list[Plain] | None]:
    files = [File(f"s_{n:06d}.py", code) for n, code in enumerate(codes)]
    command = (
        _TY, "check", "--no-progress", "--exit-zero", "--output-format", "gitlab",
        "--python", "alone", "--python-version", "3.13", "--python-platform", "all",
        "--ignore", "all", *rules, *(file.path for file in files),
    )  # fmt: skip
    try:
        outcome: Outcome = yield from Job(files=(*files, *_ALONE), command=command, limits=_LIMITS)
    except AskFailed:
        return None
    if outcome.verdict in _OWN_DOING:
        return None
    if outcome.verdict != "AC":
        raise Outage(f"ty: {outcome.verdict} {outcome.stderr[:200]}")
    found: dict[int, list[Plain]] = {}
    for item in json.loads(outcome.stdout):
        path, begin = item["location"]["path"], item["location"]["positions"]["begin"]
        found.setdefault(int(path.rpartition("_")[2].removesuffix(".py")), []).append({
            "rule": item["check_name"], "level": "error",
            "message": item["description"].partition(": ")[2][:300],
            "line": begin["line"], "column": begin["column"],
        })  # fmt: skip
    return [_analysis(found.get(n, [])) for n in range(len(codes))]


def _analysis(found: Iterable[Plain]) -> Plain:
    version = _batch.version_of("ty")
    return _batch.analysis("ty", version, word="ok", findings=list(found))


def _bare(code: str) -> str:
    """The code without comments that switch a rule off."""
    if "ignore" not in code:
        return code
    lines = code.split("\n")
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.COMMENT and "ignore" in token.string:
                row, column = token.start
                lines[row - 1] = lines[row - 1][:column]
    except (tokenize.TokenError, SyntaxError):
        return code
    return "\n".join(lines)


def _sure(code: str, found: Sequence[Plain]) -> list[Plain]:
    """The findings that are certain, whatever calls the code."""
    dynamic = bool(_DYNAMIC.search(code))
    once = {(one["rule"], one["line"]): one for one in found if _is_sure(one, dynamic=dynamic)}
    kept = list(once.values())
    tree = _python_code.tree_of(code) if kept else None
    if tree is None:
        return []
    caught, starred = list(_caught(tree)), list(_starred(tree))
    return [
        one for one in kept
        if not any(one["line"] in lines for lines in caught)
        and not (one["rule"] in _CALLS and any(one["line"] in lines for lines in starred))
    ]  # fmt: skip


def _is_sure(finding: Plain, *, dynamic: bool) -> bool:
    rule, message = finding["rule"], finding["message"]
    if rule not in _RULES or (dynamic and rule in _BY_NAME) or _OPEN.search(message):
        return False
    return bool(re.match(_RULES[rule], message))


def _may_be_other(finding: Plain) -> bool:
    """Is this said of one type, where there may be others beside it?"""
    return bool(finding["rule"] == "not-subscriptable")


def _caught(tree: ast.Module) -> Iterator[range]:
    """Lines on which an error of the kind in question is what the code waits for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Try | ast.TryStar) and any(map(_catches, node.handlers)):
            yield range(node.lineno, (node.body[-1].end_lineno or node.lineno) + 1)
        elif isinstance(node, ast.With | ast.AsyncWith):
            said = " ".join(ast.unparse(item.context_expr) for item in node.items)
            if re.search(r"raises|suppress", said, re.IGNORECASE):
                yield range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _starred(tree: ast.Module) -> Iterator[range]:
    """Lines of calls of which it is not said how many arguments they give."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (
            any(isinstance(one, ast.Starred) for one in node.args)
            or any(one.arg is None for one in node.keywords)
        ):
            yield range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _catches(handler: ast.ExceptHandler) -> bool:
    names = re.findall(r"\w+", ast.unparse(handler.type)) if handler.type else ["BaseException"]
    return bool(_CAUGHT.intersection(names))


def _asking(code: str, found: Sequence[Plain]) -> str:
    """The code asking for the first type that may be one of several; empty if there is none."""
    place = next(((one["line"], one["column"]) for one in found if _may_be_other(one)), None)
    tree = _python_code.tree_of(code) if place else None
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Subscript) and _place(node, code) == place:
            value = ast.get_source_segment(code, node.value) or ""
            whole = ast.get_source_segment(code, node) or ""
            before = code.split("\n")[: node.lineno - 1]
            begin = sum(len(line) + 1 for line in before) + _place(node, code)[1] - 1
            asked = f"reveal_type({value}){whole[len(value) :]}"
            return code[:begin] + asked + code[begin + len(whole) :]
    return ""


def _place(node: ast.expr, code: str) -> tuple[int, int]:
    line = code.split("\n")[node.lineno - 1].encode()[: node.col_offset]
    return node.lineno, len(line.decode("utf-8", "replace")) + 1


def _is_alone(found: Sequence[Plain]) -> bool:
    """Was the type that was asked for one, and not one of several?"""
    told = [one["message"] for one in found if one["rule"] == "revealed-type"]
    return bool(told) and not any(map(_OPEN.search, told))
