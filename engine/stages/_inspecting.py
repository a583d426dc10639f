"""What the families of the stage `inspect` find in a row: pure functions, run in workers."""

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from backfeed.engine.grammar import grammars
from backfeed.engine.methods import licences, prose_language, quality, secret_scan
from backfeed.engine.methods.licence_texts import of_head
from backfeed.engine.methods.personal_data import personal
from backfeed.engine.methods.seed_rules import head_comments
from backfeed.engine.methods.text_parts import Marks
from backfeed.engine.records import Finding, Sample

MOST = 10
"""How many findings of one rule are told in full."""
PIECE = 800
"""So many characters of prose are judged at once: classifiers take some 500 tokens."""


@dataclass(frozen=True, slots=True)
class Text:
    """One of a row's texts: where it stands, and the language of the code that is in it."""

    where: str
    text: str
    language: str = ""


def texts(sample: Sample) -> list[Text]:
    """Messages, code, files and tests, each text once."""
    spoken = {"assistant": sample.language}
    found = [Text(where, text, spoken.get(role, "")) for where, role, text in messages(sample)]
    said = "\n".join(text.text for text in found)
    if sample.code.strip() not in said:
        found.append(Text("code", sample.code, sample.language))
    for file in (*sample.files, *sample.support):
        found.append(Text(file.path, file.text, sample.language))
    for number, test in enumerate(sample.tests, start=1):
        parts = (test.setup, test.code, test.stdin, test.stdout)
        found += [Text(f"test {number}", part, sample.language) for part in parts]
        found += [Text(file.path, file.text, sample.language) for file in test.files]
    return list({text.text: text for text in reversed(found) if text.text}.values())[::-1]


def messages(sample: Sample) -> list[tuple[str, str, str]]:
    """Each message as where it stands, its role, and its text."""
    count = len(sample.messages)
    short = count == 2 or (count == 3 and sample.messages[0].role == "system")
    names = {"user": "instruction", "assistant": "answer"}
    return [
        (names.get(m.role, m.role) if short else f"message {n} ({m.role})", m.role, m.content)
        for n, m in enumerate(sample.messages, start=1)
    ]


def of_secrets(sample: Sample) -> Iterator[Finding]:
    """`secret/KIND`: an error each."""
    for text in texts(sample):
        for one in secret_scan.secrets(text.text, text.language):
            yield _found(f"secret/{one.kind}", f"{one.detector} in the {text.where}", one.line)


def of_personal_data(sample: Sample) -> Iterator[Finding]:
    """`pii/KIND`: a note each."""
    for text in texts(sample):
        for one in personal(text.text):
            message = f"{PERSONAL[one.kind]} in the {text.where}"
            yield _found(f"pii/{one.kind}", message, one.line)


PERSONAL = {
    "email": "an email address", "phone": "a telephone number", "ip": "a public IP address",
    "card": "a payment card number", "iban": "a bank account number (IBAN)",
    "ssn": "a US social security number",
}  # fmt: skip


