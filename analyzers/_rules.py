"""Our own rules, `rules/<language>.toml`, in the words of the tools that look for them.

A rule's `patterns` are written as ast-grep's, where `$X` is any node and `$$$` any number of them;
`where` holds what some must look like. What a tool needs to be told otherwise stands under its
name: `ast_grep` is a rule of its own, `semgrep` a list of its operators; `false` leaves it out. The
rules of a file are those of the languages that it is `also` for, too.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any

from backfeed.engine.grammar import grammars

Plain = dict[str, Any]

LEVELS = ("error", "warning", "note")
_MANY = re.compile(r"\$\$\$\w*")
_ANY = re.compile(r"(, \$\$\$|\$\$\$, )")
# Where a call alone would be read as something else.
_AROUND = {"c": "void f(void) { @; }", "go": "func f() { @ }"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `error` rejects what it finds; `wrong` are snippets with it, `right` without."""

    id: str
    level: str
    message: str
    language: str
    wrong: tuple[str, ...]
    right: tuple[str, ...]
    patterns: tuple[str, ...] = ()
    where: Plain = field(default_factory=dict)
    ast_grep: Any = True
    semgrep: Any = True


@cache
def rules() -> dict[str, Rule]:
    """All rules by their ids, which begin with the language."""
    found: dict[str, Rule] = {}
    folder = files("backfeed.analyzers") / "rules"
    for name in sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml")):
        table = tomllib.loads((folder / name).read_text(encoding="utf-8"))
        for each in (name.removesuffix(".toml"), *table.get("also", ())):
            found |= {f"{each}-{one['id']}": _made(one, each) for one in table["rule"]}
    return found


def _made(table: Plain, language: str) -> Rule:
    lists = {key: tuple(table.get(key, ())) for key in ("wrong", "right", "patterns")}
    made = {**table, **lists, "id": f"{language}-{table['id']}", "language": language}
    return Rule(**made)


def of(tool: str) -> dict[str, Rule]:
    """The rules that a tool looks for: `ast_grep` or `semgrep`."""
    return {name: rule for name, rule in rules().items() if getattr(rule, tool) is not False}


def languages(tool: str) -> tuple[str, ...]:
    """Those that a tool has rules for."""
    return tuple(sorted({rule.language for rule in of(tool).values()}))


@cache
def for_ast_grep() -> str:
    """The file of rules for `ast-grep scan --rule`."""
    return "\n---\n".join(json.dumps(_ast_grep(rule)) for rule in of("ast_grep").values()) + "\n"


@cache
def for_semgrep() -> str:
    """The file of rules for `semgrep scan --config`."""
    return json.dumps({"rules": [_semgrep(rule) for rule in of("semgrep").values()]}) + "\n"


def mark(tool: str) -> str:
    """What identifies a tool's rules, levels and messages included."""
    told = [(rule.id, rule.level, rule.message) for rule in of(tool).values()]
    config = for_ast_grep() if tool == "ast_grep" else for_semgrep()
    return hashlib.sha256(repr((told, config)).encode()).hexdigest()[:12]


def concerns(rule: str, path: str) -> bool:
    """Is a file of the rule's language, by its name?"""
    return path.endswith(tuple(grammars()[rules()[rule].language].extensions))


def finding(rule: str, line: int, column: int) -> Plain:
    """What is told of a place where a rule's pattern was found."""
    known = rules()[rule]
    return {
        "rule": rule, "level": known.level, "message": known.message, "line": line,
        "column": column,
    }  # fmt: skip


def _ast_grep(rule: Rule) -> Plain:
    own = rule.ast_grep if isinstance(rule.ast_grep, dict) else {}
    spelt = [one for pattern in rule.patterns for one in _spelt(pattern)]
    return {
        "id": rule.id, "language": rule.language, "severity": "warning", "message": "",
        "rule": own or {"any": [{"pattern": _pattern(rule, one)} for one in spelt]},
        "constraints": {name: {"regex": regex} for name, regex in rule.where.items()},
    }  # fmt: skip


def _spelt(pattern: str) -> Iterator[str]:
    """A pattern with and without each comma before or after any number of nodes."""
    parts = _ANY.split(pattern)
    for kept in product(*(("", part) if _ANY.fullmatch(part) else (part,) for part in parts)):
        yield "".join(kept)


def _pattern(rule: Rule, pattern: str) -> Any:
    around = _AROUND.get(rule.language)
    if around is None or not pattern.endswith(")"):
        return pattern
    return {"context": around.replace("@", pattern), "selector": "call_expression"}


def _semgrep(rule: Rule) -> Plain:
    patterns = [_MANY.sub("...", pattern) for pattern in rule.patterns]
    either: Plain = {"pattern-either": [{"pattern": pattern} for pattern in patterns]}
    where = [
        {"metavariable-regex": {"metavariable": f"${name}", "regex": regex}}
        for name, regex in rule.where.items()
    ]
    found = rule.semgrep if isinstance(rule.semgrep, list) else [either, *where]
    return {
        "id": rule.id, "languages": [rule.language], "severity": "WARNING", "message": "found",
        "patterns": found,
    }  # fmt: skip
