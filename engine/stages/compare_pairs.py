"""Are hardened problems harder? A judge is asked, in both orders."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from backfeed.engine.contracts import Table
from backfeed.engine.errors import AskFailed, ConfigError
from backfeed.engine.methods.notes import noted
from backfeed.engine.records import NamedScore, Sample
from backfeed.engine.requests import Asks, Prompt, Result, over, together

SCORE = "harder"


@dataclass(frozen=True, slots=True)
class Compared:
    """The reply to `judge/harder`."""

    first: str
    second: str
    harder: Literal["first", "second", "neither"]


@dataclass(frozen=True, slots=True)
class ComparePairs:
    """Ask a judge which of a pair is harder: the problem, or what it was before `harden`.

    Judges prefer a place, so each pair is shown in both orders, and only what both answers agree in
    counts: the score `harder` is 1, -1 if the old one is harder, and 0 for all else. Of the pairs a
    `share` is judged, drawn by row. Nothing is rejected for it, unless `reject_easier`. A pair that
    a model refuses to judge has no score.

    The metrics are the histogram by direction, with its name behind: `taken_` by all rows; of those
    judged (a problem counts for the last direction it took) `judged_`, `harder_`, `easier_`,
    `even_`, the same with `all`; and `agreed`, the share of pairs that both orders answered alike.

    in:  a row with the notes `before` and `directions`
    out: the row with the score harder 1.0; metrics taken_depth 1, harder_depth 1, ...
    """

    share: float = 0.1
    reject_easier: bool = False
    role: str = "judge"
    version = 1
    spare = True
    incremental = True
    asks = ("model",)
    prompts = ("judge/harder",)

    def __post_init__(self) -> None:
        """Refuse a share that is none."""
        if not 0 <= self.share <= 1:
            raise ConfigError(f"compare_pairs: share = {self.share}: it is a share, 0 to 1")

    def whole(self, table: Table) -> Asks[Result]:
        """Ask twice for each pair that was drawn; all rows go on in their order."""
        found: Iterable[Any] = yield from over(table, self._judged)
        counts, asked, agreed = Counter[str](), 0, 0
        for sample, words in zip(table, found, strict=True):
            counts.update(f"taken_{name}" for name in taken(sample))
            if words is None or isinstance(words, AskFailed):
                continue
            asked, agreed = asked + 1, agreed + (_turned(words[1]) == words[0])
            for name in (direction(sample), "all"):
                counts[f"judged_{name}"] += 1
                counts[f"{_WORDS[_value(words)]}_{name}"] += 1
        metrics = {name: float(number) for name, number in sorted(counts.items())}
        if asked:
            metrics["agreed"] = round(agreed / asked, 4)
        return Result(self._rows(table, found), metrics=metrics)

    def _rows(self, table: Table, found: Iterable[Any]) -> Iterator[Sample]:
        for sample, words in zip(table, found, strict=True):
            if words is None or isinstance(words, AskFailed):
                yield sample
                continue
            value = _value(words)
            scored = sample.but(scores=(*sample.scores, NamedScore(SCORE, float(value))))
            if value < 0 and self.reject_easier:
                scored = scored.no("compare_pairs", "easier", direction(sample))
            yield scored

    def _judged(self, sample: Sample) -> Asks[list[str] | None]:
        """What the judge said in both orders; None for a row that is no pair, or was not drawn."""
        before, now = pair(sample)
        if not before or not now or sample.rejected is not None:
            return None
        if sample.rng("judged").random() >= self.share:
            return None
        replies: list[Compared] = yield from together(
            self._prompt(sample, *texts) for texts in ((before, now), (now, before))
        )
        return [reply.harder for reply in replies]

    def _prompt(self, sample: Sample, one: str, other: str) -> Prompt:
        return Prompt(
            "judge/harder", reply=Compared, role=self.role, language=sample.language,
            entry_point=sample.entry_point, one=one, other=other,
        )  # fmt: skip


_WORDS = {1: "harder", 0: "even", -1: "easier"}


def pair(sample: Sample) -> tuple[str, str]:
    """A problem before it was hardened and after it, before it was put into other words."""
    told = noted(sample)
    return str(told.get("before", "")), str(told.get("plain", "") or sample.instruction)


def taken(sample: Sample) -> list[str]:
    """The directions that a row took, in order."""
    found = noted(sample).get("directions")
    return [str(name) for name in found] if isinstance(found, list) else []


def direction(sample: Sample) -> str:
    """The last direction that a row took; `none` if that is not told."""
    return (taken(sample) or ["none"])[-1]


def _value(words: list[str]) -> int:
    """1 if both orders say that the new one is harder, -1 if they say the old one, else 0."""
    one, other = words
    if _turned(other) != one:
        return 0
    return {"second": 1, "first": -1}.get(one, 0)


def _turned(word: str) -> str:
    return {"first": "second", "second": "first"}.get(word, word)


PLUGIN = ComparePairs