_TAG = re.compile(r"SPDX-License-Identifier:[^\r\n]+")
_MAY_NAME = re.compile(
    r"licen[sc]e|copyright|permission|redistribut|public domain|proprietary|confidential|\bgpl",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(r"copyright\s*(?:\(c\)|©|&copy;|:)?\s*(?:19|20)\d\d", re.IGNORECASE)


def of_licences(sample: Sample) -> Iterator[Finding]:
    """`licence/SPDX-ID` for what the head of the code says, `licence/copyright` for no more."""
    marks = _marks(sample.language)
    sources = {**{file.text: file.path for file in sample.files}, sample.code: "code"}
    for text, where in sources.items():
        if not _MAY_NAME.search(text):
            continue
        head = head_comments(text, marks) if marks else ""
        named = of_head("\n".join([head, *_TAG.findall(text)]))
        for licence in dict.fromkeys(named):
            name = "unknown" if licence == licences.UNKNOWN else licence
            kind = licences.RANKS[licences.rank(licence)]
            yield _found(f"licence/{name}", f"named at the head of the {where} ({kind})", 1)
        if not named and _COPYRIGHT.search(head):
            yield _found("licence/copyright", f"at the head of the {where}, without a licence", 1)


def _marks(language: str) -> Marks | None:
    known = grammars().get(language)
    return known.marks if known else None


def of_quality(sample: Sample) -> Iterator[Finding]:
    """`quality/RULE` for each turn of the conversation; its code is the last turn's."""
    said = [m for m in sample.messages if m.role in ("user", "assistant")]
    asked = [n for n, m in enumerate(said) if m.role == "user"]
    code = sample.code or "".join(file.text for file in sample.files)
    for n in asked or [-1]:
        question = said[n].content if n >= 0 else ""
        answer = next((m.content for m in said[n + 1 : n + 2] if m.role == "assistant"), "")
        last = n == (asked or [-1])[-1]
        if not answer and not last:
            continue  # two questions in a row: the later one is answered
        turn = quality.Turn(
            question, answer, code if last else "", _marks(sample.language), first=n <= 0
        )
        for flaw in quality.flaws(turn):
            yield _found(f"quality/{flaw.rule}", flaw.why, flaw.line)


def of_language(sample: Sample, natural: tuple[str, ...]) -> Iterator[Finding]:
    """`language/CODE` where prose is in another language than those wanted."""
    code = {line.strip() for line in sample.code.splitlines()}
    for where, role, text in messages(sample):
        if role not in ("user", "assistant", "system"):
            continue
        prose = "\n".join(line for line in text.split("\n") if line.strip() not in code)
        if other := prose_language.foreign(prose, natural):
            yield _found(f"language/{other}", f"the {where} is written in it", 0)


def talk(sample: Sample) -> tuple[tuple[str, str], ...]:
    """The prose of messages in pieces, each with where it stands; each piece of a message once."""
    code = {line.strip() for line in sample.code.splitlines()}
    found = []
    for where, _, text in messages(sample):
        lines = (line for line in text.split("\n") if line.strip() not in code)
        found += [(where, one) for one in _pieces(quality.prose_of("\n".join(lines)))]
    return tuple(dict.fromkeys(found))


def _pieces(text: str) -> Iterator[str]:
    """Paragraphs, cut between words where one is too long; those without a word are left out."""
    for paragraph in re.split(r"\n\s*\n", text):
        for piece in textwrap.wrap(paragraph, PIECE):
            if re.search(r"[^\W\d_]{2}", piece):
                yield piece


def _found(rule: str, message: str, line: int) -> Finding:
    return Finding(rule, default_level(rule), message, line)


Level = Literal["error", "warning", "note"]
_LEVELS: dict[str, Level] = {
    "secret": "error", "language": "warning", "quality": "warning", "toxic": "warning",
}  # fmt: skip
UNJUDGED = "toxic/not-judged"
_NOTES = {"quality/short-instruction", "quality/short-answer", UNJUDGED}


def default_level(rule: str) -> Level:
    """The level of a rule that no setting names."""
    return "note" if rule in _NOTES else _LEVELS.get(rule.partition("/")[0], "note")


FAMILIES: Mapping[str, Callable[[Sample], Iterator[Finding]]] = {
    "secret": of_secrets, "pii": of_personal_data, "licence": of_licences, "quality": of_quality,
}  # fmt: skip


def look(
    sample: Sample, families: tuple[str, ...], natural: tuple[str, ...]
) -> tuple[Finding, ...]:
    """All that the families find, in their order, no more than `MOST` of a rule."""
    found: list[Finding] = []
    for family in families:
        rule = FAMILIES.get(family) or partial(of_language, natural=natural)
        found += rule(sample)
    return shortened(found)


def shortened(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, no more than `MOST` of a rule, and how many more there are."""
    return tuple(_shortened(list(dict.fromkeys(found))))


def _shortened(found: list[Finding]) -> Iterator[Finding]:
    counts: dict[str, int] = {}
    for one in found:
        counts[one.rule] = counts.get(one.rule, 0) + 1
        if counts[one.rule] <= MOST:
            yield one
    for rule, count in counts.items():
        if count > MOST:
            yield _found(rule, f"{count - MOST} more of these", 0)
