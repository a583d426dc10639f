"""Backfeeding without a model: functions that the graph relates and whose types fit, composed."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from backfeed.engine import languages
from backfeed.engine.contracts import Table
from backfeed.engine.methods.keyword_graph import from_path, relatedness
from backfeed.engine.records import Keywords, Lineage, Origin, Sample
from backfeed.engine.requests import Asks, Compute, Read, Result, over, together

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Backfeed:
    """Verified samples and the graph -> new code: one function fed into another.

    A pair must share a language, be related in the graph, and fit: what the first was seen to give
    is what the second was seen to take. Each function is used at most `uses` times in each place,
    so that the round covers many of them.

    in:  `chunks` gives list[list[int]], `flatten` takes list[list[int]]
    out: code of both and `def flatten_of_chunks(...)`
    """

    most: int = 150
    uses: int = 4
    least_related: float = 0.2
    version = 1
    born = True
    reads = ("graph",)
    asks = ("compute",)

    def whole(self, table: Table) -> Asks[Result]:
        """Look at what tests show of each function, pair them, and ask for the code of each pair."""
        path = yield from Read("graph")
        samples = [
            s for s in table if len(s.lineage.parents) < 2 and languages.can(s.language, "compose")
        ]
        if path is None or not samples:
            return Result([])
        shown = yield from over(samples, _seen)
        pairs = self._pairs(samples, list(shown), from_path(path), random.Random(table.seed))
        codes = yield from together(_code(samples[i], samples[j], list(shown)[j]) for i, j in pairs)
        made = [
            _composed(samples[i], samples[j], code)
            for (i, j), code in zip(pairs, codes, strict=True)
            if code
        ]
        return Result(made, metrics={"pairs": len(pairs), "composed": len(made)})

    def _pairs(
        self, samples: Sequence[Sample], shown: Sequence[Any], graph: Any, rng: random.Random
    ) -> list[Pair]:
        firsts: Counter[int] = Counter()
        seconds: Counter[int] = Counter()
        found: list[Pair] = []
        weighed = [
            (
                relatedness(graph, samples[i].keywords, samples[j].keywords) * (0.5 + rng.random()),
                i,
                j,
            )
            for i, j in _fitting(samples, shown)
        ]
        for weight, i, j in sorted(weighed, reverse=True):
            if len(found) >= self.most or weight < self.least_related:
                break
            if firsts[i] < self.uses and seconds[j] < self.uses:
                firsts[i] += 1
                seconds[j] += 1
                found.append((i, j))
        return found


def _seen(sample: Sample) -> Any:
    code = next((test.code for test in sample.tests if test.oracle == "recorded"), "")
    return Compute(languages.call, (sample.language, "seen", code, sample.entry_point))


def _fitting(samples: Sequence[Sample], shown: Sequence[Any]) -> Iterator[Pair]:
    for i, first in enumerate(samples):
        for j, second in enumerate(samples):
            if (
                i != j
                and first.language == second.language
                and first.entry_point != second.entry_point
            ):
                if (
                    shown[i].gives
                    and shown[i].gives in shown[j].takes
                    and len(shown[j].others) <= 1
                ):
                    yield i, j


def _code(first: Sample, second: Sample, shown: Any) -> Compute:
    arguments = (first.code, first.entry_point, second.code, second.entry_point, shown.others)
    return Compute(languages.call, (first.language, "compose", *arguments))


def _composed(first: Sample, second: Sample, code: str) -> Sample:
    name = languages.call(first.language, "composed_name", first.entry_point, second.entry_point)
    licences = sorted({first.origin.licence, second.origin.licence} - {""})
    joined = " AND ".join(licences) if len(licences) > 1 else "".join(licences)
    origin = replace(first.origin, licence=joined) if first.origin.repo == second.origin.repo else Origin(
        source=f"{first.origin.source} + {second.origin.source}", licence=joined,
    )  # fmt: skip
    return Sample(
        kind="code", language=first.language, code=code, entry_point=name, origin=origin,
        keywords=_joined(first.keywords, second.keywords),
        lineage=Lineage("backfeed", (first.id, second.id)),
        extra=json.dumps({"parts": [first.entry_point, second.entry_point]}),
    )  # fmt: skip


def _joined(one: Keywords, two: Keywords) -> Keywords:
    return Keywords(
        tuple(dict.fromkeys((*one.task, *two.task))),
        tuple(dict.fromkeys((*one.instruction, *two.instruction))),
        tuple(dict.fromkeys((*one.knowledge, *two.knowledge))),
    )


PLUGIN = Backfeed
