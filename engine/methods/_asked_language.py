"""The languages that a problem asks to be answered in, as its words name them.

Rules, not understanding. A name that stands as "in NAME", "to NAME" or "NAME function" counts more
than one that is mentioned; names of data and markup count less than names of programming languages.
"""

import re
from collections.abc import Iterator

# How people write the names. What is a common word besides is looked for in its own spelling only.
_NAMES = {
    "python": r"python ?3?|py3|django|flask|pandas|numpy|pytorch",
    "javascript": r"javascript|java script|node(?:\.?js)?|jquery|js|ecmascript",
    "typescript": r"typescript", "java": r"java(?! ?script)", "kotlin": r"kotlin",
    "cpp": r"c\+\+(?:\d\d)?|cpp", "csharp": r"c#|c sharp|csharp|\.net|asp\.net", "rust": r"rust",
    "php": r"php|laravel", "ruby": r"ruby(?: on rails)?", "perl": r"perl", "lua": r"lua",
    "haskell": r"haskell", "elixir": r"elixir", "scala": r"scala", "julia": r"julia",
    "bash": r"bash|shell|unix|linux|terminal|zsh",
    "sql": r"sql|mysql|postgres(?:ql)?|sqlite|t-sql|pl/sql", "html": r"html5?", "css": r"css3?",
    "json": r"json", "yaml": r"yaml", "toml": r"toml",
}  # fmt: skip
_SPELT = {
    "go": r"Go(?:lang|LANG)?|golang|GO", "c": r"C(?:99|11|17|23)?", "r": r"R", "swift": r"Swift",
    "dart": r"Dart", "zig": r"Zig",
}  # fmt: skip
_WEAK = {"html", "css", "json", "yaml", "toml"}
_THINGS = (
    r"functions?|programs?|scripts?|code|class(?:es)?|methods?|apps?|applications?|snippets?|files?"
    r"|modules?|implementations?|quer(?:y|ies)|statements?|commands?|one-?liners?|solutions?"
    r"|languages?|pages?|projects?|structs?|components?|examples?|version|routines?|interfaces?"
)
_EDGES = (r"(?<![\w.+#/'’`-])(?:", r")(?![\w+#'’]|-(?!based|style)|\.\w)")
_MOST_READ = 20_000


def asked_languages(request: str) -> list[str]:
    """The languages that a text names, the likeliest first; empty if it names none.

    >>> asked_languages("Convert this Python script to JavaScript.")
    ['javascript', 'python']
    >>> asked_languages("Go through the list of R values.")
    []
    """
    text = re.sub(r"\s+", " ", re.sub(r"[*_]{2}|`(?=\w+`)", "", request[:_MOST_READ]))
    best: dict[str, tuple[bool, int, int]] = {}
    for language, weight, place in _named(text):
        rank = (language in _WEAK, -weight, place)
        best[language] = min(rank, best.get(language, rank))
    return sorted(best, key=lambda name: best[name])


def _named(text: str) -> Iterator[tuple[str, int, int]]:
    """Language, weight and place of each mention; of names that are words, the sure ones."""
    for names, flags in ((_NAMES, re.IGNORECASE), (_SPELT, re.NOFLAG)):
        for language, words in names.items():
            for match in re.finditer(words.join(_EDGES), text, flags):
                weight = _weight(text[: match.start()], text[match.end() :], match[0])
                if weight > 1 or language not in _SPELT:
                    yield language, weight, match.start()


def _weight(before: str, after: str, name: str) -> int:
    """4 for what something is turned into, 3 for what it is written in, 2 for "NAME function"."""
    before, after = before[-40:], after[:40]
    if re.search(r"\b(?:in)?to (?:an? |the )?(?:equivalent )?$", before, re.IGNORECASE):
        return 4 if not re.match(r" (?:files?|data)\b", after) else 1
    if re.search(r"\b(?:in|using|with|en|на|em) (?:the |pure |plain )?$", before, re.IGNORECASE):
        return 3 if not name.startswith("R") or not re.match(r"[\d²]", after) else 1
    return 2 if re.match(rf" (?:\w+ )?(?:{_THINGS})\b", after, re.IGNORECASE) else 1
