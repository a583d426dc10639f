"""Keep the rows that reached a level, and reject the rest."""

from dataclasses import dataclass

from backfeed.engine.errors import ConfigError
from backfeed.engine.records import LEVELS, Sample


@dataclass(frozen=True, slots=True)
class Accept:
    """A level is the strongest evidence that a row has.

    in:  level "ran", with level = "tested"
    out: rejected by accept, reason level-ran
    """

    level: str = "tested"
    version = 1

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ConfigError(f"no level {self.level!r}; there are: {', '.join(LEVELS)}")

    def each(self, sample: Sample) -> list[Sample]:
        """Compare."""
        if LEVELS.index(sample.level) >= LEVELS.index(self.level):
            return [sample]
        why = next((c for c in reversed(sample.checks) if c.verdict == "unverified"), None)
        detail = "" if why is None else f"{why.name}: " + "; ".join(f.message for f in why.findings)
        return [sample.no("accept", f"level-{sample.level}", detail)]


PLUGIN = Accept
