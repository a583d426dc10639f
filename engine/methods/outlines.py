"""Terms of a vocabulary and how they belong together, read from what people write anyway.

How it works. Four forms are read: Markdown (a tutorial's outline, pages of documentation), HTML,
TOML or JSON (sections, or a tree of tags), and indented text (a tree of tags). Headings, items of
lists and what stands in code marks are terms; what stands under a heading or an item belongs to it
(a pair), and so do neighbours of one section: each with the few that follow it, for a page lists
related things side by side. A heading that is no term of its own ("See also", or a sentence)
passes what stands under it to the next one above.

In a tree the first level are classes, which are no terms; each term below knows its class.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from backfeed.engine.methods.phrases import clean

NEAR = 3
"""A term is paired with so many that follow it in its section."""
MOST_WORDS = 4
FORMS = ("markdown", "html", "toml", "json", "indented")

_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")
_ITEM = re.compile(r"(\s*)(?:[-*+]|\d+[.)])\s+(.+)")
_MARKED = re.compile(r"(`+)(.+?)\1")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_NUMBER = re.compile(r"^(?:(?:chapter|part|section)\s+)?[\dIVX]+(?:\.\d+)*[.:)]?\s+", re.IGNORECASE)
_DULL = re.compile(
    r"(introduction|overview|see also|examples?|(table of )?contents|summary|notes?|description"
    r"|syntax|(return )?values?|parameters?|arguments?|index|preface|appendix|exercises?|quiz"
    r"|conclusion|references?|further reading|remarks?|usage|home|next|previous|compatibility)"
)


_PARTS = ("li", "dt", "dd", "p", "td", "th", "tr", "div", "section")
_BLOCKS = frozenset(
    {*(f"h{n}" for n in range(1, 7)), *["li", "dt", "dd", "p", "td", "th", "tr", "div", "section"]}
)


@dataclass(slots=True)
class Outline:
    """Terms in the order they came (and how often), pairs of them, and the class of some."""

    language: str = ""
    terms: dict[str, int] = field(default_factory=dict)
    pairs: dict[tuple[str, str], None] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)

    def add(self, section: str, terms: Iterable[str]) -> None:
        """Terms of one section, whose heading may be a term itself."""
        names = list(dict.fromkeys(filter(None, terms)))
        for name in names:
            self.terms[name] = self.terms.get(name, 0) + 1
        for place, name in enumerate(names):
            for other in ([section] if section else []) + names[place + 1 : place + 1 + NEAR]:
                if other != name:
                    self.pairs[min(name, other), max(name, other)] = None


def read(text: str, form: str = "") -> Outline:
    """The outline of a text. Raises `ValueError` where it is not of the form.

    >>> read("# Loops\\n\\n- for loop\\n- while loop\\n").pairs
    {('for loop', 'loops'): None, ('for loop', 'while loop'): None, ('loops', 'while loop'): None}
    """
    return _READ[form or form_of(text)](text)


def form_of(text: str) -> str:
    """What form a text has, by its look."""
    bare = text.lstrip("\ufeff \t\r\n")
    if bare.startswith("<"):
        return "html"
    if re.match(r'\{|\[\s*["{\[]', bare) and not re.match(r"\[\[", bare):
        return "json"
    lines = [line for line in text.splitlines() if line.strip()]
    if any(
        re.match(r"\s*(?:\"[^\"]+\"|[\w-]+)\s*=\s*\S|\[[\w.\"\s-]+\]\s*$", line) for line in lines
    ):
        return "toml"
    if any(_HEADING.match(line) or _ITEM.match(line) for line in lines):
        return "markdown"
    return "indented"


def _heading_term(text: str) -> str:
    """The phrase of a heading or an item; empty if it is none."""
    bare = _NUMBER.sub("", _LINK.sub(r"\1", text))
    bare = re.sub(r"[`*]|\b_|_\b", "", bare)
    bare = re.split(r"\s+[-–—:]\s+|:\s|:$|\(\)?", bare)[0]
    phrase = clean(re.sub(r"\s*\([^)]*\)", "", bare))
    wordy = (
        len(phrase.split()) > MOST_WORDS
        or _DULL.fullmatch(phrase)
        or re.search("[=<>{}|;]", phrase)
    )
    return "" if wordy or not re.search(r"[^\W\d]", phrase) else phrase


def _code_term(text: str) -> str:
    """The phrase of what stands in code marks; empty if it is an expression and no name."""
    bare = text.partition("(")[0].strip().rstrip(";,")
    named = re.fullmatch(r"[@$%.]?[^\W\d][\w.:$/-]*[?!]?(?: [\w.]+){0,3}", bare)
    return bare.lower() if named and len(bare) > 1 else ""


class _Sections:
    """What stands under what: `open` are headings by level and items by 10 + indent, as places."""

    def __init__(self) -> None:
        self.titles, self.terms = [""], [list[str]()]
        self.open = [(0, 0)]

    def enter(self, text: str, level: int) -> None:
        """Begin what stands under a heading or an item; without a term all is the one above's."""
        self.open = [one for one in self.open if one[0] < level]
        above = self.open[-1][1]
        marked = _MARKED.match(text.strip()) if level >= 10 else None
        term = _heading_term(text) or (_code_term(marked[2]) if marked else "")
        place = above
        if term:
            self.terms[above].append(term)
            place = len(self.titles)
            self.titles.append(term)
            self.terms.append([])
        self.open.append((level, place))

    def say(self, line: str) -> None:
        """What a line has in code marks."""
        place = self.open[-1][1]
        marked = (_code_term(one[2]) for one in _MARKED.finditer(line))
        title = self.titles[place]
        self.terms[place] += [term for term in marked if term not in {title, *title.split()}]


