"""What the comment above a function says of it, in any language, so that a problem can be written.

JSDoc, Javadoc, Doxygen, phpDoc, YARD, Rust's Markdown and plain comments are read by one rule: a
line that begins with a tag or a heading begins a section, and what goes on belongs to it.
"""

import re
from dataclasses import dataclass, field, replace

from backfeed.analyzers import _tree
from backfeed.analyzers._described import LONGEST, VAGUE, Description, Example, too_short
from backfeed.analyzers._tree_names import text_of
from backfeed.analyzers._tree_parameters import called, signature
from backfeed.analyzers._tree_shown import blocks, pairs
from backfeed.analyzers._tree_units import comments, cut_of, items

_MARKS = re.compile(r"^[ \t]*(?:/\*+!?|\*+/|\*(?!\*)|//[/!]?|#+(?!\[)|--+)[ \t]?", re.MULTILINE)
# The types that Lua's comments name; LDoc has tags of their names.
_LUA = r"(?:number|integer|int|string|boolean|bool|table|tab|func|function)\b(?:\[\])?\??"
_LDOC = re.compile(
    rf"^(\s*@)(?:t(param|return)\s+({_LUA})|(string|int|number|bool|tab))(?:\[[^\]\n]*\])?\s+(?=\w)"
)
# The type before the words on what is given.
_GIVEN = re.compile(
    r"^(?:\{[^}]*\}|\[[^\]]*\]"
    r"|(?:[?|]?(?:int|string|bool|boolean|float|array|mixed|null|false|iterable)(?:\[\]|<[^>]*>)?)+"
    r"(?=\s+[A-Za-z])(?!\s+(?:if|of|on|or|when|otherwise)\b))\s*(?:[-\u2013:](?!\d))?\s*"
)
_POD = re.compile(r"^=\w+.*$", re.MULTILINE)
_DANGLING = re.compile(r"\b(?:of|at|see|from|in|to|by|on|refers?)\s*:?$", re.IGNORECASE)
_SPOKEN = re.compile(
    r"\b(?:(?P<list>list|array|sequence)|(?P<str>string|text|word|character|name|sentence)"
    r"|(?P<int>integer|number|count|index|amount))s?\b",
    re.IGNORECASE,
)
_TAG = re.compile(r"^\s*[@\\](\w+)(?:\[[\w, ]*\])?\s*(.*)$")
_NAMED = re.compile(
    r"^(?:\{(?P<type>[^}]*)\}\s*|\[(?P<type3>[A-Z][^\]]*)\]\s+(?=[a-z_])"
    r"|(?P<type4>[^${]+?)\s+(?=[&.]*\$\w))?\[?[&.]*\$?(?P<name>[A-Za-z_]\w*)[^\s\]:]*\]?:?\s*"
    rf"(?:\[(?P<type2>[^\]]+)\]\s*)?(?=(?P<type5>{_LUA})?)(?:[-\u2013:]\s*)?(?P<text>.*)$"
)
_BULLET = re.compile(
    r"^\s*(?:[-*+]\s+`?(?:\w+\s+)?|(?=\$\d))`?(\$\d|\w+)`?(?:\s*\([^)]*\))?`?\s*[-\u2013:]+\s*(.*)$"
)
_HEADING = re.compile(r"^\s*#{1,4}\s+(.*?)\s*:?$|^\s*([A-Z][a-z]+(?: [a-z]+)?)\s*:$")
_SECTIONS = {
    "param": "parameter", "arg": "parameter", "argument": "parameter", "parameter": "parameter",
    "tparam": "aside", "return": "returns", "returns": "returns", "result": "returns",
    "example": "example", "examples": "example", "usage": "example", "brief": "prose",
    "description": "prose", "desc": "prose", "summary": "prose", "details": "prose",
    "note": "prose", "throws": "raises", "exception": "raises", "raise": "raises",
    "raises": "raises", "panics": "prose", "errors": "prose", "remarks": "prose",
}  # fmt: skip
_HEADED = {
    "arguments": "bullets", "parameters": "bullets", "params": "bullets", "args": "bullets",
    "outputs": "returns",
    "returns": "returns", "return": "returns", "return value": "returns", "example": "example",
    "examples": "example", "usage": "example", "panics": "prose", "errors": "prose",
    "note": "prose", "notes": "prose", "algorithm": "prose", "description": "prose",
}  # fmt: skip
# Lines on the text and not on the code.
_ASIDE = re.compile(
    r"^\s*\W*(?:authors?|see(?: also)?|references?|wiki(?:pedia)?|links?|source|credits?"
    r"|contribut(?:ed|ors?)|date|version|todo|fixme|(?:(?:time|space) )?complexity|auxiliary space"
    r"|leetcode|(?:worst|best|average)(?: case)?|eslint|pylint|filename|file)\b",
    re.IGNORECASE,
)
_URL = re.compile(r"<?https?://\S+>?")
_BACKTICKS = re.compile(r"`([A-Za-z_][\w.]*)(?:\([^`]*\))?`")
_KNOWN = frozenset({
    "true", "false", "null", "none", "nil", "undefined", "nan", "n", "k", "i", "j", "x", "y", "a",
    "b", "err", "some", "ok", "string", "str", "int", "number", "integer", "array", "list", "vec",
    "option", "result", "error", "object", "map", "set", "boolean", "bool", "float", "double",
})  # fmt: skip


