"""Does a problem stand alone? What it points at that is not there, what it names and never tells.

Rules that would rather let a poor problem pass than turn a good one away.
"""

import re
from collections.abc import Iterator
from functools import cache

from backfeed.engine.methods.problem_facts import blocks, marked, names, prose
from backfeed.engine.stages._tables import table

SHARE = 0.25
"""How large a share of its names may stand in a problem without being told."""

_CODE = r"(?:(?:[A-Z][\w+#]*|source|code|buggy|broken|incomplete|python|java) )?"
_CODE += r"(?:code|snippet|implementation|listing"
_NO_CODE = re.compile(
    r"\b(?:[Tt]he|[Tt]his|[Tt]hat) (?:\w+ )?(?:code|snippet|implementation|program|script|listing"
    r"|function|method|class|query)s? (?:above|below|shown|given|provided)\b"
    rf"|\b(?:[Tt]h(?:is|ese)|[Ff]ollowing|[Oo]riginal|[Ee]xisting) {_CODE})\b"
    rf"|\b(?:[Tt]he [Gg]iven|[Pp]rovided|[Aa]bove|[Aa]ttached) {_CODE}|program|script)\b"
    r"|\b[Tt]he (?:code )?snippet\b(?! of\b)|\bthe given (?:function|method|class)\b",
)
_NO_TABLE = re.compile(
    r"\b(?:following|above|given|attached) (?:\w+ )?tables?\b"
    r"|\btables? (?:\w+ )?(?:above|below|shown|attached)\b",
    re.IGNORECASE,
)
_PICTURE = r"(?:figure|diagram|image|screenshot|picture|chart|drawing)"
_NO_PICTURE = re.compile(
    rf"\b(?:attached|accompanying|above|following) {_PICTURE}\b|\b{_PICTURE} (?:above|below)\b"
    rf"|\b(?:in|see|by) (?:the|this) {_PICTURE}\b|\bfigure \d",
    re.IGNORECASE,
)
_READ = r"(?:see|read|refer to|consult|look (?:at|into|up)|described|defined|documented|specified"
_READ += r"|listed|found|explained|stated|according to|following|as|rules)"
_FILE = r"`[\w./-]+\.(?:md|txt|ya?ml|json|toml|ini|cfg|csv|pdf|docx?|html?|h|hpp|xml)`"
_ELSEWHERE = (
    re.compile(rf"\b{_READ}\b[^.\n]{{0,50}}https?://\S+", re.IGNORECASE),
    re.compile(rf"\b(?:{_READ}(?: \w+)?(?: in| at| the)*|in) {_FILE}", re.IGNORECASE),
    re.compile(r"\battached (?:file|document|spreadsheet|archive|data)\b", re.IGNORECASE),
    re.compile(
        r"\b(?:in|of|by|across|throughout) (?:this|our|the) (?:\w+ )?"
        r"(?:repository|repo|code ?base|project['’]s documentation|source tree)\b"
        r"|\b(?:this|our|the) project['’]s (?:documentation|docs|conventions|style)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:previous|last|earlier|preceding) (?:exercise|problem|question|task|part|lesson)\b",
        re.IGNORECASE,
    ),
)
_HOLE = re.compile(
    r"\[(?:insert|your|add|todo|fill in|paste)\b[^\]\n]*\]|<(?:insert|todo|paste)[^>]*>",
    re.IGNORECASE,
)
_OPEN_END = re.compile(r"(?:[,;:(]|\b(?:to|the|a|an|of|and|or|with|has|is|must|should))\s*\Z")

_PART = r"[A-Za-z_$@][\w$]*[!?]?"
_NAME = re.compile(rf"({_PART}(?:(?:\.|::|->|\\){_PART})*)(\([^()]*\))?;?")
_ERROR = re.compile(r"\w*(?:Error|Exception|Err)")
_NOUN = r"(?:class|record|struct|type|object|function|method|helper|exception|interface|enum|table"
_NOUN += r"|list|mapping|trait|protocol|macro|decorator|variable|parameter|argument|field|module"
_NOUN += r"|property|attribute|column|constant|option|flag|string|number|value)"
_TOLD_BEFORE = re.compile(
    r"(?:\b(?:called|named|names?|parameters?|arguments?|variables?|fields?|keys?|columns?|options?"
    r"|attributes?|propert(?:y|ies)|flags?|constants?|import(?:s|ed|ing)?|modules?|environment"
    r"|constructor|offer|an?)"
    r"|\b(?:defin|implement|creat|writ|complet|design|build|develop|add|sett?)(?:e|es|ing)?"
    rf"(?: (?!using|with|by|to|from)\w+){{0,3}}(?: {_NOUN})?"
    rf"|\b(?:an?|each|one|two) (?:\w+ ){{0,3}}{_NOUN}|^[ \t]*(?:[-*+]|\d+[.)]|\|))[ \t]*[`*(]*$",
    re.IGNORECASE,
)
_SAYS = r"(?:has|have|holds?|contains?|takes?|returns?|gives?|means?|stands? for|denotes?|adds?"
_SAYS += r"|represents?|removes?|counts?|stores?|maps?|refers?|consists?|should|must|will|accepts?)"
_TOLD_AFTER = re.compile(
    r"^`[*)]*(?:[ \t]*(?::|[–—=|]|- )|,? (?:(?:is|are) (?:an?|the|either|one|what|how|true|set to)"
    rf"|{_SAYS}|{_NOUN}s? (?:{_SAYS}|are|is|that|which|with|of)|(?:objects?|records?|values?) "
    r"(?:have|has|hold|are|is))\b|, (?:an?|which|that|the|whose|where)\b)",
)
_DEFINES = r"(?:class|struct|interface|type|enum|trait|record|def|func|fun|fn|function|let|const"
_DEFINES += r"|var|val|table|protocol|object|data|newtype|module|typedef[^\n;]*)"
_SIGNATURE = re.compile(rf"(?:(?:pub|public|private|export|async|static) )*{_DEFINES}\b")


