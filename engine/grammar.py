"""What is known of each language without running any of it: the tables in `grammars/*.toml`."""

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath

import msgspec

from backfeed.engine.methods.text_parts import Marks


@dataclass(frozen=True, slots=True)
class Code:
    """How code of a language is read as a tree, emptied and changed.

    `tree` is the grammar's wheel and the function in it; queries stand in `grammars/<name>.scm`.
    What lacks the `opening` is read as if it had it: else it is text to the grammar. Where `named`
    is false nothing has a name that could be another: it is data, or a page. A tree with errors is
    no program where `strict` is true and no parser of the language's own can be asked.

    `stubs` are pairs: an expression for a result type, and the body of a function of that type that
    does nothing; `unfinished` is how bodies look that nobody has written yet. `swaps` are operators
    and what mutants put in their place, besides those of all languages; `negation` turns a
    condition round, `nothing` is what may be returned instead of a value, `dropped` what stands for
    a statement that is left out; `@` stands for the type, the condition. `message` is what stands
    right before a text that an error or a log says: without it the code looks equivalent.
    `comments` are nodes that are comments, `kept_comments` an expression for those that mean
    something to a tool.
    `guards` finds the statements that end a test with an error, `skips` what switches tests off in
    files of tests, with what is put in its place. `respelt` is what the grammar is known to refuse
    wrongly, with what it takes instead; `complaint` finds what a compiler says of a fault.
    `given` finds what reads a program's input, arguments, files or a network, `faults` those of its
    last words that no lack of these explains.
    """

    tree: str = ""
    opening: str = ""
    named: bool = True
    strict: bool = True
    stubs: tuple[tuple[str, str], ...] = ((".*", "{}"),)
    swaps: Mapping[str, str] = field(default_factory=dict)
    unfinished: str = r"\{?[\s;]*(throw\b[^;]*;\s*)?\}?"
    negation: str = "!(@)"
    nothing: str = ""
    dropped: str = ";"
    message: str = r"(?!)"
    comments: tuple[str, ...] = ("comment",)
    kept_comments: str = ""
    guards: str = ""
    skips: tuple[tuple[str, str], ...] = ()
    respelt: tuple[tuple[str, str], ...] = ()
    complaint: str = r"^.*\b[Ee]rror\b.*$"
    given: str = ""
    faults: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """How units are cut from files of a language, and how calls of them are tried and recorded.

    What stands in `inside` nodes counts as the top of the file; `frames` are types around static
    functions, which go with them, and `framed` is how that is written: `@h` is the frame's head,
    `@m` its members; of frames in frames the innermost goes with it if `nested`. `imports` are
    nodes that bring in names, as does what begins as `requires` says; `standard` matches those of
    the standard library, `always` those that bring anything, `imported` is how one is written;
    `folded` names are alike whatever their case, and `binders` are nodes in which names are bound.
    `classes` are nodes that can be units as a whole; `maker` is the constructor's name (`@`: that
    of the class). Methods whose head matches `hidden` are nobody's business, nor are those after
    what matches `hides`; one whose body matches `gives` (if that is empty: of which it is said what
    it returns) is asked for what it gives, the others change the object. A call of a class is
    written as `using` says: `@o` is the object as `new` makes it, `@s` are statements of the form
    `change`, `@v` values of the form `ask`.

    A unit begins with `begin`, its text matches `wanted` if it has a frame and never `unwanted`,
    and it keeps all `kept` nodes. `docs` are nodes that say what it does, besides comments. Tests
    of it may stand in files `beside`: `@` is the name of its own file without the extension.

    `calling` is how a call is written: `@f` is the function (a static one has its frame's name and
    `member` before its own), `@a` what it is given, with `between` between. Where a function has no
    list of parameters, `taken` finds in its body what it takes: a `name` with the number `at` that
    it has (`index` from 0), `optional` or not, or a `list` of names, or that this cannot be told
    (`lost`). `told` says by how the body uses a parameter `@p` what its type is, where nothing else
    does; `untyped` is the type of all others.

    `types` are rows of a pattern for a parameter's type, what its values are (int, uint, float,
    str, char, bool, or list of the pattern's group) and how one is written: `@` is the value, `@t`
    the type; `escaped` are characters that need a backslash in a text, besides those that do in
    all languages. `record` is a program of ours that writes down what calls give, each by a line
    `call`; `check` is a line of a test between `before` and `after`, `near` one for numbers whose
    last digits do not count, `shown` an example for people, with `@c` for the call, `@v` for its
    value, `@n` for its number.
    """

    imports: tuple[str, ...] = ()
    requires: str = ""
    standard: str = ""
    always: str = r"\*\s*;?\s*$"
    imported: str = "@"
    classes: tuple[str, ...] = ()
    maker: str = ""
    hidden: str = r"(?!)"
    hides: str = r"(?!)"
    gives: str = r"\breturn\s+(?!this\s*[;}])[^;\s]"
    new: str = "new @f(@a)"
    change: str = "it.@m(@a);"
    ask: str = "it.@m(@a)"
    using: str = ""
    binders: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    docs: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    framed: str = "@h {\n@m\n}"
    nested: bool = False
    folded: bool = False
    begin: str = ""
    wanted: str = ""
    unwanted: str = r"(?!)"
    calling: str = "@f(@a)"
    member: str = "."
    between: str = ", "
    taken: tuple[str, ...] = ()
    told: tuple[tuple[str, str], ...] = ()
    untyped: str = ""
    types: tuple[tuple[str, str, str], ...] = ()
    escaped: str = ""
    record: str = ""
    call: str = ""
    before: str = ""
    check: str = ""
    near: str = ""
    after: str = ""
    shown: str = "@c // @v"