def _markdown(text: str) -> Outline:
    sections = _Sections()
    for line in _unfenced(text):
        if match := _HEADING.match(line):
            sections.enter(match[2], len(match[1]))
            continue
        if match := _ITEM.match(line):
            sections.enter(match[2], 10 + len(match[1].expandtabs(4)))
        sections.say(line)
    found = Outline()
    for title, terms in zip(sections.titles, sections.terms, strict=True):
        found.add(title, terms)
    return found


def _unfenced(text: str) -> Iterator[str]:
    fence = ""
    for line in text.splitlines():
        mark = re.match(r"\s*(`{3,}|~{3,})", line)
        if mark and not fence:
            fence = mark[1][:3]
        elif mark and mark[1].startswith(fence):
            fence = ""
        elif not fence:
            yield line


class _Page(HTMLParser):
    """Turns a page into Markdown: headings, items, code marks."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._said: list[str] = []
        self._kind = ""
        self._depth = self._mute = self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._turn(tag, 1)
        if tag in _BLOCKS:
            self._kind = tag

    def handle_endtag(self, tag: str) -> None:
        self._turn(tag, -1)
        if tag in _BLOCKS:
            self._kind = ""

    def handle_data(self, data: str) -> None:
        if not self._mute and (text := " ".join(data.split())):
            self._said.append(f"`{text}`" if self._code else text)

    def _turn(self, tag: str, step: int) -> None:
        """A tag begins (1) or ends (-1)."""
        if tag in {"script", "style", "pre", "nav", "footer"}:
            self._mute = max(self._mute + step, 0)
        elif tag in {"code", "tt"}:
            self._code = max(self._code + step, 0)
        elif tag in {"ul", "ol"} or tag in _BLOCKS:
            self.flush()
            self._depth = max(self._depth + step * (tag in {"ul", "ol"}), 0)

    def flush(self) -> None:
        """Write what was said as a line of its kind."""
        text, self._said = " ".join(self._said), []
        if not text:
            return
        if re.fullmatch(r"h[1-6]", self._kind):
            text = f"{'#' * int(self._kind[1])} {text}"
        elif self._kind in {"li", "dt"}:
            text = f"{'    ' * max(self._depth - 1, 0)}- {text}"
        self.lines.append(text)
        self._kind = ""


def _html(text: str) -> Outline:
    page = _Page()
    page.feed(text)
    page.close()
    page.flush()
    return _markdown("\n".join(page.lines))


def _toml(text: str) -> Outline:
    try:
        return _mapping(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"it is no TOML: {error}") from error


def _json(text: str) -> Outline:
    try:
        return _mapping(json.loads(text))
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error}") from error


def _mapping(told: Any) -> Outline:
    """`language` with `sections`, whose names are terms, and `groups`; or a tree of tags.

    The first level of a tree are classes: mappings and lists, or objects of `name`, `children`.
    """
    if isinstance(told, Mapping) and isinstance(told.get("sections"), Mapping):
        found = Outline(str(told.get("language", "")))
        for section, terms in told["sections"].items():
            found.add("", [clean(section)])
            found.add(clean(section), (clean(str(term)) for term in terms))
        for terms in dict(told.get("groups", {})).values():
            found.add("", (clean(str(term)) for term in terms))
        return found
    found = Outline()
    for name, inner in _children(told):
        _tree(found, "", inner, coarse=clean(name))
    return found


def _children(told: Any) -> list[tuple[str, Any]]:
    if isinstance(told, Mapping):
        if "name" in told:
            return [(str(told["name"]), told.get("children", ()))]
        return [(str(name), inner) for name, inner in told.items()]
    if isinstance(told, list | tuple):
        return [one for item in told for one in _children(item)]
    return [(str(told), ())]


def _tree(found: Outline, parent: str, told: Any, *, coarse: str) -> None:
    inner = [(clean(name), more) for name, more in _children(told)]
    found.add(parent, (name for name, _ in inner))
    for name, more in inner:
        found.classes.setdefault(name, coarse)
        if more:
            _tree(found, name, more, coarse=coarse)


def _indented(text: str) -> Outline:
    """Each line a tag, those that stand further in below it."""
    top: dict[str, Any] = {}
    open_: list[tuple[int, dict[str, Any]]] = [(-1, top)]
    for line in text.expandtabs(4).splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        depth = len(line) - len(line.lstrip())
        while open_[-1][0] >= depth:
            open_.pop()
        inner: dict[str, Any] = open_[-1][1].setdefault(line.strip(" \t-*"), {})
        open_.append((depth, inner))
    return _mapping(top)


_READ: Mapping[str, Callable[[str], Outline]] = {
    "markdown": _markdown, "html": _html, "toml": _toml, "json": _json, "indented": _indented,
}  # fmt: skip
