"""Backfeeding without a model: functions that the graph relates and whose types fit, composed."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from backfeed.engine import languages
from backfeed.engine.contracts import Table
from backfeed.engine.methods.keyword_graph import from_path, relatedness
from backfeed.engine.records import Keywords, Lineage, Origin, Sample
from backfeed.engine.requests import Asks, Compute, Read, Result, over, together
from backfeed.engine.stages._problems import recorded_example

PAIRS, LEAST_EACH = 200_000, 20
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Backfeed:
    """Verified samples and the graph -> new code: one function fed into another.

    A pair must share a language, be related in the graph, and fit: what the first was seen to give
    is what the second was seen to take. Each function is used at most `uses` times in each place,
    so that a round covers many of them; the ledger of used pairs keeps rounds apart. Functions of
    earlier waves are paired as well.

    in:  `chunks` gives list[list[int]], `flatten` takes list[list[int]]
    out: code of both and `def flatten_of_chunks(...)`
    """

    most: int = 150
    uses: int = 5
    least_related: float = 0.2
    version = 9
    born = True
    incremental = True
    reads = ("graph", "used_pairs")
    writes = ("used_pairs",)
    asks = ("compute",)

    def whole(self, table: Table) -> Asks[Result]:
        """Look at what tests show of each function, and ask for the code of pairs that fit."""
        graph, ledger = (yield from Read("graph")), (yield from Read("used_pairs"))
        samples = [sample for sample in chain(table.before, table) if _usable(sample)]
        if graph is None or not samples:
            return Result([], metrics={"pairs": 0, "composed": 0})
        used = set() if ledger is None else set(json.loads(ledger.read_bytes()))
        shown = list((yield from over(samples, _seen)))
        rng = random.Random(table.seed)  # noqa: S311 - pairs, not secrets
        weights = {
            (i, j): relatedness(from_path(graph), samples[i].keywords, samples[j].keywords)
            for i, j in _fitting(samples, shown, rng)
            if _mark(samples[i], samples[j]) not in used
        }
        pairs = self._pairs(weights, rng)
        codes = yield from together(
            _code(samples[i], samples[j], shown[i].wrap, others=shown[j].others) for i, j in pairs
        )
        made = [
            _composed(samples[i], samples[j], code, calls=shown[i].calls)
            for (i, j), code in zip(pairs, codes, strict=True)
            if code
        ]
        used |= {_mark(samples[i], samples[j]) for i, j in pairs}
        metrics = {"pairs": len(pairs), "composed": len(made)}
        return Result(made, {"used_pairs": json.dumps(sorted(used)).encode()}, metrics)

    def _pairs(self, weights: Mapping[Pair, float], rng: random.Random) -> list[Pair]:
        """The strongest pairs, with some chance, each function a bounded number of times."""
        firsts: Counter[int] = Counter()
        seconds: Counter[int] = Counter()
        found: list[Pair] = []
        drawn = [(weight * (0.5 + rng.random()), pair) for pair, weight in weights.items()]
        for weight, (i, j) in sorted(drawn, reverse=True):
            if len(found) >= self.most or weight < self.least_related:
                break
            if firsts[i] < self.uses and seconds[j] < self.uses:
                firsts[i] += 1
                seconds[j] += 1
                found.append((i, j))
        return found


def _usable(sample: Sample) -> bool:
    """One function, of a language that can compose, and not itself composed."""
    return len(sample.lineage.parents) < 2 and languages.can(sample.language, "compose")


def _mark(first: Sample, second: Sample) -> str:
    """A pair in the ledger of used sets."""
    return f"{first.id} {second.id}"


def _seen(sample: Sample) -> Compute:
    code = next((test.code for test in sample.tests if test.oracle == "recorded"), "")
    return Compute(languages.call, (sample.language, "seen", code, sample.entry_point))


def _fitting(samples: Sequence[Sample], shown: Sequence[Any], rng: random.Random) -> Iterator[Pair]:
    """Pairs of different functions of one language whose types fit.

    Of many samples each is put before some of those that it fits, so that there are about `PAIRS`.
    """
    takers: dict[tuple[str, str], list[int]] = {}
    for j, second in enumerate(samples):
        for kind in shown[j].takes if len(shown[j].others) < 2 else ():
            takers.setdefault((second.language, kind), []).append(j)
    each = max(PAIRS // len(samples), LEAST_EACH)
    for i, first in enumerate(samples):
        fit = takers.get((first.language, shown[i].gives), []) if shown[i].gives else []
        for j in sorted(rng.sample(fit, each)) if len(fit) > each else fit:
            if i != j and first.entry_point != samples[j].entry_point:
                yield i, j


def _code(
    first: Sample, second: Sample, wrap: str, *, others: tuple[str, ...]
) -> Compute:  # fmt: skip
    pair = ((first.code, first.entry_point, wrap), (second.code, second.entry_point))
    return Compute(languages.call, (first.language, "compose", *pair, others))


def _composed(first: Sample, second: Sample, code: str, *, calls: Sequence[str]) -> Sample:
    parts = (first, second)
    names = [part.entry_point for part in parts]
    name = languages.call(first.language, "composed_name", *names)
    noted = {
        "parts": names,
        "shown": [recorded_example(part) for part in parts],
        "calls": [f"{name}({arguments})" for arguments in calls],
    }
    return Sample(
        kind="code",
        language=first.language,
        code=code,
        entry_point=name,
        origin=_origin(first.origin, second.origin),
        keywords=_joined(first.keywords, second.keywords),
        lineage=Lineage("backfeed", (first.id, second.id)),
        extra=json.dumps(noted),
    )


def _origin(one: Origin, two: Origin) -> Origin:
    """Both origins: the licence is that of both together."""
    licence = " AND ".join(sorted({one.licence, two.licence} - {""}))
    if (one.source, one.path) == (two.source, two.path):
        return replace(one, first_line=0, last_line=0, licence=licence)
    if one.source == two.source:
        joined = f"{one.path} + {two.path}"
        return Origin(one.source, one.repo, one.commit, joined, licence=licence)
    return Origin(
        f"{one.source} + {two.source}",
        f"{one.repo} + {two.repo}",
        path=f"{one.path} + {two.path}",
        licence=licence,
    )


def _joined(one: Keywords, two: Keywords) -> Keywords:
    return Keywords(
        tuple(dict.fromkeys((*one.task, *two.task))),
        tuple(dict.fromkeys((*one.instruction, *two.instruction))),
        tuple(dict.fromkeys((*one.knowledge, *two.knowledge))),
    )


PLUGIN = Backfeed
