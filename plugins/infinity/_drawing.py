"""Draw rows of a pool towards targets: weights, places, choices, and how near that came."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from backfeed.plugin import dsir
from backfeed.plugins.infinity._domains import DOMAINS
from backfeed.plugins.infinity._texts import Grams, Places

NOBODY = -1
SMOOTHING, MOST_SMOOTHING = 0.5, 3.0  # measured: see docs/infinity.md

K = TypeVar("K")

Luck = Callable[[str], dsir.Floats]
"""A number between 0 and 1 for each row, by a name: see `dsir.luck`."""


@dataclass(frozen=True, slots=True)
class How:
    """How rows are weighed and drawn: see `SelectDsir`."""

    per_token: bool = False
    sampled: bool = True
    smoothing: float | None = None
    least_tokens: int = 5
    fit_grams: int = dsir.FIT_GRAMS

    def smooth(self, counts: dsir.Numbers) -> float:
        """What is added to each bucket of a target, by its size unless a number is named."""
        own = SMOOTHING * float(counts.sum()) / dsir.BUCKETS
        return min(own, MOST_SMOOTHING) if self.smoothing is None else self.smoothing


@dataclass(frozen=True, slots=True)
class Pool:
    """Rows to draw from: their n-grams on disk, the tokens and the domain of each."""

    grams: Grams
    tokens: dsir.Numbers
    places: Places

    @classmethod
    def of(cls, grams: Grams, places: Places) -> "Pool":
        """The pool, its tokens counted: -1 for a row that no worker could read."""
        tokens = np.zeros(len(places), np.int64)
        for rows, found in grams:
            tokens[rows] = found.tokens
        tokens[[*grams.failed]] = -1
        return cls(grams, tokens, places)

    def inside(self, domain: str) -> dsir.Flags:
        """Which rows are of a domain; all are, of the one without a name."""
        if not domain:
            return np.ones(len(self.places), np.bool_)
        found: dsir.Flags = self.places == DOMAINS.index(domain)
        return found

    def counts(self, wanted: Mapping[K, dsir.Flags], most: int) -> dict[K, dsir.Numbers]:
        """The n-grams by bucket of several sets of rows, each of the first `most` at least."""
        found = {name: np.zeros(dsir.BUCKETS, np.int64) for name in wanted}
        held = dict.fromkeys(wanted, 0)
        for rows, grams in self.grams:
            for name, flags in wanted.items():
                if held[name] <= most and flags[rows].any():
                    some = dsir.counts(grams, flags[rows])
                    found[name] += some
                    held[name] += int(some.sum())
        return found


@dataclass(frozen=True, slots=True)
class Aim:
    """One target: its n-grams by bucket, the domain that it draws from, how many rows it wants."""

    counts: dsir.Numbers
    domain: str = ""
    wanted: int = 0


@dataclass(frozen=True, slots=True)
class Drawn:
    """What came of it: for each row the number of the target that chose it, or `NOBODY`.

    By target: which rows it draws from, their log weights (NaN for all others, and for rows that no
    worker could read), and their places, which count from 1 and are 0 for rows not considered.
    """

    chosen: npt.NDArray[np.int8]
    inside: Mapping[str, dsir.Flags]
    weights: Mapping[str, dsir.Floats]
    places: Mapping[str, dsir.Numbers]
    metrics: Mapping[str, float]


def draw(pool: Pool, aims: Mapping[str, Aim], luck: Luck, *, how: How) -> Drawn:
    """Rows for each target in turn; what one has chosen, the next ones cannot."""
    inside = {name: pool.inside(aim.domain) for name, aim in aims.items()}
    fitted = pool.counts({aims[name].domain: inside[name] for name in aims}, how.fit_grams)
    raw = {name: dsir.spread(fitted[aim.domain]) for name, aim in aims.items()}
    ratios = {
        name: dsir.log_ratio(dsir.spread(aim.counts, how.smooth(aim.counts)), raw[name])
        for name, aim in aims.items()
    }
    weights = _weights(pool, ratios, per_token=how.per_token)
    long = pool.tokens >= max(how.least_tokens, 0)
    chosen = np.full(len(long), NOBODY, np.int8)
    places: dict[str, dsir.Numbers] = {}
    for number, (name, aim) in enumerate(aims.items()):
        noise = dsir.gumbel(luck(name)) if how.sampled else 0.0
        places[name] = dsir.ranks(weights[name] + noise, inside[name] & long)
        chosen[dsir.top(places[name], chosen == NOBODY, aim.wanted)] = number
        weights[name][~inside[name] | (pool.tokens < 0)] = np.nan
    sets = _sets(chosen, {name: inside[name] & long for name in aims}, luck)
    spreads = {
        (which, name): dsir.spread(of)
        for (which, name), of in pool.counts(sets, dsir.FIT_GRAMS).items()
        if of.any()
    }
    metrics = _metrics(aims, {**{("pool", name): raw[name] for name in aims}, **spreads}, chosen)
    return Drawn(chosen, inside, weights, places, metrics)


def _weights(
    pool: Pool, ratios: Mapping[str, dsir.Floats], *, per_token: bool
) -> dict[str, dsir.Floats]:
    """The log weights of all rows, by target."""
    found = {name: np.zeros(len(pool.tokens)) for name in ratios}
    for rows, grams in pool.grams:
        for name, ratio in ratios.items():
            found[name][rows] = dsir.log_weights(grams, ratio, per_token=per_token)
    return found


def _sets(
    chosen: npt.NDArray[np.int8], among: Mapping[str, dsir.Flags], luck: Luck
) -> dict[tuple[str, str], dsir.Flags]:
    """The rows that each target chose, and as many that are drawn from the same ones blindly."""
    found: dict[tuple[str, str], dsir.Flags] = {}
    for number, (name, flags) in enumerate(among.items()):
        own = chosen == number
        blind = np.zeros(len(own), np.bool_)
        places = dsir.ranks(luck(f"blind/{name}"), flags)
        blind[dsir.top(places, flags, int(np.count_nonzero(own)))] = True
        found |= {("selected", name): own, ("random", name): blind}
    return found


def _metrics(
    aims: Mapping[str, Aim],
    spreads: Mapping[tuple[str, str], dsir.Floats],
    chosen: npt.NDArray[np.int8],
) -> dict[str, float]:
    """How far from each target its sets are, how many rows it wanted and has."""
    found: dict[str, float] = {}
    for (which, name), of in spreads.items():
        found[f"kl_{which}/{name}"] = dsir.divergence(dsir.spread(aims[name].counts), of)
    for number, (name, aim) in enumerate(aims.items()):
        found[f"wanted/{name}"] = float(aim.wanted)
        found[f"selected/{name}"] = float(np.count_nonzero(chosen == number))
    return found
