"""What goes from step to step, and what a committed step says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backfeed.engine.flow import Flow
from backfeed.engine.store import DiskTable
from backfeed.engine.tally import Tallies

Turns = tuple[int, ...]
"""The numbers of the rounds that one is in, the outer loop's first; empty outside of loops."""


@dataclass(slots=True)
class Past:
    """What each `whole` step of a run in waves was given before; `wave` counts them from 0.

    In a loop, each round has a past of its own: the rounds of the same number.
    """

    wave: int = 0
    _given: dict[tuple[str, Turns], list[Path]] = field(default_factory=dict)
    _now: dict[tuple[str, Turns], list[Path]] = field(default_factory=dict)

    @property
    def turns(self) -> Turns:
        """What the rounds of later waves are told apart by from those of the first."""
        return (self.wave,) if self.wave else ()

    def before(self, step: str, turns: Turns) -> list[Path]:
        """The rows of the waves before this one, as shards."""
        return self._given.get((step, turns[len(self.turns) :]), [])

    def note(self, step: str, turns: Turns, rows: DiskTable) -> None:
        """Keep in mind what a step is given in this wave."""
        self._now[step, turns[len(self.turns) :]] = rows.paths

    def end_wave(self) -> None:
        """What was now is past."""
        for place, paths in self._now.items():
            self._given[place] = [*self._given.get(place, []), *paths]
        self._now = {}
        self.wave += 1


@dataclass(slots=True)
class State:
    """What goes from step to step: the rows that are alive, the artefacts, and what was left.

    `seeds` are those that a `whole` stage named for the next round; None leaves them to the loop.
    """

    rows: DiskTable
    artefacts: dict[str, Path] = field(default_factory=dict)
    left: list[Path] = field(default_factory=list)
    tallies: Tallies = field(default_factory=Tallies)
    metrics: dict[str, float] = field(default_factory=dict)
    complete: bool = True
    stopped: str = ""
    seeds: DiskTable | None = None
    past: Past = field(default_factory=Past)


@dataclass(slots=True)
class Goal:
    """Stop after this many accepted rows; only the last segment of a recipe can promise it."""

    accepted: int | None = None

    def reached(self, accepted: int) -> bool:
        """Are these enough?"""
        return self.accepted is not None and accepted >= self.accepted

    def admits(self, flow: Flow) -> bool:
        """Are more lanes needed?"""
        return self.accepted is None or flow.likely_short_of(self.accepted)


def facts(
    tallies: Tallies,
    *,
    complete: bool = True,
    stopped: str = "",
    artefacts: Mapping[str, str] | None = None,
    metrics: Mapping[str, float] | None = None,
    seeds: bool = False,
) -> dict[str, Any]:
    """What `done.json` says of a step."""
    return {
        "tallies": tallies.plain(), "complete": complete, "stopped": stopped, "seeds": seeds,
        "artefacts": dict(artefacts or {}), "metrics": dict(metrics or {}),
    }  # fmt: skip
