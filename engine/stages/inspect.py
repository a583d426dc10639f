"""What no data set should carry along: secrets, personal data, licences, poor instructions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from backfeed.engine.errors import ConfigError
from backfeed.engine.methods import personal_data, prose_language, quality
from backfeed.engine.records import Check, Finding, Sample
from backfeed.engine.requests import Asks, Compute
from backfeed.engine.stages._inspecting import FAMILIES, Level, look

LEVELS: dict[str, Level | None] = {
    "off": None, "note": "note", "warning": "warning", "error": "error",
}  # fmt: skip
_RULES_OF = {"pii": personal_data.KINDS, "quality": tuple(quality.RULES)}


@dataclass(frozen=True, slots=True)
class Inspect:
    """Messages, code, files and tests -> findings that say what and where, never the text itself.

    `families` are those that are looked for: secret, pii, licence, quality. `natural` are the
    languages that prose may be in (ISO 639 codes such as "en"); empty: any. `levels` sets rules to
    off, note, warning or error; `*` stands for any letters: {"pii/*" = "warning"}. An error rejects
    with the family's name as reason; secrets are errors, all else remarks.

    in:  response "db = connect(password='hunter2')"
    out: rejected by inspect, reason secret, detail "secret/password: ... in the answer, line 1"
    """

    families: tuple[str, ...] = ("secret", "pii", "licence", "quality")
    natural: tuple[str, ...] = ()
    levels: Mapping[str, str] = field(default_factory=dict, hash=False)
    version = 1
    asks = ("compute",)

    def __post_init__(self) -> None:
        """Refuse what would look for nothing."""
        for name in self.families:
            if name not in FAMILIES:
                told = '; for it say natural = ["en"]' if name == "language" else ""
                known = ", ".join(FAMILIES)
                raise ConfigError(f"inspect: no family is called {name!r}; there are {known}{told}")
        for pattern, level in self.levels.items():
            _refuse_unknown(pattern, level)
        if self.natural:
            known_codes = {*prose_language.identifier().labels}
            for code in set(self.natural) - known_codes:
                raise ConfigError(
                    f"inspect: natural = {code!r} is no language that can be told; give ISO 639"
                    " codes such as 'en', 'de', 'zh'"
                )

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Look at all texts of the row; without any it is unverified."""
        if not (sample.messages or sample.code or sample.files):
            return [sample.checked(Check("inspect", "unverified"))]
        families = (*self.families, *(("language",) if self.natural else ()))
        bare = replace(sample, evidence=(), checks=())
        raw: tuple[Finding, ...] = yield from Compute(look, (bare, families, self.natural))
        found = tuple(one for each in raw if (one := self._levelled(each)))
        errors = [one for one in found if one.level == "error"]
        if not errors:
            return [sample.checked(Check("inspect", "passed", findings=found))]
        checked = sample.checked(Check("inspect", "failed", findings=found))
        worst = errors[0]
        line = f", line {worst.line}" if worst.line else ""
        family = worst.rule.partition("/")[0]
        return [checked.no("inspect", family, f"{worst.rule}: {worst.message}{line}")]

    def _levelled(self, finding: Finding) -> Finding | None:
        """The finding at the level that the last setting which names it gives; None if off."""
        told = [v for k, v in self.levels.items() if fnmatchcase(finding.rule, k)]
        if not told:
            return finding
        level = LEVELS[told[-1]]
        return replace(finding, level=level) if level else None


def _refuse_unknown(pattern: str, level: str) -> None:
    family, _, rule = pattern.partition("/")
    if level not in LEVELS:
        raise ConfigError(f"inspect: {pattern} = {level!r}; a level is one of {', '.join(LEVELS)}")
    if not rule or family not in (*FAMILIES, "language"):
        known = ", ".join(f"{name}/..." for name in (*FAMILIES, "language"))
        raise ConfigError(f"inspect: no rule is called {pattern!r}; rules are {known}")
    known_rules = _RULES_OF.get(family, ())
    if known_rules and not any(fnmatchcase(one, rule) for one in known_rules):
        raise ConfigError(
            f"inspect: no rule is called {pattern!r}; {family}/ has {', '.join(known_rules)}"
        )


PLUGIN = Inspect
