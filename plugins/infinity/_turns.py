"""Turns of a conversation put in order: faults that data sets are known for, repaired or refused.

In order are: system texts in front, made one; then questions and answers in turn, an answer being
any calls of tools with what they gave, and what was said at last.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from backfeed.plugin import Finding, Message

REPAIRS = {
    "trimmed": "white space around a turn was left out",
    "empty-turn": "a turn without a word was left out",
    "system-as-answer": "what was tagged as an answer sets the scene: it is the system's",
    "system-moved": "the system's text stood behind the first question",
    "system-joined": "several texts of the system are one",
    "opens-with-answer": "an answer to nothing was left out",
    "repeated-turn": "a turn that was said twice stands once",
    "joined-turns": "turns of one speaker in a row are one",
    "unanswered-end": "what nobody answered was left out at the end",
}

SETS_SCENE = re.compile(
    r"\s*(?:#+ *)?(?:system(?: prompt| message)?\s*[:\n]\s*)?(?:"
    r"you(?:['’]re| are) (?:an?|the|my|now|going to|to) "
    r"|you (?:will|must|should|always)\b.{0,80}\b(?:assistant|user|answer|respond|reply|task|given)"
    r"|(?:act|behave|respond|answer|reply) (?:as|like|in|with|only)\b"
    r"|(?:below|here|this) (?:is|are) (?:an?|the|some)\b.{0,60}"
    r"\b(?:instruction|conversation|dialogue|chat|task)"
    r"|an? (?:chat|conversation|dialogue)\b.{0,40}\bbetween\b"
    r"|(?:your|the) (?:task|role|job|name|goal|purpose) is\b"
    r"|as an? (?:ai|artificial|language|helpful)\b.{0,80}\b(?:you|your)\b"
    r"|provide (?:a )?(?:detailed|helpful|accurate)\b.{0,60}\banswer"
    r"|(?:你是|你现在是|您是|请扮演|作为一个|作为一名)"
    r")",
    re.IGNORECASE | re.DOTALL,
)
"""How a text for the system begins: it tells somebody who they are, or how to answer."""


class Unsettled(Exception):
    """Turns that cannot be put in order: a short reason, and the detail."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Settled:
    """Turns in order, and what was done for it; the line of a repair is the number of the turn."""

    messages: tuple[Message, ...]
    repairs: tuple[Finding, ...]


def settle(messages: Sequence[Message], *, join: bool = True, drop: bool = True) -> Settled:
    """Put turns in order. Raises `Unsettled`.

    Without `join`, turns of one speaker in a row are refused; without `drop`, so are an answer
    that opens a conversation and a question that ends it.

    >>> turns = [Message("user", "Hi!"), Message("user", "Hi!"), Message("assistant", "Hello.")]
    >>> [one.rule for one in settle(turns).repairs]
    ['repeated-turn']
    """
    found = _Turns([(number, turn) for number, turn in enumerate(messages, 1)])
    found.without_empty()
    found.trimmed()
    system = found.system()
    found.opening(drop=drop)
    found.doubled(join=join)
    found.ending(drop=drop)
    found.check()
    head = (Message("system", system),) if system else ()
    return Settled((*head, *(turn for _, turn in found.turns)), tuple(found.repairs))


