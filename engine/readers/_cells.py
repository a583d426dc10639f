"""The cells of one row by what they say: messages, tests, the name that tests call."""

import re
from typing import Any

from backfeed.engine.readers import _values as values
from backfeed.engine.readers._shapes import Shape
from backfeed.engine.readers._tests import Asked, tests_of
from backfeed.engine.readers._values import Unusable
from backfeed.engine.records import Message, Test

_SPOKEN = {
    "en", "eng", "english", "en-us", "en-gb", "zh", "zho", "chinese", "zh-cn", "zh-tw", "de",
    "deu", "german", "fr", "fra", "french", "es", "spa", "spanish", "ru", "rus", "russian", "ja",
    "jpn", "japanese", "pt", "por", "pt-br", "portuguese", "it", "ita", "italian", "ko", "kor",
    "korean", "vi", "vietnamese", "ar", "arabic", "hi", "hindi", "tr", "turkish", "uk",
    "ukrainian",
}  # fmt: skip
_FENCE = re.compile(r"^[ \t]*(```|~~~)", re.MULTILINE)


class Cells:
    """A row, seen through its shape."""

    def __init__(self, row: Any, shape: Shape) -> None:
        self.row, self.shape = row, shape

    def value(self, name: str) -> Any:
        """The value of a column; None if the shape has no such thing."""
        column = self.shape.columns.get(name)
        return self.row.get(column) if column else None

    def pair(self, name: str) -> tuple[Any, str]:
        """The value, and the name of its column."""
        return self.value(name), self.shape.columns.get(name, "")

    def text(self, name: str) -> str:
        """A text; empty if there is none."""
        return values.text_of(*self.pair(name))

    def language(self) -> str:
        """What the answer is written in; empty if it is not said, or a language people speak."""
        said = self.text("language")
        return "" if said.strip().lower() in _SPOKEN else said

    def understood(self) -> set[str]:
        """The columns that say something to us: the others are kept as they are."""
        used = set(self.shape.columns.values())
        if self.value("language") and not self.language():
            used.discard(self.shape.columns["language"])
        return used

    def messages(self) -> tuple[Message, ...]:
        """All turns, the system's first."""
        if "messages" in self.shape.columns:
            found = values.messages_of(*self.pair("messages"))
        else:
            found = self._turns()
        system = self.text("system")
        return (Message("system", system), *found) if system.strip() else found

    def _turns(self) -> tuple[Message, ...]:
        earlier = values.history_of(*self.pair("history")) if self.value("history") else ()
        asked, answered = self._side("instruction", "user"), self._answer()
        return (*earlier, *asked, *answered)

    def _side(self, name: str, role: str) -> tuple[Message, ...]:
        """The prompt or the completion, which may be messages themselves."""
        value, column = self.pair(name)
        if values.is_turns(value):
            return values.messages_of(value, column)
        text = values.text_of(value, column)
        if name == "instruction":
            text = "\n\n".join(part for part in (text, self.text("input")) if part.strip())
        return (Message(role, text),) if text else ()

    def _answer(self) -> tuple[Message, ...]:
        how = self.shape.known.answer
        if not how:
            return self._side("response", "assistant")
        value, column = self.pair("response")
        if how == "first":
            found = values.parsed(value)
            value = next(iter(found), None) if isinstance(found, list) else found
        text = values.text_of(value, column)
        if how == "behind-prompt" and text.strip() and not _FENCE.search(text):
            text = self.text("instruction") + text
        return (Message("assistant", text),) if text else ()

    def entry_point(self) -> str:
        """The name that tests call: of a column of its own, or of what is told about the tests."""
        if named := self.text("entry_point"):
            return named
        about = values.parsed(self.value("about"))
        told = about if isinstance(about, list) else [about]
        names = [one.get("function_name") for one in told if isinstance(one, dict)]
        return names[0] if len(names) == 1 and isinstance(names[0], str) else ""

    def tests(self, messages: tuple[Message, ...]) -> tuple[Test, ...]:
        """The tests, if there is a column of them."""
        value, column = self.pair("tests")
        if not value:
            return ()
        answer = next((m.content for m in reversed(messages) if m.role == "assistant"), "")
        asked = Asked(f"column {column!r}", answer, self.entry_point(), self._setup())
        return tests_of(value, self.shape.known.tests, asked)

    def _setup(self) -> str:
        value, column = self.pair("setup")
        lines = values.parsed(value)
        if isinstance(lines, list):
            if not all(isinstance(line, str) for line in lines):
                raise Unusable("bad-tests", f"column {column!r} is not a list of lines")
            return "\n".join(lines)
        return values.text_of(value, column)
