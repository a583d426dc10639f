"""What no data set should carry along: secrets, personal data, licences, poor instructions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from backfeed.engine.errors import AskFailed, ConfigError
from backfeed.engine.methods import personal_data, prose_language, quality
from backfeed.engine.records import Check, Finding, Sample
from backfeed.engine.requests import Asks, Compute, Score, together
from backfeed.engine.stages._inspecting import (
    FAMILIES,
    UNJUDGED,
    Level,
    default_level,
    look,
    shortened,
    talk,
)

LEVELS: dict[str, Level | None] = {
    "off": None, "note": "note", "warning": "warning", "error": "error",
}  # fmt: skip
_ASKED = ("language", "toxic")
"""Families that have a setting of their own."""
_HINTS = {
    "language": '; for it say natural = ["en"]', "toxic": "; for it say toxic = {toxic = 0.5}",
}  # fmt: skip
_RULES_OF = {"pii": personal_data.KINDS, "quality": tuple(quality.RULES)}


@dataclass(frozen=True, slots=True)
class Inspect:
    """Messages, code, files and tests -> findings that say what and where, never the text itself.

    `families` are those that are looked for: secret, pii, licence, quality. `natural` are the
    languages that prose may be in (ISO 639 codes such as "en"); empty: any. `levels` sets rules to
    off, note, warning or error; `*` stands for any letters: {"pii/*" = "warning"}. An error rejects
    with the family's name as reason; secrets are errors, all else remarks.

    `toxic` are labels of a text classifier that the scorer holds, each with the least probability
    that is told: {toxic = 0.5, threat = 0.3}; empty: none is asked. Prose of messages is judged.

    in:  response "password = 'hunter2'"
    out: rejected by inspect, reason secret, detail "secret/password: ... in the answer, line 1"
    """

    families: tuple[str, ...] = ("secret", "pii", "licence", "quality")
    natural: tuple[str, ...] = ()
    levels: Mapping[str, str] = field(default_factory=dict, hash=False)
    toxic: Mapping[str, float] = field(default_factory=dict, hash=False)
    version = 1

    def __post_init__(self) -> None:
        """Refuse what would look for nothing."""
        for name in self.families:
            if name not in FAMILIES:
                told = _HINTS.get(name, "")
                known = ", ".join(FAMILIES)
                raise ConfigError(f"inspect: no family is called {name!r}; there are {known}{told}")
        for pattern, level in self.levels.items():
            _refuse_unknown(pattern, level)
        for label, least in self.toxic.items():
            if not label or not 0 < least <= 1:
                raise ConfigError(
                    f"inspect: toxic = {{{label!r} = {least}}}: give a label of the classifier and"
                    " the least probability that is told, such as {toxic = 0.5}"
                )
        if self.natural:
            known_codes = {*prose_language.identifier().labels}
            for code in set(self.natural) - known_codes:
                raise ConfigError(
                    f"inspect: natural = {code!r} is no language that can be told; give ISO 639"
                    " codes such as 'en', 'de', 'zh'"
                )

    @property
    def asks(self) -> tuple[str, ...]:
        """A classifier is asked only where there are labels to ask for."""
        return ("compute", "scorer") if self.toxic else ("compute",)

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Look at all texts of the row; without any it is unverified."""
        if not (sample.messages or sample.code or sample.files):
            return [sample.checked(Check("inspect", "unverified"))]
        families = (*self.families, *(("language",) if self.natural else ()))
        bare = replace(sample, evidence=(), checks=())
        raw: tuple[Finding, ...] = yield from Compute(look, (bare, families, self.natural))
        if self.toxic:
            raw += yield from self._toxic(bare)
        found = tuple(one for each in raw if (one := self._levelled(each)))
        errors = [one for one in found if one.level == "error"]
        if not errors:
            return [sample.checked(Check("inspect", "passed", findings=found))]
        checked = sample.checked(Check("inspect", "failed", findings=found))
        worst = errors[0]
        line = f", line {worst.line}" if worst.line else ""
        family = worst.rule.partition("/")[0]
        return [checked.no("inspect", family, f"{worst.rule}: {worst.message}{line}")]

    def _toxic(self, bare: Sample) -> Asks[tuple[Finding, ...]]:
        """`toxic/LABEL` for each piece of prose that the classifier takes for it."""
        pieces: tuple[tuple[str, str], ...] = yield from Compute(talk, (bare,))
        asked = [(where, text, label) for where, text in pieces for label in self.toxic]
        scores: list[float | None] = yield from together(
            _probability(label, text) for _, text, label in asked
        )
        found = []
        for (where, _, label), score in zip(asked, scores, strict=True):
            rule = UNJUDGED if score is None else f"toxic/{label}"
            told = "a part of it was refused" if score is None else f"probability {score:.2f}"
            if score is None or score >= self.toxic[label]:
                found.append(Finding(rule, default_level(rule), f"{told}, in the {where}"))
        return shortened(found)

    def _levelled(self, finding: Finding) -> Finding | None:
        """The finding at the level that the last setting which names it gives; None if off."""
        told = [v for k, v in self.levels.items() if fnmatchcase(finding.rule, k)]
        if not told:
            return finding
        level = LEVELS[told[-1]]
        return replace(finding, level=level) if level else None


def _probability(label: str, text: str) -> Asks[float | None]:
    """How probable the classifier finds a label; None if it does not take the text."""
    try:
        found: float = yield from Score(f"class:{label}", answer=text)
    except AskFailed:
        return None
    return found


def _refuse_unknown(pattern: str, level: str) -> None:
    family, _, rule = pattern.partition("/")
    if level not in LEVELS:
        raise ConfigError(f"inspect: {pattern} = {level!r}; a level is one of {', '.join(LEVELS)}")
    if not rule or family not in (*FAMILIES, *_ASKED):
        known = ", ".join(f"{name}/..." for name in (*FAMILIES, *_ASKED))
        raise ConfigError(f"inspect: no rule is called {pattern!r}; rules are {known}")
    known_rules = _RULES_OF.get(family, ())
    if known_rules and not any(fnmatchcase(one, rule) for one in known_rules):
        raise ConfigError(
            f"inspect: no rule is called {pattern!r}; {family}/ has {', '.join(known_rules)}"
        )


PLUGIN = Inspect
