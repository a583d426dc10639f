"""HTML: parsers take nearly anything, so that the balance of its tags is what is judged."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

from backfeed.analyzers import _parsed
from backfeed.analyzers._parsed import Parsed

Plain = dict[str, Any]
_VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr", "basefont", "bgsound", "frame", "keygen",
}  # fmt: skip
# Elements whose end may be left out.
_OPTIONAL = {
    "body", "caption", "colgroup", "dd", "dt", "head", "html", "li", "optgroup", "option", "p",
    "rp", "rt", "tbody", "td", "tfoot", "th", "thead", "tr",
}  # fmt: skip
_TEMPLATE = re.compile(r"\{%|<%|<\?(?!xml)|\{\{#")


class _Html(Parsed):
    language = "html"
    tool = "python"

    def parse(self, code: str) -> Plain:
        """Are all tags closed that must be, and opened that are closed?"""
        tags = _Tags()
        tags.feed(code)
        tags.close()
        fault = tags.fault or tags.unclosed()
        if fault is None:
            return {"word": "ok"}
        return _parsed.unread("a template") if _TEMPLATE.search(code) else fault


class _Tags(HTMLParser):
    """The tags that are open while a text is read, and the first that is out of place."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, int]] = []
        self.fault: Plain | None = None

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Void elements have no end."""
        if tag not in _VOID:
            self.open.append((tag, self.getpos()[0]))

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        """It is closed as it is opened, as in SVG."""

    def handle_endtag(self, tag: str) -> None:
        """What lies between may be left open only if its end may be left out."""
        if self.fault or tag in _VOID:
            return
        at = next((n for n in reversed(range(len(self.open))) if self.open[n][0] == tag), None)
        if at is None:
            if tag not in _OPTIONAL:
                self.fault = _parsed.wrong(f"</{tag}> was never opened", self.getpos()[0])
            return
        self.fault = _unclosed(self.open[at + 1 :])
        del self.open[at:]

    def unclosed(self) -> Plain | None:
        """What is open at the end."""
        return _unclosed(self.open)


def _unclosed(left: Sequence[tuple[str, int]]) -> Plain | None:
    must = next(((tag, line) for tag, line in left if tag not in _OPTIONAL), None)
    return _parsed.wrong(f"<{must[0]}> is never closed", must[1]) if must else None


PLUGIN = _Html()
