"""What of a benchmark a row holds: word for word, in runs of words, as code built alike."""

from collections.abc import Iterator, Sequence

import numpy as np

from backfeed.engine.methods import contamination as texts
from backfeed.engine.stages._contamination import Look, Match, Row, Wanted, share_of
from backfeed.engine.stages._contamination_index import LEAST_WORDS, SHORT, Index, Part

ALONE_WORDS = 16
"""What has fewer words is found where it is a whole sentence: others say the same by chance."""
SURE, SURE_SHARE = 3, 0.4
"""So many times the weight that is needed is no chance, even if it is a smaller share."""
PART = 0.9
"""How much of a row's code a part of a solution has to be: parts are alike sooner than wholes."""


def best(matches: Sequence[Match]) -> list[Match]:
    """The best match of each method; the first of equal ones."""
    found: dict[str, Match] = {}
    for match in matches:
        if match.method not in found or match.score > found[match.method].score:
            found[match.method] = match
    return list(found.values())


def by_words(seen: Look, wanted: Wanted) -> Iterator[Match]:
    index, row = seen.index, seen.row
    shares = index.long.matched(texts.runs(row.hashes, index.size))
    if some := bool(shares.any()):
        shares = share_of(shares, index.long.totals)
    held = np.flatnonzero(shares > 0.99).tolist() if some else []
    whole = {*_phrases(index, row), *_contained(index, row, held)}
    for number in sorted(whole) if "exact" in wanted.methods else ():
        yield _match(index, number, "exact", score=1.0, what=_quoted(index.parts[number].words))
    if "ngrams" not in wanted.methods:
        return
    for number in np.flatnonzero(shares >= wanted.share).tolist() if some else ():
        part, share = index.parts[number], float(shares[number])
        least = wanted.alike if part.kind == "code" else wanted.share
        if share >= least and (len(part.words) >= ALONE_WORDS or number in whole):
            what = f"{share:.0%} of its runs of {index.size} words"
            yield _match(index, number, "ngrams", score=share, what=what)
    yield from _near(seen, wanted)


def _phrases(index: Index, row: Row) -> Iterator[int]:
    """Parts of fewer words than a run that are whole sentences of the row."""
    if not texts.any_of(index.begun, texts.runs(row.hashes, LEAST_WORDS)):
        return
    for count, known in index.phrases.items():
        for one in texts.runs(row.hashes, count).tolist():
            for number in known.get(one, ()):
                if texts.stands_alone(index.parts[number].words, row.text):
                    yield number


def _contained(index: Index, row: Row, numbers: Sequence[int]) -> Iterator[int]:
    """Parts that stand in the row from their first word to their last."""
    said = f" {' '.join(row.words)} " if numbers else ""
    for number in numbers:
        part = index.parts[number]
        if f" {' '.join(part.words)} " in said and (
            len(part.words) >= ALONE_WORDS
            or part.kind == "code"
            or texts.stands_alone(part.words, row.text)
        ):
            yield number


def _near(seen: Look, wanted: Wanted) -> Iterator[Match]:
    """Prose of which most runs of three words stand near each other in the row."""
    index = seen.index
    shares = share_of(seen.short, index.short.totals)
    found = (shares >= min(wanted.near, SURE_SHARE)) & (seen.short >= wanted.near_weight)
    for number in np.flatnonzero(found).tolist():
        part = index.parts[number]
        if part.kind == "code":  # how it is built says more, and says it more surely
            continue
        keys = np.unique(texts.runs(texts.hashes_of(part.words), SHORT))
        weights = index.short.each(keys).tolist()
        mine = texts.runs(seen.row.hashes, SHORT)
        place = np.minimum(np.searchsorted(keys, mine), len(keys) - 1)
        hits = np.where(keys[place] == mine, place, -1).tolist()
        weight = texts.coverage(weights, hits, 2 * len(part.words))
        share = weight / max(sum(weights), 1e-6)
        if _is_enough(share, weight, wanted):
            what = f"{share:.0%} of its runs of {SHORT} words, close together"
            yield _match(index, number, "ngrams", score=share, what=what)


def _is_enough(share: float, weight: float, wanted: Wanted) -> bool:
    sure = weight >= SURE * wanted.near_weight and share >= SURE_SHARE
    return sure or (weight >= wanted.near_weight and share >= wanted.near)


def by_tree(seen: Look, wanted: Wanted) -> Iterator[Match]:
    """Solutions that the row's code holds, or that hold the row's code."""
    index = seen.index
    least = wanted.least_prints * float(np.log1p(max(len(index.tasks), 1)))
    inside = share_of(seen.alike, index.prints.totals)
    around = seen.alike / max(float(index.prints.each(seen.prints).sum()), 1e-6)
    found = (seen.alike >= least) & ((inside >= wanted.alike) | (around >= PART))
    for number in np.flatnonzero(found).tolist():
        task, share = index.tasks[number], float(inside[number])
        what = "its solution is built like that"
        if share < wanted.alike:
            share, what = float(around[number]), "a part of its solution is built like that"
        yield Match("tree", task.name, task.file, min(share, 1.0), what)


def _match(index: Index, number: int, method: str, *, score: float, what: str) -> Match:
    part: Part = index.parts[number]
    task = index.tasks[part.task]
    return Match(method, task.name, task.file, min(score, 1.0), f"{part.kind}: {what}")


def _quoted(found: Sequence[str]) -> str:
    """The beginning of a text, for a remark."""
    text = " ".join(found[:12])
    return f"“{text}…”" if len(found) > 12 else f"“{text}”"
