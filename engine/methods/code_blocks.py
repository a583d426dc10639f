"""Code out of an answer as it came: fenced, several blocks, bare, or prose alone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from backfeed.engine import languages, registry

_FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,})[ \t]*([^`\n]*)$")
_CODE_LINE = re.compile(
    r"^\s*(def |async def |class |import |from \w+ import |return\b|if .*:|for .*:|while .*:|"
    r"#include|public |function |const |let |var |fn |func |package |using |print\(|\w+ = |@\w|"
    r"#!/|[\w.:-]+ ?\(\) ?[{(]|\w+\+?=[\"'$(\w]|if \[|if \(\(|(?:for|while) .*; do$|set -|"
    r"(?:done|esac|fi|end)$|(?:echo|printf) [\"'$]|local (?:function |-?\w+ ?=)|sub \w+|"
    r"(?:my|our) [$@%(]|use [\w:]+[^\n]*;$|[$@%]\w+[^\n=]{0,60}=|print [\"'$])",
    re.MULTILINE,
)
# How lines of code begin in languages that share little with those.
_OWN_LINES = {
    "sql": r"--|/\*|(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|WITH|MERGE|FROM|WHERE|VALUES"
    r"|BEGIN)\b|(?:select|insert into|update \S+ set|delete from|create|alter|drop|with \w+ as)\b"
    r"|Select \*",
    "html": r"<[!/?a-zA-Z]",
    "css": r"[^\s{}][^{}\n]*\{|[\w-]+\s*:[^;\n]*;|\}",
    "json": r"[\[{}\]\"]",
    "yaml": r"- \S|---$|[\w\"'./-]+:(?:\s|$)",
    "toml": r"\[+[\w.\"'-]+\]+|[\w.\"'-]+ = ",
    "csharp": r"(?:namespace|private|protected|internal|static|int|string|void|record|\[\w+\])\b",
    "kotlin": r"(?:fun|val|data|enum|sealed|object|interface|override|private) ",
    "rust": r"(?:pub|pub\(\w+\)|impl|struct|enum|trait|mod|unsafe|static) |impl<|#!?\[",
    "swift": r"(?:struct|enum|extension|protocol|guard|actor|@\w+) ",
    "scala": r"(?:object|trait|val|case|enum|given|extension|implicit) ",
    "haskell": r"module |data |newtype |instance |\w[\w']* ::|\w[\w' ]* = ",
    "julia": r"(?:struct|module|macro|abstract) |\w+\([^()]*\) = ",
    "dart": r"(?:void|int|String|bool|double|final|late|enum|mixin|extension|Future<\w+>) ",
    "zig": r"(?:pub|test|comptime) ",
    "elixir": r"(?:defmodule|defp|defmacro) |\|> |@\w+",
}
_SENTENCE = re.compile(r"[A-Z][\w'’,-]*(?: [\w'’`\"(),/-]+){2,}[.:!?]$")
_DEFINED = re.compile(r"^(?:async def|def|class|func|fn|function)\s+(\w+)", re.MULTILINE)
ALIASES = {
    "py": "python", "python3": "python", "py3": "python", "ipython": "python", "js": "javascript",
    "node": "javascript", "ts": "typescript", "c++": "cpp", "cxx": "cpp", "cc": "cpp",
    "golang": "go", "rs": "rust", "rb": "ruby", "sh": "bash", "shell": "bash", "zsh": "bash",
    "c#": "csharp", "cs": "csharp", "pl": "perl", "kt": "kotlin", "hs": "haskell",
    "jl": "julia", "ex": "elixir", "exs": "elixir", "yml": "yaml",
    **dict.fromkeys(
        ("bigquery", "duckdb", "hive", "hiveql", "hql", "mariadb", "mssql", "mysql", "oracle",
         "pgsql", "pl/sql", "plpgsql", "plsql", "postgres", "postgresql", "psql", "snowflake",
         "spark-sql", "spark_sql", "sparksql", "sqlite", "sqlite3", "sqlserver", "t-sql", "tsql"),
        "sql",
    ),
}  # fmt: skip
_UNTAGGED = {"", "text", "txt", "plaintext", "plain", "code"}
_NO_CODE = {"output", "console", "terminal", "pycon", "markdown", "md", "json", "diff"}
# Those that are told apart by their parsers, the strictest first: most others take prose as well.
_GUESSED = ("python", "javascript", "typescript", "java", "go", "rust", "c", "cpp")
_MOST_TRIES = 40
_LONGEST = 100_000


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of an answer that is code; `language` is the tag's, empty if there was none.

    `closed` is false for one that ends with the answer; `called` is the tag as it stands there.
    """

    language: str
    code: str
    closed: bool = True
    called: str = ""


