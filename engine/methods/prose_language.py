"""In which language a text is written, as far as it is prose. Needs the extra `language`.

The classifier is that of py3langid (Lui and Baldwin, langid.py, 2012), whose model of 140 languages
lies in its wheel: nothing is fetched. What looks like code is left out before it is asked, and it
is not asked about texts that are too short to tell.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from backfeed.engine.errors import MissingExtra
from backfeed.engine.methods.quality import prose_of

LEAST = 0.02
WORDS = 3
UNSPACED = 3
_MOST = 4000
_A_WORD = re.compile(r"[^\W\d_]{2,}")
# No language, and the one of sample texts.
_NONE = ("zxx", "la")

_NOT_PROSE = re.compile(
    r"`[^`\n]*`|<[^<>\n]{1,200}>|\w+://\S+|\S+@\S+|[\w./\\-]*[/\\_][\w./\\-]*|\b\w+\([^()\n]*\)"
    r"|\$[^$\n]{1,200}\$|\b[a-z]+[A-Z]\w*|\b\w+\.\w+\b|[#@]\w+|\b[A-Z]{2,}\b"
)
_CODE_LINE = re.compile(
    r"^\s*(?:[{}\[\]();<]+\s*$|//|#include|/\*|@\w+(?:\(|\s*$)|\$|>>>|--)|[;{}\\|]\s*$|[=!<>]=|[^=]=[^=]|->|=>|::|&&|\|\|"
    r"|^\s*(?:def|class|import|from|return|if|for|while|else|elif|try|except|let|const|var|func|fn"
    r"|function|public|private|static|void|int|print|use|package|end|begin|select|insert|create"
    r"|update|delete)\b[^.!?]*[:;({})\]]?\s*$",
    re.IGNORECASE,
)
# One character says more where words are not spaced.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)


def foreign(text: str, natural: Sequence[str]) -> str:
    """The ISO 639 code of what a text's prose is written in, if it is surely none of `natural`.

    "" if it is, or if that cannot be told. Raises `MissingExtra`.
    """
    prose = _prose(text)
    spaced = len(set(_A_WORD.findall(prose.lower()))) >= WORDS
    if not spaced and len(_UNSPACED.findall(prose)) < UNSPACED:
        return ""
    ranked = {code: float(share) for code, share in identifier().rank(prose)}
    best = max(ranked, key=lambda code: ranked[code])
    known = sum(ranked.get(code, 0.0) for code in natural)
    return "" if best in (*natural, *_NONE) or known > LEAST else best


def _prose(text: str) -> str:
    """Lines that are no code, without the names, paths and marks that stand in them."""
    lines = prose_of(text[:_MOST]).split("\n")
    kept = (_NOT_PROSE.sub(" ", line) for line in lines if not _CODE_LINE.search(line))
    return " ".join(" ".join(filter(_is_wordy, kept)).split())


def _is_wordy(line: str) -> bool:
    """Is two thirds of it letters?"""
    return 3 * sum(map(str.isalpha, line)) >= 2 * sum(not sign.isspace() for sign in line)


@cache
def identifier() -> Any:
    """The classifier, which takes a second to load. Raises `MissingExtra`."""
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ModuleNotFoundError:
        raise MissingExtra(
            "to tell the language of prose needs 'py3langid': run pip install 'backfeed[language]'"
        ) from None
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