@dataclass(slots=True)
class Told:
    """What a comment says; `types` are what it says of the types of parameters."""

    prose: list[str] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    returns: str = ""
    example: list[str] = field(default_factory=list)
    target: str = "prose"
    last: str = ""


def describe(language: str, code: str, name: str) -> Description:
    """The description of one function in a text that runs alone.

    Not usable: no comment, one of under four words (of under 21 if it has no example), one that
    leans on something that is not there.
    """
    found = _function(language, code, name)
    if found is None:
        return Description(name, "", reason="no-definition", detail=name)
    one, above = found
    kind = "static method" if one.kind == "method" else "function"
    said = told(above)
    if len(above) > LONGEST:
        return Description(name, kind, reason="long-docstring", detail=f"{len(above)} characters")
    prose = paragraphs("\n".join(said.prose), code)
    given = tuple((key, text) for key, text in said.parameters.items())
    shown = tuple(examples(language, code, name))
    made = Description(
        name, kind, signature(language, code, one), prose, given, shown, returns=said.returns
    )
    reason, detail = _unusable(said, code)
    if not reason and too_short(made):
        reason, detail = "short-docstring", prose
    return replace(made, reason=reason, detail=detail)


def _function(language: str, code: str, name: str) -> tuple[_tree.Definition, str] | None:
    """The definition of a function and the comment above it, without its marks."""
    root = _tree.tree(language, _tree.encoded(code)).root_node
    defined = [one for one in _tree.definitions(language, code) if one.name == name]
    if not defined or defined[-1].kind == "class":
        return None
    one = defined[-1]
    for item in items(language, root):
        if item.node.start_byte <= one.span[0] and one.span[1] <= item.node.end_byte:
            mine = [n for n in item.above if n.type in comments(language)]
            if item.frame is not None or item.node.type not in cut_of(language).frames:
                said = "\n".join(text_of(node).rstrip("\n") for node in mine)
                return one, bare(_own_section(said, name))
    return one, ""


def _own_section(text: str, name: str) -> str:
    """Of Perl's documentation of several functions that of this one."""
    parts = re.split(r"(?m)^(?==(?:head\d|item)\b)", text)
    mine = [n for n, part in enumerate(parts) if re.match(rf"=\w+.*\b{re.escape(name)}\b", part)]
    if not mine:
        return text
    command = parts[mine[-1]].split()[0]
    after = range(mine[-1] + 1, len(parts))
    end = next((n for n in after if parts[n].startswith(command)), len(parts))
    return "".join(parts[mine[-1] : end])


def bare(comment: str) -> str:
    """A comment without what marks it as one."""
    text = re.sub(r"[ \t]*\*+/[ \t]*$", "", comment.expandtabs(4), flags=re.MULTILINE)
    if re.match(r"=\w+", text):
        text = re.sub(r"\b[BCFILSXZ]<+ ?([^<>]*?) ?>+", r"`\1`", _POD.sub("", text))
    return _MARKS.sub("", text).strip("\n")


def types_told(language: str, code: str, name: str) -> dict[str, str]:
    """What the comment says of the types of parameters."""
    return typed(told((_function(language, code, name) or (None, ""))[1]))


def words_told(language: str, code: str, name: str) -> dict[str, str]:
    """What the comment says of parameters, and of all, but what is returned, under no name."""
    said = told((_function(language, code, name) or (None, ""))[1])
    return {**said.parameters, "": " ".join(said.prose)}


def typed(said: Told) -> dict[str, str]:
    """What is said of types, for sure or by the words used."""
    guessed = {key: f"?{_spoken(text)}" for key, text in said.parameters.items()}
    return {**guessed, **{key: kind for key, kind in said.types.items() if kind}}


def _spoken(text: str) -> str:
    """The type that the words on a parameter speak of first; empty if they speak of none."""
    found = _SPOKEN.search(text)
    optional = re.match(r"\W*optional\b", text, re.IGNORECASE)
    return (found.lastgroup or "") if found else "optional" if optional else ""


def told(text: str) -> Told:
    """A comment by its sections."""
    said = Told()
    fenced = False
    for line, shows in blocks(text):
        if shows and said.target == "prose":
            said.example.append(line)
        elif line.strip().startswith("```"):
            fenced = not fenced
            said.target = "example" if fenced else "prose"
        elif fenced:
            said.example.append(line)
        elif (tag := _TAG.match(_LDOC.sub(_jsdoc, line))) is not None:
            _begin(said, _SECTIONS.get(tag[1].lower(), "aside"), tag[2])
        elif (head := _heading(line)) is not None:
            said.target = head
        else:
            _go_on(said, line)
    said.prose = [line for line in said.prose if not _ASIDE.match(line)]
    return said