@dataclass(frozen=True, slots=True)
class Extracted:
    """The code of an answer (empty if there is none), its language, and how it was found.

    `called` is the language as its blocks name it; empty if they do not agree.
    """

    code: str
    language: str
    how: str
    called: str = ""


def blocks(answer: str) -> list[Block]:
    """The fenced blocks, in order, without the indentation of their fences.

    A fence is closed by one of the same sign that is at least as long.
    """
    found: list[Block] = []
    opened: _Fence | None = None
    inside: list[str] = []
    for line in answer.replace("\r\n", "\n").split("\n"):
        if opened is None:
            opened, inside = _opening(line), []
        elif _closes(line, opened.mark):
            found.append(_block(opened, inside, closed=True))
            opened = None
        else:
            inside.append(line)
    if opened is not None and (last := _unclosed(opened, inside)).code.strip():
        found.append(last)
    return found


def extract_code(answer: str, language: str = "") -> Extracted:
    """The code of an answer for a problem in `language` (empty: as the answer says).

    >>> extract_code("So:\\n```py\\nx = 1\\n```\\nDone.", "python").code
    'x = 1\\n'
    """
    found = blocks(answer)
    if not found or (len(found) == 1 and _is_an_end(found[0], answer, language)):
        return _bare(answer.replace("\r\n", "\n").partition("\n```")[0], language)
    tagged = language or next((b.language for b in found if is_code(b)), "")
    mine = [block for block in found if block.language == tagged]
    mine = mine or [block for block in found if block.language in _UNTAGGED]
    mine = mine or [block for block in found if reads_as(block.code, tagged)]
    if not mine:
        return Extracted("", tagged, f"only {found[0].language} code")
    how = "one block" if len(mine) == 1 else f"{len(mine)} blocks"
    if mine[0].language not in {tagged, *_UNTAGGED}:
        how += f", tagged {mine[0].language}"
    chosen = _chosen([block.code for block in mine], tagged)
    said = {block.called for block in mine}
    called = said.pop() if len(said) == 1 else ""
    return Extracted(chosen, tagged or _guessed(chosen), how, called)


@dataclass(frozen=True, slots=True)
class _Fence:
    """What opens a block: its sign, what it names, and how far it is indented."""

    mark: str
    language: str
    indent: int = 0
    called: str = ""


def _opening(line: str) -> _Fence | None:
    if match := _FENCE.match(line):
        return _Fence(match[2], _tag(match[3]), len(match[1]), _word(match[3]))
    words, mark, tag = line.rpartition("```")
    if not mark or not words.strip() or words.endswith("`"):
        return None
    if _tag(tag) not in {*_known(), *ALIASES.values()}:
        return None
    return _Fence(mark, _tag(tag), called=_word(tag))


def _closes(line: str, mark: str) -> bool:
    bare = line.strip()
    return len(bare) >= len(mark) and bare == mark[0] * len(bare)


def _block(opened: _Fence, inside: Sequence[str], *, closed: bool) -> Block:
    lines = (line[min(opened.indent, len(line) - len(line.lstrip(" \t"))) :] for line in inside)
    code = "".join(line + "\n" for line in lines)
    return Block(opened.language, code, closed, opened.called)


def _unclosed(opened: _Fence, inside: list[str]) -> Block:
    """A block that ends with the answer; its fence may stand behind the last line of code."""
    code = _block(opened, inside, closed=False).code.rstrip().removesuffix(opened.mark)
    return replace(_block(opened, [], closed=False), code=code.rstrip("\n") + "\n")


def is_code(block: Block) -> bool:
    """Does its tag name a language of code? One without a tag says nothing."""
    return block.language not in _UNTAGGED | _NO_CODE