class _Turns:
    """Turns with their numbers, while they are put in order."""

    def __init__(self, turns: list[tuple[int, Message]]) -> None:
        self.turns = turns
        self.repairs: list[Finding] = []

    def _did(self, rule: str, number: int) -> None:
        self.repairs.append(Finding(rule, "note", REPAIRS[rule], number))

    def roles(self) -> list[str]:
        return [turn.role for _, turn in self.turns]

    def without_empty(self) -> None:
        """An empty question before an answer stays a fault: the answer is one to nothing."""
        kept = []
        for place, (number, turn) in enumerate(self.turns):
            if turn.content.strip():
                kept.append((number, turn))
                continue
            answered = self.roles()[place + 1 : place + 2] == ["assistant"]
            if turn.role == "user" and answered:
                raise Unsettled("empty-question", f"turn {number} asks nothing and is answered")
            self._did("empty-turn", number)
        self.turns = kept

    def trimmed(self) -> None:
        """What models put before their first word would be an indentation of code."""
        for place, (number, turn) in enumerate(self.turns):
            if (text := trimmed(turn.content)) != turn.content:
                self.turns[place] = (number, Message(turn.role, text))
                self._did("trimmed", number)

    def system(self) -> str:
        """Take the system's texts out: those in front, or behind the first question."""
        if self.roles()[:2] == ["assistant", "user"] and "assistant" in self.roles()[2:]:
            number, first = self.turns[0]
            if SETS_SCENE.match(first.content):
                self.turns[0] = (number, Message("system", first.content))
                self._did("system-as-answer", number)
        if self.roles()[:2] == ["user", "system"]:
            self.turns[:2] = self.turns[1::-1]
            self._did("system-moved", self.turns[0][0])
        texts: list[str] = []
        while self.turns and self.turns[0][1].role == "system":
            number, turn = self.turns.pop(0)
            if texts:
                self._did("system-joined", number)
            texts.append(turn.content)
        return "\n\n".join(dict.fromkeys(texts))

    def opening(self, *, drop: bool) -> None:
        """Leave out what stands before the first question."""
        if "user" not in self.roles():
            raise Unsettled("no-question", "nobody asks anything")
        while self.roles()[0] != "user":
            number, turn = self.turns[0]
            follows = "assistant" in self.roles()[self.roles().index("user") :]
            if not drop or not follows or turn.role != "assistant":
                raise Unsettled("wrong-order", f"turn {number}, of the {turn.role}, opens it")
            self.turns.pop(0)
            self._did("opens-with-answer", number)

    def doubled(self, *, join: bool) -> None:
        """Make turns of one speaker in a row one; what tools gave may be several."""
        kept: list[tuple[int, Message]] = []
        for number, turn in self.turns:
            same = kept and kept[-1][1].role == turn.role and turn.role != "tool"
            if not same:
                kept.append((number, turn))
                continue
            first, before = kept[-1]
            if before.content.strip() == turn.content.strip():
                self._did("repeated-turn", number)
            elif join:
                kept[-1] = (first, Message(turn.role, f"{before.content}\n\n{turn.content}"))
                self._did("joined-turns", number)
            else:
                raise Unsettled(
                    "doubled-turn", f"turns {first} and {number}: two of the {turn.role}"
                )
        self.turns = kept

    def ending(self, *, drop: bool) -> None:
        """Leave out what stands behind the last answer."""
        if "assistant" not in self.roles():
            raise Unsettled("no-answer", "nobody answers")
        while self.roles()[-1] != "assistant":
            number, turn = self.turns.pop()
            if not drop:
                raise Unsettled("unanswered-end", f"turn {number}, of the {turn.role}, is the last")
            self._did("unanswered-end", number)

    def check(self) -> None:
        """Refuse what is still out of order."""
        before = ""
        for number, turn in self.turns:
            if turn.role == "system":
                raise Unsettled("system-inside", f"turn {number} is the system's")
            if turn.role == "tool" and before == "user":
                raise Unsettled("tool-uncalled", f"turn {number}: a tool gives what nobody called")
            if turn.role == "user" and before == "tool":
                raise Unsettled("missing-answer", f"turn {number} follows a tool, not an answer")
            before = turn.role


def trimmed(text: str) -> str:
    """A text without empty lines and blanks around it; one that is indented as a whole stays so.

    >>> trimmed(" for x in y:\n    print(x)\n"), trimmed("    a\n    b")
    ('for x in y:\n    print(x)', '    a\n    b')
    """
    lines = text.rstrip().split("\n")
    first = next(n for n, line in enumerate(lines) if line.strip())
    head, rest = lines[first], [line for line in lines[first + 1 :] if line.strip()]
    deep = min((len(line) - len(line.lstrip()) for line in rest), default=-1)
    if len(head) - len(head.lstrip()) != deep:
        head = head.lstrip()
    return "\n".join([head, *lines[first + 1 :]])
