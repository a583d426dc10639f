"""Does a Python answer fit its problem? Stubs, cut code, missing names, no return."""

import ast
import io
import itertools
import re
import tokenize
from typing import Any

from backfeed.analyzers._python_code import Function, body_of, definitions, is_stub, tree_of

_CUT = re.compile(
    r"#.*\b(rest of (the|your) (code|function|implementation)"
    r"|(code|implementation) continues here|remaining code|existing code)\b",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(", re.MULTILINE)


def fit(code: str, instruction: str, entry_point: str) -> list[dict[str, Any]]:
    """The findings of one answer; those of level `error` say that it does not fit."""
    tree = tree_of(code)
    if tree is None:
        return []
    found = definitions(tree)
    findings = [_finding("cut-code", number, line) for number, line in _cuts(code)]
    if entry_point and entry_point not in found:
        findings.append(_finding("missing-name", 0, f"{entry_point} is not defined"))
    functions = [
        n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    asked = [n for n in functions if n.name == entry_point] or functions
    if asked and all(is_stub(node) for node in asked):
        findings.append(_finding("stub", asked[0].lineno, f"{asked[0].name} does nothing"))
    findings += [_finding("no-return", n.lineno, n.name) for n in asked if _lacks_return(n)]
    findings += [
        _finding("unreachable", line, "code after return or raise", level="note")
        for node in functions
        for line in _unreachable(node)
    ]
    return findings


def entry_point_of(instruction: str, code: str) -> str:
    """The name that the problem asks for: the last one defined in both texts; empty if none is."""
    tree = tree_of(code)
    if tree is None:
        return ""
    mine = [name for name, node in definitions(tree).items() if _callable(node)]
    asked = [name for name in _SIGNATURE.findall(instruction) if name in mine]
    if asked:
        return str(asked[-1])
    named = [name for name in mine if re.search(rf"\b{re.escape(name)}\b", instruction)]
    return named[-1] if named else (mine[0] if len(mine) == 1 else "")


def _callable(node: ast.stmt) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


def _finding(rule: str, line: int, message: str, *, level: str = "error") -> dict[str, Any]:
    return {"rule": rule, "level": level, "message": message, "line": line, "column": 0}


def _cuts(code: str) -> list[tuple[int, str]]:
    """Comments that stand for code which is not there."""
    if not _CUT.search(code):
        return []
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError):
        return []
    comments = [token for token in tokens if token.type == tokenize.COMMENT]
    return [(token.start[0], token.string) for token in comments if _CUT.search(token.string)]


def _lacks_return(function: Function) -> bool:
    """An annotation promises a value, and nothing in the body could give one."""
    promised = "" if function.returns is None else ast.unparse(function.returns).strip("'\"")
    if promised.rpartition(".")[2] in ("", "None", "NoReturn", "Never"):
        return False
    kinds = (ast.Return, ast.Yield, ast.YieldFrom, ast.Raise)
    inner = [node for statement in body_of(function) for node in ast.walk(statement)]
    return not any(isinstance(node, kinds) for node in inner) and not is_stub(function)


def _unreachable(function: Function) -> list[int]:
    ends = (ast.Return, ast.Raise, ast.Continue, ast.Break)
    blocks = [
        getattr(node, name, None) for node in ast.walk(function) for name in ("body", "orelse")
    ]
    return [
        after.lineno
        for block in blocks
        if isinstance(block, list)
        for statement, after in itertools.pairwise(block)
        if isinstance(statement, ends)
    ]