def _is_an_end(block: Block, answer: str, language: str) -> bool:
    """Is the only fence one that ends code, which began with the answer?"""
    before = answer.replace("\r\n", "\n").partition("\n```")[0]
    return not block.closed and block.language == "" and reads_as(before, language)


def _chosen(codes: list[str], language: str) -> str:
    """All blocks if they make one program, else the longest that defines something.

    Later ones are often examples, or the same again.
    """
    names = [set(_DEFINED.findall(code)) for code in codes]
    repeated = len(set().union(*names)) < sum(map(len, names))
    joined = "\n".join(code.rstrip("\n") + "\n" for code in codes)
    if len(codes) > 1 and not repeated and all(names) and _parses(joined, language):
        return joined
    defining = [code for code, defined in zip(codes, names, strict=True) if defined]
    return max(defining or codes, key=len)


def _bare(answer: str, language: str) -> Extracted:
    language = language or _guessed(answer)
    if reads_as(answer, language) and not _is_around(answer):
        return Extracted(answer, language, "bare code")
    lines = [line for line in answer.splitlines() if line.strip()]
    if _may_parse(answer, language) and not any(map(_SENTENCE.match, lines)):
        return Extracted(answer, language, "bare code that may not parse")
    for part in _without_prose(answer, language):
        telling = _DEFINED.search(part) or part.count("\n") >= 0.3 * len(lines)
        if telling and reads_as(part, language) and not _is_around(part):
            return Extracted(part, language, "bare code between prose")
    begins = _code_line(language)
    coded = sum(bool(begins.match(line)) or line.startswith(("    ", "\t")) for line in lines)
    if lines and coded / len(lines) >= 0.3:
        return Extracted(answer, language, "bare code that may not parse")
    return Extracted("", language, "prose only" if lines else "empty answer")


def _is_around(code: str) -> bool:
    """Is the first or the last line a sentence? Some grammars take it for a command."""
    lines = code.strip().splitlines()
    return bool(lines) and any(map(_SENTENCE.match, (lines[0], lines[-1])))


def _without_prose(answer: str, language: str) -> Iterator[str]:
    """The answer from its first line of code on, with ever more of its last lines left out."""
    lines, begins = answer.split("\n"), _code_line(language)
    first = next((n for n, line in enumerate(lines) if begins.match(line)), None)
    if first is None or lines[first].startswith((" ", "\t")) or len(answer) > _LONGEST:
        return
    ends = [n for n in range(len(lines), first, -1) if lines[n - 1].strip()]
    for end in ends[:_MOST_TRIES]:
        yield "\n".join(lines[first:end]) + "\n"


def reads_as(code: str, language: str) -> bool:
    """Does a text look like code, and parse as that language?"""
    return bool(language) and bool(_code_line(language).search(code)) and _parses(code, language)


@cache
def _code_line(language: str) -> re.Pattern[str]:
    """How a line of code begins, in a language or in any."""
    own = _OWN_LINES.get(language)
    return re.compile(rf"{_CODE_LINE.pattern}|^\s*(?:{own})", re.MULTILINE) if own else _CODE_LINE


def _guessed(code: str) -> str:
    """The first of these languages whose parser takes the text; empty if none does."""
    return next((name for name in _GUESSED if name in _known() and reads_as(code, name)), "")


@cache
def _known() -> tuple[str, ...]:
    return tuple(registry.names("analyzers"))


def _parses(code: str, language: str) -> bool:
    if not languages.can(language, "parse"):
        return False
    return bool(languages.call(language, "parse", code)["word"] == "ok")


def _may_parse(code: str, language: str) -> bool:
    """Does the parser only suspect a text that looks like code? It may be whole all the same."""
    if not languages.can(language, "parse") or not _code_line(language).search(code):
        return False
    return bool(languages.call(language, "parse", code)["word"] == "unknown")


def _tag(text: str) -> str:
    """The language that a fence names: `py`, `{.python}`, `python title="x"`, `python:main.py`."""
    word = _word(text)
    return ALIASES.get(word, word)


def _word(text: str) -> str:
    """The first word of what a fence says."""
    word = re.split(r"[\s,:;]", text.strip().lower(), maxsplit=1)[0]
    return word.strip("{}.").removeprefix("language-")
