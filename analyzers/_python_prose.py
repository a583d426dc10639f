"""A Python docstring without its markup: prose, parameters, and what it says of the result."""

import itertools
import re
import textwrap
from dataclasses import dataclass, field

# What stands between backticks or stars, read from left to right: each mark belongs to one thing.
_MARKUP = re.compile(
    r"``(?P<literal>.+?)``(?!`)"
    r"|:(?:py:)?\w+:`~?!?(?P<role>[^`<]+?)(?:\s*<[^>]+>)?`"
    r"|`(?P<link>[^`<]+?)(?:\s+<[^>]+>)?`_+(?!\w)"
    r"|`(?P<single>[^`]+)`"
    r"|(?<![\w*`])\*(?P<star>[A-Za-z_]\w*)\*(?![\w*`])",
    re.DOTALL,
)
_TARGET = re.compile(r"^[ \t]*\.\. _[^\n]+:[^\n]*\n?", re.MULTILINE)
_FIELD = re.compile(
    r"^\s*:(?:param|parameter|arg|argument|key|keyword)\s"
    r"(?:[\w\[\], .]*\s)?(\*{0,2}\w+):\s*(.*)"  # a type may stand before the name
)
_OTHER_FIELD = re.compile(
    r"^\s*:(type|rtype|return|returns|raise|raises|yield|yields)\b([^:]*):\s*(.*)"
)
_HEADING = re.compile(
    r"^(see also|examples?|doctests?|references?|notes?|usage|todo)s?\s*:{0,2}\s*$", re.IGNORECASE
)
_ASIDE = re.compile(r"(see also|references?|todos?)\s*:{0,2}\s*$", re.IGNORECASE)
_UNDERLINE = re.compile(r"^\s*[-=~^]{3,}\s*$")
# A paragraph that led to an example, which stands elsewhere now; one that leads to a list stays.
_CLOSING_COLON = re.compile(
    r"(,? (like|as) (so|follows|this))?:[ \t]*(?=\n\s*\n(?![ \t]*[-*+\d])|\Z)"
)
_LEAD_WORDS = 14
_DIRECTIVE = re.compile(r"^\s*\.\.\s+([\w-]+)::")


@dataclass(frozen=True, slots=True)
class Told:
    """What a docstring says in words; `parameters` are names with what is said of them."""

    prose: str
    parameters: tuple[tuple[str, str], ...]
    returns: str


def told(doc: str, names: frozenset[str] = frozenset()) -> Told:
    """A docstring without examples, markup and field lists; its parameters; what it returns.

    A short paragraph that leads to an example goes with it, unless it has something to say of one
    of `names`.
    """
    reader = _Reader(names)
    lines = doc.expandtabs().splitlines()
    for line, after in itertools.zip_longest(lines, lines[1:], fillvalue=""):
        if line.strip() and _UNDERLINE.match(after):
            reader.begin(line.strip())
        reader.take(line)
    fields = tuple((name, plain(text)) for name, text in reader.fields)
    return Told(plain("\n".join(reader.kept)), fields, plain(reader.returns))


@dataclass(slots=True)
class _Reader:
    """Where in a docstring one is, and what has been read. `target` is the field list's item that
    indented lines belong to: a parameter (`field`), something else (`other`), or none.
    """

    names: frozenset[str] = frozenset()
    kept: list[str] = field(default_factory=list)
    fields: list[tuple[str, str]] = field(default_factory=list)
    returns: str = ""
    target: str = ""
    skipping: bool = False
    in_example: bool = False
    left_out: bool = False

    def begin(self, heading: str) -> None:
        """An underlined heading: its section goes on until the next one."""
        self.left_out = _ASIDE.match(heading) is not None

    def take(self, line: str) -> None:
        """One line."""
        if self.left_out:
            return
        text = line.strip()
        if not (self._is_example(text) or self._is_heading(line, text)) and not (
            self.skipping and (not text or line.startswith(" "))
        ):
            self.skipping = False
            self._keep(line, text)

    def _is_example(self, text: str) -> bool:
        """An example ends with a blank line."""
        if text.startswith(">>>") and not self.in_example:
            self._drop_lead()
        self.in_example = text.startswith(">>>") or (self.in_example and bool(text))
        return self.in_example

    def _drop_lead(self) -> None:
        """The paragraph before an example, if it says nothing without it."""
        while self.kept and not self.kept[-1].strip():
            self.kept.pop()
        above = [n for n, line in enumerate(self.kept) if not line.strip()]
        lead = " ".join(self.kept[above[-1] :]) if above else ""
        words = re.findall(r"\w+", lead)
        if lead.rstrip().endswith(":") and len(words) <= _LEAD_WORDS and not self.names & {*words}:
            del self.kept[above[-1] :]
        self.kept.append("")

    def _is_heading(self, line: str, text: str) -> bool:
        """A heading or a directive; what stands under some of them is left out, too."""
        directive = _DIRECTIVE.match(line) is not None
        if directive or _HEADING.match(text):
            self.skipping = directive or _ASIDE.match(text) is not None
            self.target = ""
            return True
        if text == "::":  # begins a block, and is not shown
            return True
        return _UNDERLINE.match(line) is not None

    def _keep(self, line: str, text: str) -> None:
        goes_on = line.startswith(" ") and bool(text)
        if match := _FIELD.match(line):
            self.fields.append((match[1].lstrip("*"), match[2]))
            self.target = "field"
        elif match := _OTHER_FIELD.match(line):
            self.target = "other"
            if match[1].startswith(("return", "yield")):
                self.returns = match[3]
        elif self.target == "field" and goes_on:
            name, before = self.fields[-1]
            self.fields[-1] = (name, f"{before} {text}")
        elif not (self.target and goes_on):
            self.target = ""
            self.kept.append(line.rstrip())


def plain(text: str) -> str:
    """Markup as Markdown: roles and double backticks become single ones, `::` becomes a colon."""
    text = _MARKUP.sub(_unmarked, _TARGET.sub("", text))
    text = re.sub(r"::[ \t]*$", ":", text, flags=re.MULTILINE)
    text = re.sub(r"\n(?:[^\S\n]*\n){2,}", "\n\n", textwrap.dedent(text))
    return _CLOSING_COLON.sub(".", text.strip())


def _unmarked(match: re.Match[str]) -> str:
    """One piece of markup in Markdown; a link is its words."""
    if match["link"]:
        return match["link"]
    if match["role"]:
        return f"`{match['role'].strip().rpartition('.')[2]}`"
    return f"`{(match['literal'] or match['single'] or match['star']).strip('`')}`"
