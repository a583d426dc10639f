"""Perl source text: an answer and a test as one program, and what perl says of code."""

import re

import tree_sitter

# What stands at the top of a file without doing its work.
_QUIET = (
    "comment", "package_statement", "phaser_statement", "pod", "subroutine_declaration_statement",
    "use_statement", "use_version_statement", "data_section", "eof_marker",
)  # fmt: skip
_DEFINING = ("assignment_expression", "number", "require_expression", "variable_declaration")
_SETTING = ("binmode", "bless", "srand")
_END = re.compile(r"^__(?:END|DATA)__[ \t]*\n?", re.MULTILINE)
_LINE = re.compile(r"^#(?=[ \t]*line[ \t]+\d)", re.MULTILINE)
_POD = "\n;\n\n=pod\n\n=cut\n\n"
_COMPILED = "UNITCHECK { Backfeed::compiled(__PACKAGE__) }"
_MARK = (
    f"BEGIN {{ Backfeed::reading(__PACKAGE__) }} {_COMPILED}"
    ' Backfeed::begin(__PACKAGE__);\n# line 1 "test.pl"\n'
)
_ABSENT = re.compile(
    r"Can't locate (\S+) in @INC|Perl (\S+) required--this is only"
    r"|(?:[Uu]nknown feature|Feature) \"(\w+)\"|(\S+) version \S+ required--this is only"
)
_SYNTAX = re.compile(r"^syntax error|^Can't find string terminator|^Missing right|^Unmatched right")
_AT = re.compile(r"(.*?) at (?:\./)?main\.pl line (\d+)[.,]")


def acts(node: tree_sitter.Node) -> bool:
    """Does a statement outside of subroutines do the program's work?"""
    if not node.is_named or node.type in _QUIET:
        return False
    if node.type != "expression_statement":
        return True
    inner = node.named_children[0] if node.named_children else None
    said = (node.text or b"").decode("utf-8", "replace")
    if inner is None or inner.type in _DEFINING or re.search(r"\bunless\s+caller\b", said):
        return False
    return not said.startswith(_SETTING)


def own_lines(code: str) -> str:
    """The code where no comment says which line of which file it is."""
    return _LINE.sub("##", code)


def joined(answer: str, test: str) -> tuple[str, int]:
    """An answer and its test as one program, and the line of the mark between the two.

    What an answer has as its data comes after both, and what it says of line numbers is no order.
    """
    code, data = _split(answer)
    tests, more = _split(test)
    before = own_lines(code) + _POD + _MARK
    rest = data or more
    return f"{before}{tests}\n" + (f"__DATA__\n{rest}" if rest else ""), before.count("\n") - 1


def suite(text: str) -> str:
    """A file of tests for another program to run: what it imports is noted, its data is read."""
    code, data = _split(text)
    return f"{_COMPILED} {code}" + (f"__DATA__\n{data}" if data else "")


def _split(text: str) -> tuple[str, str]:
    """The code, and the data that follows it."""
    found = _END.search(text)
    return (text[: found.start()], text[found.end() :]) if found else (text, "")


def lacking(said: str) -> str:
    """The module or the version of perl that is not there; empty if it is something else."""
    found = _ABSENT.search(said)
    if found is None:
        return ""
    name = next(filter(None, found.groups()), "")
    return name.removesuffix(".pm").replace("/", "::") if found[1] else name


def first_fault(said: str) -> tuple[str, str, int]:
    """The rule, the message and the line of the first thing that does not compile; empty if it is
    not the code itself that is at fault, but what it runs while it is compiled.
    """
    if "BEGIN failed" in said and "compilation errors" not in said and not _SYNTAX.search(said):
        return "", "", 0
    for line in said.splitlines():
        found = _AT.match(line)
        if found:
            message = found[1]
            undefined = message.startswith(("Global symbol", "Bareword"))
            rule = "syntax" if _SYNTAX.match(message) else "undefined" if undefined else "compile"
            return rule, message, int(found[2])
    return "", "", 0
