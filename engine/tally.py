"""Counts per stage: in + made = out + rejected + unfinished, asserted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from typing import Any

from backfeed.engine.errors import AskFailed, PluginFault
from backfeed.engine.records import Sample


@dataclass(slots=True)
class Used:
    """What was asked at one desk: answers count alike, whether they came from the book or not."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    def add(self, other: "Used") -> None:
        """Add what another says."""
        self.calls += other.calls
        self.tokens_in += other.tokens_in
        self.tokens_out += other.tokens_out


@dataclass(slots=True)
class Tally:
    """What became of the samples that entered one stage, and what it asked of models, by desk."""

    entered: int = 0
    made: int = 0
    out: int = 0
    unfinished: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    used: dict[str, Used] = field(default_factory=dict)

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
        for desk, used in other.used.items():
            self.use(desk, used)

    def use(self, desk: str, used: Used) -> None:
        """Count what was asked at a desk."""
        self.used.setdefault(desk, Used()).add(used)

    def check(self, stage: str) -> None:
        """Raise if rows vanished."""
        gone = self.entered + self.made - self.out - self.unfinished - self.rejected.total()
        if gone:
            raise PluginFault(f"stage {stage!r} lost {gone} rows: {self.plain()}")

    def plain(self) -> dict[str, Any]:
        """As it stands in summary.json."""
        found = {
            "in": self.entered, "made": self.made, "out": self.out,
            "rejected": dict(sorted(self.rejected.items())), "unfinished": self.unfinished,
        }  # fmt: skip
        if self.used:
            found["used"] = {desk: asdict(used) for desk, used in sorted(self.used.items())}
        return found

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Tally":
        """The tally of a plain mapping."""
        return cls(
            plain["in"], plain["made"], plain["out"], plain["unfinished"],
            Counter(plain["rejected"]),
            {desk: Used(**used) for desk, used in plain.get("used", {}).items()},
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


COUNTED = frozenset({"model", "embedder", "scorer"})
"""The kinds of services whose answers are counted by stage."""

asker: ContextVar[Tally | None] = ContextVar("asker", default=None)
"""The tally of the stage that asks."""


async def counted(desk: Any, request: Any) -> Any:
    """A desk's answer; what a model was asked is counted for the stage that asked it.

    A refusal counts as a call without tokens, and answers of embedders and scorers tell none.
    """
    tally = asker.get()
    if tally is None or request.service not in COUNTED:
        return await desk.ask(request)
    used = Used(calls=1)
    try:
        answer = await desk.ask(request)
        if isinstance(answer, Mapping):
            used = Used(1, int(answer.get("in", 0)), int(answer.get("out", 0)))
    except AskFailed:
        tally.use(desk.kind, used)
        raise
    tally.use(desk.kind, used)
    return answer
