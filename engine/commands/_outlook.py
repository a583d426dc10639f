"""From what the lanes of a sample used to what a whole run will use: by stage and desk, and in sum.

An outlook is plain data: each number with its 95 % interval.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from backfeed.engine.ledger import Price
from backfeed.engine.methods.forecast import Rows, Scale, draws, total
from backfeed.engine.recipe import Loop, Recipe
from backfeed.engine.tally import Tallies, Used

Key = tuple[str, str]
"""A stage, and the desk that it asked."""

Lane = Mapping[Key, Used]

UNITS = ("calls", "tokens_in", "tokens_out")


@dataclass(slots=True)
class Lanes:
    """What each lane used, by segment; the first is the one that the seeds go through."""

    segments: dict[str, list[Lane]] = field(default_factory=dict)

    def add(self, segment: str, tallies: Tallies) -> None:
        """A lane. One that asked nothing counts, too."""
        self.segments.setdefault(segment, []).append(used_by(tallies))

    @property
    def first(self) -> list[Lane]:
        """The lanes of the seeds."""
        return next(iter(self.segments.values()), [])

    def rest(self, tallies: Tallies) -> list[list[Lane]]:
        """The lanes of other segments; and what `whole` stages used, a lane for each call."""
        each = list(self.segments.values())
        seen = {key[0] for lanes in each for lane in lanes for key in lane}
        found = each[1:]
        for key, used in used_by(tallies).items():
            if key[0] not in seen and used.calls:
                share = (used.tokens_in / used.calls, used.tokens_out / used.calls)
                found.append([{key: Used(1, *share)}] * used.calls)  # type: ignore[arg-type]
        return found


def used_by(tallies: Tallies) -> dict[Key, Used]:
    """What stands in tallies, by stage and desk."""
    each = tallies.items()
    return {(stage, desk): one for stage, tally in each for desk, one in tally.used.items()}


class Outlook:
    """The forecast of a run of `scale.seeds` seeds, from the lanes of a sample."""

    def __init__(
        self, first: Sequence[Lane], rest: Sequence[Sequence[Lane]], *, scale: Scale,
        prices: Mapping[str, Price],
    ) -> None:  # fmt: skip
        self.keys = sorted({key for lanes in (first, *rest) for lane in lanes for key in lane})
        self.scale, self.prices = scale, prices
        later = [self._rows(lanes) for lanes in rest]
        self._drawn = draws(self._rows(first or [{}]), later, scale)

    def _rows(self, lanes: Sequence[Lane]) -> Rows:
        found = np.zeros((len(lanes), len(self.keys) * len(UNITS)))
        for row, lane in zip(found, lanes, strict=True):
            for key, used in lane.items():
                at = self.keys.index(key) * len(UNITS)
                row[at : at + len(UNITS)] = (used.calls, used.tokens_in, used.tokens_out)
        return found

    def plain(self) -> dict[str, Any]:
        """Stages and desks, each with its numbers, and the sums."""
        stages: dict[str, dict[str, Any]] = {}
        for key in self.keys:
            stages.setdefault(key[0], {})[key[1]] = self._summed([key])
        desks = sorted({desk for _, desk in self.keys})
        return {
            "stages": stages, "total": self._summed(self.keys),
            "unpriced": [desk for desk in desks if not self.prices[desk].known],
        }  # fmt: skip

    def _summed(self, keys: Iterable[Key]) -> dict[str, Any]:
        """Numbers summed over keys; dollars are None if a price is not known."""
        wanted = [(self.keys.index(key) * len(UNITS), self.prices[key[1]]) for key in keys]
        found: dict[str, Any] = {}
        for unit, name in enumerate(UNITS):
            weights = np.zeros(self._drawn.shape[1])
            weights[[at + unit for at, _ in wanted]] = 1.0
            found[name] = asdict(total(self._drawn, weights, self.scale))
        weights = np.zeros(self._drawn.shape[1])
        for at, price in wanted:
            weights[at + 1], weights[at + 2] = price.usd(1, 0), price.usd(0, 1)
        known = all(price.known for _, price in wanted)
        found["usd"] = asdict(total(self._drawn, weights, self.scale)) if known else None
        return found


def needed(recipe: Recipe, accepted: int, scale: Scale) -> int:
    """How many seeds a run comes to use: fewer, if so many accepted rows end it."""
    goal = recipe.stop.accepted
    if goal is None or not accepted:
        return scale.seeds
    return max(min(math.ceil(goal * scale.sampled / accepted), scale.seeds), scale.sampled)


def assumed(recipe: Recipe, scale: Scale, *, seeds: int) -> Iterator[str]:
    """What the forecast takes for granted, in words."""
    if scale.sampled < scale.seeds:
        yield f"the {scale.sampled} seeds of the sample are like the other {seeds - scale.sampled}"
    if scale.seeds < seeds:
        yield (
            f"{scale.seeds} of {seeds} seeds are enough for {recipe.stop.accepted} accepted rows;"
            " the interval does not count with more or fewer"
        )
    if any(not isinstance(step, Loop) and step.is_whole for step in recipe.steps):
        yield "stages that see all rows at once keep the share of rows that they keep of the sample"
    for step in recipe.steps:
        if isinstance(step, Loop):
            yield (
                f"the loop {step.name!r} runs as many of its {step.rounds} rounds as over the"
                " sample, and each grows with the seeds"
            )
    if recipe.stop.usd is not None or recipe.stop.hours is not None:
        yield "no limit of money or time ends the run earlier"
