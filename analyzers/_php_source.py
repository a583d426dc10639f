"""PHP source text: its opening tag, its namespace, and what only later versions read."""

import re
from typing import Any

from backfeed.analyzers import _tree
from backfeed.analyzers._tree_names import text_of

Plain = dict[str, Any]
TAG = "<?php "
_OPEN = re.compile(r"<\?(?:php\b|=)", re.IGNORECASE)
# Forms that came after PHP 8.2.
_LATER = re.compile(
    r"\bconst[ \t]+[?\\\w|&]+[ \t]+\w+[ \t]*=|::[ \t]*\{|\bset\)|\|>"
    r"|\bnew[ \t]+(?:readonly[ \t]+class\b|[\\\w]+\([^()\n]*\)(?:->|::|\[))"
    r"|[;{][ \t\n]*(?:&?get|set)(?:\([^()\n]*\))?[ \t]*(?:=>|\{)"
    r"|\bstatic[ \t]+\$\w+[ \t]*=[ \t]*(?:new\b|[\\\w]+\()|\bclone[ \t]*\([^()\n]*,"
)


def opened(code: str) -> str:
    """The code with an opening tag, if it has none: lines stay."""
    return code if _OPEN.search(code) else TAG + code


def newer(code: str) -> bool:
    """Has it a form that came after the oldest version that is of use?"""
    return bool(_LATER.search(code))


def in_one_program(answer: str, test: str) -> str:
    """A test as it is read after an answer: in its namespace, with the names that it uses.

    A test that has a namespace of its own, or names that of the answer, is a file of its own.
    """
    space, uses = _outline(opened(answer))
    own, taken = _outline(opened(test))
    if not space or own or re.search(rf"\b{re.escape(space)}\\", test):
        return opened(test)
    kept = [said for name, said in uses.items() if name not in taken]
    before = " ".join([f"namespace {space};", *kept])
    if _OPEN.search(test):
        return _OPEN.sub(lambda tag: f"{tag[0]} {before}", test, count=1)
    return f"{TAG}{before} {test}"


def _outline(code: str) -> tuple[str, dict[str, str]]:
    """The namespace of all that follows, and the names that are used in it with their clauses."""
    space, uses = "", {}
    for node in _tree.tree("php", _tree.encoded(code)).root_node.children:
        if node.type == "namespace_definition" and not node.child_by_field_name("body"):
            name = node.child_by_field_name("name")
            space = text_of(name) if name else ""
        elif node.type == "namespace_use_declaration":
            said = " ".join(text_of(node).split())
            uses[re.split(r"[\\ ]", said.rstrip("; }"))[-1]] = said
    return space, uses
