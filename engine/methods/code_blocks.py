"""Code out of an answer as it came: fenced, several blocks, bare, or prose alone."""

import re
from dataclasses import dataclass

from backfeed.engine import languages

_FENCE = re.compile(
    r"^[ \t]*(```+|~~~+)[ \t]*([^\n`]*)\n(.*?)^[ \t]*\1[ \t]*$", re.MULTILINE | re.DOTALL
)
_OPEN = re.compile(r"^[ \t]*(```+|~~~+)[ \t]*([^\n`]*)\n(.*)\Z", re.MULTILINE | re.DOTALL)
_CODE_LINE = re.compile(
    r"^\s*(def |class |import |from \w+ import |return\b|if .*:|for .*:|while .*:|#include|public |"
    r"function |const |let |var |fn |func |package |using |print\(|\w+ = )",
    re.MULTILINE,
)
ALIASES = {
    "py": "python", "python3": "python", "py3": "python", "ipython": "python", "js": "javascript",
    "node": "javascript", "ts": "typescript", "c++": "cpp", "cxx": "cpp", "cc": "cpp",
    "golang": "go", "rs": "rust", "rb": "ruby", "sh": "bash", "shell": "bash", "zsh": "bash",
    "c#": "csharp", "cs": "csharp", "pl": "perl", "kt": "kotlin", "hs": "haskell",
}  # fmt: skip
_PROSE = {"text", "txt", "plaintext", "output", "console", "markdown", "md", "json", "diff", ""}


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of an answer that is code; `language` is the tag's, empty if there was none."""

    language: str
    code: str


@dataclass(frozen=True, slots=True)
class Extracted:
    """The code of an answer (empty if there is none), its language, and how it was found."""

    code: str
    language: str
    how: str


def blocks(answer: str) -> list[Block]:
    """The fenced blocks, in order; one that is not closed ends with the answer."""
    found = [Block(_tag(m[2]), m[3]) for m in _FENCE.finditer(answer)]
    if not found and (match := _OPEN.search(answer)):
        found = [Block(_tag(match[2]), match[3])]
    return found


def extract_code(answer: str, language: str = "") -> Extracted:
    """The code of an answer for a problem in `language` (empty: as the answer says).

    >>> extract_code("So:\\n```py\\nx = 1\\n```\\nDone.", "python").code
    'x = 1\\n'
    """
    found = blocks(answer)
    if not found:
        return _bare(answer, language)
    tagged = language or next((b.language for b in found if b.language not in _PROSE), "")
    mine = [block for block in found if block.language == tagged]
    mine = mine or [block for block in found if block.language in _PROSE]
    if not mine:
        return Extracted("", tagged, f"only {found[0].language} code")
    chosen = _chosen([block.code for block in mine], tagged)
    how = "one block" if len(mine) == 1 else f"{len(mine)} blocks"
    return Extracted(chosen, tagged, how)


def _chosen(codes: list[str], language: str) -> str:
    """All blocks if they make one program, else the longest: later ones are often examples."""
    if len(codes) == 1:
        return codes[0]
    joined = "\n".join(code.rstrip("\n") + "\n" for code in codes)
    names = [
        set(re.findall(r"^(?:def|class|func|fn|function)\s+(\w+)", c, re.MULTILINE)) for c in codes
    ]
    repeated = any(a & b for i, a in enumerate(names) for b in names[i + 1 :])
    if not repeated and all(names) and _parses(joined, language):
        return joined
    return max(codes, key=len)


def _bare(answer: str, language: str) -> Extracted:
    if language and _parses(answer, language) and _CODE_LINE.search(answer):
        return Extracted(answer, language, "bare code")
    lines = [line for line in answer.splitlines() if line.strip()]
    coded = sum(bool(_CODE_LINE.match(line)) or line.startswith(("    ", "\t")) for line in lines)
    if lines and coded / len(lines) >= 0.3:
        return Extracted(answer, language, "bare code that may not parse")
    return Extracted("", language, "prose only" if lines else "empty answer")


def _parses(code: str, language: str) -> bool:
    if not languages.can(language, "parse"):
        return False
    return bool(languages.call(language, "parse", code)["word"] == "ok")


def _tag(text: str) -> str:
    word = text.strip().split()[0].lower() if text.strip() else ""
    word = word.strip("{}.").removeprefix("language-")
    return ALIASES.get(word, word)