@dataclass(frozen=True, slots=True)
class Newer:
    """What only later tool chains take: an expression, and the least version of `program`.

    `program` is a command that says its version. Without `least` the expression's group has it.
    """

    pattern: str
    program: tuple[str, ...]
    least: str = ""


@dataclass(frozen=True, slots=True)
class Grammar:
    """One language. Extensions begin with a dot; what ends in `signs` are regular expressions.

    An extension that several languages claim goes to one whose `signs` are in the text. `imports`
    is what a file may say without doing anything. `dialects` are names that say more exactly than
    the language's own which of its forms is meant, with the form. `test_paths` are names, or
    folders with a slash at the end.
    """

    name: str
    extensions: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    dialects: Mapping[str, str] = field(default_factory=dict)
    filenames: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    not_code_paths: tuple[str, ...] = ()
    not_code_signs: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    test_paths: tuple[str, ...] = ()
    test_signs: tuple[str, ...] = ()
    marks: Marks = field(default_factory=Marks)
    code: Code = field(default_factory=Code)
    cut: Cut = field(default_factory=Cut)
    newer: tuple[Newer, ...] = ()


@cache
def grammars() -> Mapping[str, Grammar]:
    """Every grammar by its language's name, sorted."""
    found = {}
    for file in files("backfeed.grammars").iterdir():
        if file.name.endswith(".toml"):
            grammar = _grammar(tomllib.loads(file.read_text(encoding="utf-8")))
            found[grammar.name] = grammar
    return dict(sorted(found.items()))


def language_named(word: str) -> str:
    """The name that we have for a language somebody names; their own word if we have none.

    >>> language_named("C++"), language_named("Python3"), language_named("Brainfuck")
    ('cpp', 'python', 'brainfuck')
    """
    low = word.strip().lower()
    return _aliases().get(low, low)


def dialect_named(word: str) -> str:
    """The dialect of a language that a name stands for; empty where it is the whole language.

    >>> dialect_named("MariaDB"), dialect_named("sql")
    ('mysql', '')
    """
    return _dialects().get(word.strip().lower(), "")


def claimants(path: str) -> tuple[str, ...]:
    """The languages that claim a path by its name; empty if it is no code by its name."""
    pure = PurePosixPath(path)
    claimed = _extensions().get(pure.suffix.lower()) or _filenames().get(pure.name, ())
    return tuple(name for name in claimed if not _matches(pure, grammars()[name].not_code_paths))


def language_of(path: str, text: str) -> str:
    """The language of a file, by its name, its first line and its text; empty if it is no code.

    >>> language_of("a/b.h", "namespace x {"), language_of("b.h", "int f(void);")
    ('cpp', 'c')
    >>> language_of("tool", "#!/usr/bin/env python3"), language_of("notes.txt", "#!/bin/sh")
    ('python', '')
    """
    named = claimants(path)
    if not named:
        return _by_shebang(text) if not PurePosixPath(path).suffix else ""
    found = [name for name in named if not _has(text, grammars()[name].not_code_signs)]
    if len(named) == 1:
        return "".join(found)
    signed = [name for name in found if _has(text, grammars()[name].signs)]
    plain = [name for name in found if not grammars()[name].signs]
    return next(iter([*signed, *plain]), "")


def extensions() -> tuple[str, ...]:
    """All extensions that are code, sorted."""
    return tuple(sorted(_extensions()))


def _grammar(plain: dict[str, object]) -> Grammar:
    names = [item.name for item in dataclasses.fields(Marks) if item.name in plain]
    return msgspec.convert({**plain, "marks": {name: plain.pop(name) for name in names}}, Grammar)


def _by_shebang(text: str) -> str:
    if not text.startswith("#!"):
        return ""
    command = text[2 : text.find("\n") if "\n" in text else len(text)].split()
    names = [
        PurePosixPath(word).name for word in command if not word.startswith("-") and "=" not in word
    ]
    called = next((name for name in names if name != "env"), "")
    return _interpreters().get(called) or _interpreters().get(called.rstrip("0123456789."), "")


def _matches(path: PurePosixPath, patterns: tuple[str, ...]) -> bool:
    return any(path.match(pattern) for pattern in patterns)


def _has(text: str, signs: tuple[str, ...]) -> bool:
    return any(re.search(sign, text, re.MULTILINE) for sign in signs)


@cache
def _extensions() -> dict[str, tuple[str, ...]]:
    return _claims("extensions")


@cache
def _filenames() -> dict[str, tuple[str, ...]]:
    return _claims("filenames")


def _claims(field: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, grammar in grammars().items():
        for word in getattr(grammar, field):
            found[word] = (*found.get(word, ()), name)
    return found


@cache
def _aliases() -> dict[str, str]:
    return {
        word: name for name, g in grammars().items() for word in (name, *g.aliases, *g.dialects)
    }


@cache
def _dialects() -> dict[str, str]:
    return {word: dialect for g in grammars().values() for word, dialect in g.dialects.items()}


@cache
def _interpreters() -> dict[str, str]:
    return {word: name for name, g in grammars().items() for word in g.interpreters}
