"""Counts per stage: in + made = out + rejected + unfinished, asserted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from backfeed.engine.errors import PluginFault
from backfeed.engine.records import Sample


@dataclass(slots=True)
class Tally:
    """What became of the samples that entered one stage."""

    entered: int = 0
    made: int = 0
    out: int = 0
    unfinished: int = 0
    rejected: Counter[str] = field(default_factory=Counter)

    def add(self, results: Iterable[Sample], entered: int = 1) -> None:
        """Count what one call returned."""
        came = 0
        for sample in results:
            came += 1
            if sample.rejected is None:
                self.out += 1
            else:
                self.rejected[sample.rejected.reason] += 1
        self.entered += entered
        self.made += max(came - entered, 0)

    def merge(self, other: "Tally") -> None:
        """Add another tally of the same stage."""
        self.entered += other.entered
        self.made += other.made
        self.out += other.out
        self.unfinished += other.unfinished
        self.rejected.update(other.rejected)

    def check(self, stage: str) -> None:
        """Raise if rows vanished."""
        gone = self.entered + self.made - self.out - self.unfinished - self.rejected.total()
        if gone:
            raise PluginFault(f"stage {stage!r} lost {gone} rows: {self.plain()}")

    def plain(self) -> dict[str, Any]:
        """As it stands in summary.json."""
        return {
            "in": self.entered, "made": self.made, "out": self.out,
            "rejected": dict(sorted(self.rejected.items())), "unfinished": self.unfinished,
        }  # fmt: skip

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Tally":
        """The tally of a plain mapping."""
        return cls(
            plain["in"], plain["made"], plain["out"], plain["unfinished"],
            Counter(plain["rejected"]),
        )  # fmt: skip


class Tallies(dict[str, Tally]):
    """The tallies of a segment or a run, by stage name in the order of the recipe."""

    def of(self, stage: str) -> Tally:
        """The tally of a stage, made if there is none."""
        return self.setdefault(stage, Tally())

    def merge(self, other: Mapping[str, Tally]) -> None:
        """Add others."""
        for stage, tally in other.items():
            self.of(stage).merge(tally)

    def check(self) -> None:
        """Raise if rows vanished anywhere."""
        for stage, tally in self.items():
            tally.check(stage)

    def plain(self) -> dict[str, Any]:
        """As it stands in summary.json."""
        return {stage: tally.plain() for stage, tally in self.items()}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Tallies":
        """The tallies of a plain mapping."""
        return cls({stage: Tally.of(value) for stage, value in plain.items()})