def _jsdoc(tag: re.Match[str]) -> str:
    return f"{tag[1]}{tag[2] or 'param'} {{{tag[3] or tag[4]}}} "


def _heading(line: str) -> str | None:
    match = _HEADING.match(line)
    word = (match[1] or match[2] or "").lower() if match else ""
    return _HEADED.get(word, "aside" if match and match[1] and word else None)


def _begin(said: Told, section: str, rest: str) -> None:
    said.target = section
    if section == "parameter" and (match := _NAMED.match(rest)) is not None:
        said.last = match["name"]
        said.parameters[said.last] = plain(match["text"])
        told = next(filter(None, match.group("type", "type2", "type3", "type4", "type5")), "")
        said.types[said.last] = told.strip()
    elif section == "returns":
        said.returns = "; ".join(filter(None, [said.returns, plain(_GIVEN.sub("", rest))]))
    elif section in ("prose", "raises") and rest:
        text = f"It fails with {rest}" if section == "raises" else rest
        said.prose += ["", text] if section == "raises" else [text]
    elif section == "example":
        said.example.append(rest)


def _go_on(said: Told, line: str) -> None:
    text = line.strip()
    if said.target == "bullets" and (match := _BULLET.match(line)) is not None:
        said.last = match[1]
        said.parameters[said.last] = plain(match[2])
    elif said.target in ("parameter", "bullets") and said.last and text:
        said.parameters[said.last] = f"{said.parameters[said.last]} {plain(text)}".strip()
    elif said.target == "returns" and text:
        between = "\n" if re.match(r"[-*+] ", text) else " "
        said.returns = f"{said.returns}{between}{plain(text)}".strip()
    elif said.target == "example":
        said.example.append(line)
    elif said.target in ("prose", "raises"):
        said.prose.append(line.rstrip())
        said.target = "prose"
    elif not text and not _waits(said):
        said.target = "prose"


def _waits(said: Told) -> bool:
    """Does a blank line not end the section: one that has a heading and nothing yet?"""
    return said.target in ("aside", "bullets") or (said.target == "returns" and not said.returns)


def plain(text: str) -> str:
    """Inline markup as Markdown; what stands at another address is left out."""
    text = re.sub(r"\{@(?:code|literal)\s+([^}]*)\}", r"`\1`", text)
    text = re.sub(r"\{@(?:link|linkplain)\s+([^}]*)\}", lambda m: f"`{m[1].split('#')[-1]}`", text)
    text = re.sub(r"\[([^\]\n]+)\]\((?:https?:)?[^)\n]*\)", r"\1", text)
    text = re.sub(r"<sup>(.*?)</sup>", r"^\1", text)
    text = re.sub(r"</?(?:p|br|b|i|em|strong|ul|ol|li|pre|tt|sub|sup|h\d)\s*/?>", "", text)
    text = re.sub(r"</?code>", "`", text)
    text = re.sub(r"(?<![\w+])\+([A-Za-z_][\w.:#?!]*)\+(?![\w+])", r"`\1`", text)
    text = re.sub(r"\\f[$\[\]]|\\[cep] ", "", text)
    return _URL.sub("", text).strip()


def paragraphs(text: str, code: str) -> str:
    """The prose; paragraphs after the first that lean on something else are left out."""
    lines = [plain(line) if line.strip() else "" for line in text.split("\n")]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    first, *others = re.split(r"\n\n+", text)
    kept = [
        part
        for part in others
        if not leaning(part, code) and len(part.split()) > 2 and not _DANGLING.search(part)
    ]
    return "\n\n".join([first, *kept]).strip()


def leaning(text: str, code: str) -> str:
    """What a text names that its reader does not have; empty if it names no such thing."""
    if match := VAGUE.search(text):
        return match[0]
    for name in _BACKTICKS.findall(text):
        known = name.lower() in _KNOWN or len(name) == 1
        if not known and not re.search(rf"\b{re.escape(name.rpartition('.')[2])}\b", code):
            return str(name)
    return ""


def _unusable(said: Told, code: str) -> tuple[str, str]:
    text = "\n".join(said.prose).strip()
    if not re.search(r"[A-Za-z]{2,}", text + said.returns):
        return "no-docstring", ""
    bare_code = re.sub(r"(?m)^\s*(?:/?\*|//|#).*$", "", code)
    leans = leaning(plain(re.split(r"\n\s*\n", text)[0]), bare_code)
    return ("leans-on-context", leans) if leans else ("", "")


def examples(language: str, code: str, name: str) -> list[Example]:
    """Calls that the comment shows with what they give."""
    found = _function(language, code, name)
    begin = called(language, code, name)
    shown = pairs(found[1], name) if found else ()
    made = [Example(begin + call[call.index("(") :], want) for call, want in shown]
    return list(dict.fromkeys(made))[:8]