def missing(problem: str, *, shown: bool) -> str:
    """What a problem points at and does not hold; empty if there is nothing.

    `shown` says that its type shows code: then it may speak of it, if a fenced block is there.
    """
    text, held = prose(problem), blocks(problem)
    if shown and not held:
        return "it shows no code"
    if not shown and not any(map(_is_code, held)) and (match := _NO_CODE.search(text)):
        return f"it points at code that is not there: {match[0]!r}"
    has_table = bool(held) or bool(re.search(r"^[ \t]*\|.*\|", problem, re.MULTILINE))
    if not has_table and (match := _NO_TABLE.search(text)):
        return f"it points at a table that is not there: {match[0]!r}"
    for pattern in (_NO_PICTURE, *_ELSEWHERE):
        if match := pattern.search(text):
            return f"it points at what the reader does not have: {match[0]!r}"
    if match := _HOLE.search(problem):
        return f"it was not filled in: {match[0]!r}"
    return "it breaks off" if _breaks_off(problem) else ""


def _is_code(block: str) -> bool:
    """Are there lines that could be spoken of? A signature or a session is none."""
    lines = [line.strip() for line in block.splitlines() if line.strip()]
    if not lines or lines[0].startswith((">>>", "$ ", "assert")):
        return False
    return len(lines) > 1 or not _SIGNATURE.match(lines[0])


def _breaks_off(problem: str) -> bool:
    fences = re.findall(r"^[ \t]*(?:`{3,}|~{3,})", problem, re.MULTILINE)
    if len(fences) % 2:
        return True
    ends_in_block = bool(re.search(r"(?:`{3,}|~{3,})\s*\Z", problem))
    return not ends_in_block and bool(_OPEN_END.search(problem.rstrip()))


def untold(problem: str, language: str, entry_point: str) -> list[str]:
    """Names in code marks that the problem does not tell and the language does not have, sorted.

    A plain word in marks is no name: one has an underscore, a capital inside or at the beginning,
    parts joined by dots, or is called. Words of the prose round a name tell it ("a field `x_1`",
    "`Node` has ..."), so does a block that defines it, or holds it where it is no type.
    """
    known = words(language) | set(re.findall(r"\w+", entry_point))
    found = dict.fromkeys(_names(problem))
    return sorted(name for name in found if not _is_told(name, problem, known))


def too_many(problem: str, language: str, entry_point: str) -> str:
    """The names that are not told, if they are more than `SHARE` of all; else empty."""
    bare = untold(problem, language, entry_point)
    all_names = len(set(_names(problem)))
    return f"it never tells {', '.join(bare)}" if len(bare) > SHARE * all_names else ""


@cache
def words(language: str) -> frozenset[str]:
    """Names that need no introduction in a language."""
    told = table("_words.toml")
    near = {"typescript": "javascript", "cpp": "c", "scala": "java", "kotlin": "java"}
    lists = (told.get(name, "") for name in ("any", language, near.get(language, "")))
    return frozenset(" ".join(lists).split())


def _names(problem: str) -> Iterator[str]:
    for text in marked(problem):
        match = _NAME.fullmatch(text)
        if match and (_is_odd(match[1]) or match[2] is not None):
            yield match[1]


def _is_odd(name: str) -> bool:
    """Would nobody take it for an English word?"""
    bare = name.lstrip("$@")
    if re.search(r"[.:\\]|->|_", bare.strip("_?!")):
        return not re.fullmatch(r"[\w-]+\.[a-z]{1,4}", name)  # a file
    capital = re.search(r"[A-Z]", bare)
    return bool(capital and re.search(r"[a-z]", bare))


def _is_told(name: str, problem: str, known: frozenset[str] | set[str]) -> bool:
    parts = re.findall(r"\w+", name)
    if {parts[0], parts[-1], name} & known or _ERROR.fullmatch(parts[-1]):
        return True
    if any(_told_in_block(part, problem) for part in (parts[0], parts[-1])):
        return True
    whole = prose(problem)
    for match in re.finditer(rf"`{re.escape(name)}(?:\([^()`]*\))?;?(?=`)", whole):
        line = whole[whole.rfind("\n", 0, match.start()) + 1 : match.start()]
        if _TOLD_BEFORE.search(line) or _TOLD_AFTER.search(whole[match.end() : match.end() + 60]):
            return True
    return _is_parameter(parts[0], problem)


def _told_in_block(name: str, problem: str) -> bool:
    held = "\n".join(blocks(problem))
    if re.search(rf"\b{_DEFINES}\s+{re.escape(name)}\b", held, re.IGNORECASE):
        return True
    is_type = name[0].isupper() and not name.isupper()
    return not is_type and names(held, name)


def _is_parameter(name: str, problem: str) -> bool:
    """Does it stand among the parameters of a signature in marks?"""
    plain = not name[0].isupper()
    found = (re.search(r"\w\((.*)\)", text) for text in marked(problem))
    return plain and any(match and names(match[1], name) for match in found)
