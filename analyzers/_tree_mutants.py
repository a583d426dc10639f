"""Stubs and mutants of code in any language, by editing its text where the tree says so.

The operators are those of the mutation-testing literature (Offutt's sufficient set, with constants,
conditions, returns and statements left out). What does not parse afterwards is not taken.
"""

import hashlib
import re
from collections.abc import Iterator

from backfeed.analyzers import _tree
from backfeed.analyzers._tree import Span
from backfeed.engine.grammar import Code
from backfeed.engine.languages import ALIKE

SWAPS = {
    "+": "-", "-": "+", "*": "+", "/": "*", "%": "*", "<": "<=", "<=": "<", ">": ">=", ">=": ">",
    "==": "!=", "!=": "==", "===": "!==", "!==": "===", "&&": "||", "||": "&&", "&": "|", "|": "&",
    "<<": ">>", ">>": "<<", "^": "&", "+=": "-=", "-=": "+=", "*=": "+=", "/=": "*=", "++": "--",
    "--": "++", "and": "or", "or": "and", "..": "..=", "..=": "..", "-eq": "-ne", "-ne": "-eq",
    "-lt": "-le", "-le": "-lt", "-gt": "-ge", "-ge": "-gt", "eq": "ne", "ne": "eq", "~=": "==",
}  # fmt: skip
TRUTHS = {"true": "false", "false": "true", "True": "False", "False": "True", "TRUE": "FALSE",
          "FALSE": "TRUE"}  # fmt: skip
WHOLE = re.compile(r"\d+")
NEAR = 200  # bytes before a text that may say that it is a message
CHANGES = ("operator", "number", "string", "truth", "condition", "returned", "statement")


def stub(language: str, code: str, entry_point: str) -> str:
    """The code with its entry point (or every function, if it is unknown) doing nothing."""
    table = _tree.known(language)
    found = _tree.chosen(language, code, entry_point)
    bodies = {one.body: _emptied(table, one.result) for one in found}
    edits = [(span, bodies[span]) for span in _tree.outermost(list(bodies)) if bodies[span]]
    return _tree.edited(_tree.encoded(code), edits) if edits else ""


def _emptied(table: Code, result: str) -> str:
    """The body of a function of this type that does nothing."""
    for pattern, body in table.stubs:
        if re.fullmatch(pattern, result.strip(), re.DOTALL):
            return body.replace("@", result.strip())
    return ""


def is_stub(language: str, code: str, entry_point: str) -> bool:
    """Does every function of the entry point do nothing?"""
    found = _tree.chosen(language, code, entry_point)
    text = _tree.encoded(_tree.without_comments(language, code))
    unfinished = re.compile(_tree.known(language).unfinished, re.DOTALL)
    bodies = [text[slice(*one.body)].decode("utf-8", "replace").strip() for one in found]
    return bool(bodies) and all(unfinished.fullmatch(body) for body in bodies)


def mutants(
    language: str, code: str, entry_point: str, *, most: int = 20, whole: bool = False
) -> list[tuple[str, str]]:
    """Up to `most` different mutants of the entry point (or of all functions, if it is unknown).

    Each stands after the word for what was changed, or after ALIKE: these are not among the `most`.
    With `whole` all the code is. Which ones are taken depends on the code alone, and they are
    spread over its statements.
    """
    text = _tree.encoded(code)
    clean = not _tree.tree(language, text).root_node.has_error
    functions = [] if whole else _tree.chosen(language, code, entry_point)
    inside = [(0, len(text))] if whole else _tree.outermost([one.body for one in functions])
    order = sorted(_edits(language, text, inside), key=lambda edit: _mark(text, edit[1]))
    found: dict[str, str] = {}
    left = most
    for operator, edit in order:
        if left <= 0:
            break
        changed = _tree.edited(text, [edit])
        spoilt = _tree.tree(language, _tree.encoded(changed)).root_node.has_error
        if changed not in (code, *found) and not (clean and spoilt):
            found[changed] = operator
            left -= operator != ALIKE
    return [(operator, changed) for changed, operator in found.items()]


def _mark(text: bytes, edit: tuple[Span, str]) -> bytes:
    return hashlib.blake2b(repr(edit).encode() + text, digest_size=8).digest()


def _edits(
    language: str, text: bytes, inside: list[Span]
) -> Iterator[tuple[str, tuple[Span, str]]]:
    """What may be changed, each time with the word for it."""
    table = _tree.known(language)
    for kind, node in _tree.captured(language, text, *CHANGES):
        span = (node.start_byte, node.end_byte)
        if any(low <= span[0] and span[1] <= high for low, high in inside):
            old = (node.text or b"").decode("utf-8", "replace")
            for new in _changed(table, kind, old):
                is_message = kind == "string" and _is_message(table, text, span)
                yield ALIKE if is_message else kind, (span, new)


def _is_message(table: Code, text: bytes, span: Span) -> bool:
    """Does what stands before a text say that it is what an error or a log says?"""
    before = text[max(0, span[0] - NEAR) : span[0]].decode("utf-8", "replace")
    return bool(re.search(rf"(?:{table.message})\Z", before))


def _changed(table: Code, kind: str, old: str) -> Iterator[str]:
    if kind == "operator":
        new = {**SWAPS, **table.swaps}.get(old, "")
        yield from [new] if new else []
    elif kind == "number":
        yield from [str(int(old) + 1)] if WHOLE.fullmatch(old) else []
    elif kind == "truth":
        yield from [TRUTHS[old]] if old in TRUTHS else []
    elif kind == "string":
        yield from [old[0] + old[-1]] if len(old) > 2 and old[0] == old[-1] else []
    elif kind == "condition":
        yield table.negation.replace("@", old)
    elif kind == "returned":
        yield from [table.nothing] if table.nothing and old != table.nothing else []
    else:
        yield table.dropped
