"""What each branch of a run has cost: model tokens and money, from the summary and the recipe."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from backfeed.engine.report.releases import BACKFED, BACKFEED, REVERSE

SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Cost:
    """Tokens in and out, and what they are worth; None if nobody said how many, or what one costs.

    Shares of shared steps are fractions of tokens.
    """

    tokens: float | None = 0.0
    usd: float | None = 0.0

    def plus(self, other: "Cost", part: float = 1.0) -> "Cost":
        """The sum with a part of another; what is not known in one is not known in the sum."""
        return Cost(_sum(self.tokens, other.tokens, part), _sum(self.usd, other.usd, part))

    def per(self, rows: float) -> "Cost":
        """What one of so many rows costs; not known if there are none."""
        if not rows:
            return Cost(None, None)
        return Cost(
            None if self.tokens is None else self.tokens / rows,
            None if self.usd is None else self.usd / rows,
        )


def _sum(one: float | None, two: float | None, part: float) -> float | None:
    if part == 0.0:
        return one
    return None if one is None or two is None else one + part * two


def costs(
    summary: Mapping[str, Any], recipe: Mapping[str, Any], asked: Mapping[str, int]
) -> dict[str, Cost]:  # fmt: skip
    """What each branch cost; `asked` is the number of its problems.

    Steps of a backfeeding loop belong to `backfeed`, those before the first one to `reverse`; all
    others are shared in proportion to the problems. What reverse rows cost that the graph was made
    of is not counted to `backfeed`.
    """
    found = {REVERSE: Cost(), BACKFEED: Cost()}
    told = summary.get("stages_cost")
    if told is None:
        return dict.fromkeys(found, Cost(None, None))
    owners = dict(owned(recipe))
    total = sum(asked[name] for name in found)
    for step, desks in told.items():
        whole = Cost()
        for desk in desks.values():
            whole = whole.plus(Cost(desk["tokens_in"] + desk["tokens_out"], desk["usd"]))
        owner = owners.get(step, SHARED)
        for name in found:
            part = asked[name] / total if total else 0.0
            part = part if owner == SHARED else float(owner == name)
            found[name] = found[name].plus(whole, part)
    return found


def owned(recipe: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The branch of each step, by the step's name; `shared` for what both pass."""
    steps = recipe.get("step", ())
    loops = [number for number, step in enumerate(steps) if _is_backfeeding(step)]
    for number, step in enumerate(steps):
        before = bool(loops) and number < loops[0]
        owner = BACKFEED if number in loops else REVERSE if before else SHARED
        for name in _names(step):
            yield name, owner


def _is_backfeeding(step: Mapping[str, Any]) -> bool:
    inner = step.get("step", ())
    return any(one.get("use") in BACKFED or _is_backfeeding(one) for one in inner)


def _names(step: Mapping[str, Any]) -> Iterator[str]:
    if "step" not in step:
        yield str(step.get("name", step.get("use", "")))
    for inner in step.get("step", ()):
        yield from _names(inner)
