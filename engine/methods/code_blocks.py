"""Code out of an answer as it came: fenced, several blocks, bare, or prose alone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from backfeed.engine import languages, registry
from backfeed.engine.methods._asked_language import asked_languages
from backfeed.engine.methods._code_lines import code_line
from backfeed.engine.methods._joined_blocks import DEFINED, chosen, without_prompts

_FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,})[ \t]*([^`\n]*)$")
_SENTENCE = re.compile(
    r"(?:\d+[.)] |[-*] )?[A-Z][\w'’,-]*(?:(?: [^\s;{}=<>]+){2,}[.:!?]|(?: [^\s;{}]+){7,}[.:])$"
)
_OF_CODE = re.compile(r"^(?:    |\t)|[;{}]\s*$")
_SPAN = re.compile(r"(?<!`)(`{1,2})(?!`)([^\n]+?)(?<!`)\1(?!`)")
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
# What stands beside code of another language more often than it is the answer.
_BESIDE = {"bash", "html", "css", "json", "yaml", "toml", "xml", "sql", "ini", "dockerfile"}
_BESIDE |= {"powershell", "cmd", "batch", "bat", "makefile", "csv", "regex", "http"}
_SHEBANGS = {"sh": "bash", "dash": "bash", "ksh": "bash", "zsh": "bash", "node": "javascript"}
_SHEBANG = re.compile(
    r"\s*#!\s*(?:/\S*/)?(?:env\s+(?:-S\s+)?)?(python|ruby|perl|php|lua|bash|node|(?:da|k|z)?sh)\b"
)
_MARKUP = re.compile(r"\s*<(?:!DOCTYPE html|html|head|body)\b", re.IGNORECASE)
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


def extract_code(answer: str, language: str = "", request: str = "") -> Extracted:
    """The code of an answer for a problem in `language`.

    Where that is empty the tags of the blocks say it; what they leave open (no tag, several of
    them) the words of the request, and then the parsers.

    >>> extract_code("x = 1", request="Write it in Ruby.").language
    'ruby'
    """
    found = blocks(answer)
    asked = () if language else asked_languages(request)
    if not found or (len(found) == 1 and _is_an_end(found[0], answer, language)):
        bare = answer.replace("\r\n", "\n").partition("\n```")[0]
        return _bare(bare, language or _named(bare, asked))
    tagged = language or _by_tags(found, asked)
    mine = [block for block in found if block.language == tagged]
    mine = mine or [block for block in found if block.language in _UNTAGGED]
    mine = mine or [block for block in found if reads_as(block.code, tagged)]
    if not mine:
        return Extracted("", tagged, f"only {found[0].language} code")
    tagged = tagged or _named(max((block.code for block in mine), key=len), asked)
    how = "one block" if len(mine) == 1 else f"{len(mine)} blocks"
    if mine[0].language not in {tagged, *_UNTAGGED}:
        how += f", tagged {mine[0].language}"
    codes = [without_prompts(block.code, tagged) for block in mine]
    said = {block.called for block in mine}
    called = said.pop() if len(said) == 1 else ""
    return Extracted(chosen(codes, lambda code: _parses(code, tagged)), tagged, how, called)


def _by_tags(found: Sequence[Block], asked: Sequence[str]) -> str:
    """The language of several tags that is asked for, or the first that is no side matter.

    What often stands beside code is the answer where there is three times as much of it.
    """
    sizes: dict[str, int] = {}
    for block in filter(is_code, found):
        sizes[block.language] = sizes.get(block.language, 0) + block.code.count("\n")
    if wanted := [name for name in asked if name in sizes]:
        return wanted[0]
    first = next((name for name in sizes if name not in _BESIDE), "")
    most = max(sizes, key=lambda name: sizes[name], default="")
    tag = first if first and sizes[most] <= 3 * sizes[first] else most
    code = max((block.code for block in found if block.language == tag), key=len, default="")
    mistaken = tag and not reads_as(code, tag)  # what was asked for may stand there all the same
    return next((name for name in asked if mistaken and reads_as(code, name)), tag)


def _named(code: str, asked: Sequence[str]) -> str:
    """The language of code without a tag: by its first line, by the request, by the parsers.

    Of languages that the request names, the first whose parser takes the code. If none does, what a
    strict parser of another language takes is that language, and the rest is what was asked for.
    """
    if match := _SHEBANG.match(code):
        return _SHEBANGS.get(match[1], match[1])
    fitting = (name for name in asked if reads_as(code, name))
    if name := next(fitting, ""):
        return name
    if _MARKUP.match(code):
        return "html"
    return _guessed(code) or next(iter(asked), "")


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


def _bare(answer: str, language: str) -> Extracted:
    if reads_as(answer, language) and not _is_around(answer):
        return Extracted(answer, language, "bare code")
    lines = [line for line in answer.splitlines() if line.strip()]
    if _may_parse(answer, language) and not any(map(_SENTENCE.match, lines)):
        return Extracted(answer, language, "bare code that may not parse")
    for name in (language,) if language else _GUESSED:
        for part in _without_prose(answer, name):
            telling = DEFINED.search(part) or part.count("\n") >= 0.3 * len(lines)
            if telling and reads_as(part, name) and not _is_around(part):
                return Extracted(part, name, "bare code between prose")
    if span := _only_span(answer, language):
        return Extracted(span + "\n", language, "inline code")
    begins = code_line(language)
    coded = sum(bool(begins.match(line) or _OF_CODE.search(line)) for line in lines)
    if lines and coded / len(lines) >= 0.3:
        return Extracted(_between_sentences(answer), language, "bare code that may not parse")
    return Extracted("", language, "prose only" if lines else "empty answer")


def _between_sentences(answer: str) -> str:
    """The answer without the sentences that it begins and ends with."""
    lines = answer.rstrip().split("\n")
    said = [not line.strip() or bool(_SENTENCE.match(line)) for line in lines]
    first = next((n for n, prose in enumerate(said) if not prose), 0)
    last = next((n for n in range(len(lines), 0, -1) if not said[n - 1]), len(lines))
    whole = (first, last) == (0, len(lines))
    return answer if whole else "\n".join(lines[first:last]) + "\n"


def _only_span(answer: str, language: str) -> str:
    """The only piece of inline code that is a line of code; empty if there is none, or more."""
    spans = [match[2].strip() for match in _SPAN.finditer(answer)]
    found = list(dict.fromkeys(span for span in spans if reads_as(span, language)))
    return found[0] if len(found) == 1 else ""


def _is_around(code: str) -> bool:
    """Is the first or the last line a sentence? Some grammars take it for a command."""
    lines = code.strip().splitlines()
    return bool(lines) and any(map(_SENTENCE.match, (lines[0], lines[-1])))


def _without_prose(answer: str, language: str) -> Iterator[str]:
    """The answer from its first line of code on, with ever more of its last lines left out."""
    lines, begins = answer.split("\n"), code_line(language)
    first = next((n for n, line in enumerate(lines) if begins.match(line)), None)
    if first is None or lines[first].startswith((" ", "\t")) or len(answer) > _LONGEST:
        return
    ends = [n for n in range(len(lines), first, -1) if lines[n - 1].strip()]
    for end in ends[:_MOST_TRIES]:
        yield "\n".join(lines[first:end]) + "\n"


def reads_as(code: str, language: str) -> bool:
    """Does a text look like code, and parse as that language?"""
    return bool(language) and bool(code_line(language).search(code)) and _parses(code, language)


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
    if not languages.can(language, "parse") or not code_line(language).search(code):
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
