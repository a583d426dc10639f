"""Keep the rows that reached a level, and reject the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backfeed.engine.errors import ConfigError
from backfeed.engine.records import LEVELS, Sample


@dataclass(frozen=True, slots=True)
class Accept:
    """A level is the strongest evidence that a row has.

    `types` says another level for question types whose answers are no programs: nothing runs of
    an explanation, and its row says so by its level.

    in:  level "ran", with level = "tested"
    out: rejected by accept, reason level-ran
    """

    level: str = "tested"
    types: Mapping[str, str] = field(default_factory=dict, hash=False)
    version = 2

    def __post_init__(self) -> None:
        for level in (self.level, *self.types.values()):
            if level not in LEVELS:
                raise ConfigError(f"no level {level!r}; there are: {', '.join(LEVELS)}")

    def each(self, sample: Sample) -> list[Sample]:
        """Compare."""
        wanted = self.types.get(sample.question_type, self.level)
        if LEVELS.index(sample.level) >= LEVELS.index(wanted):
            return [sample]
        why = next((c for c in reversed(sample.checks) if c.verdict == "unverified"), None)
        detail = "" if why is None else f"{why.name}: " + "; ".join(f.message for f in why.findings)
        return [sample.no("accept", f"level-{sample.level}", detail)]


PLUGIN = Accept
