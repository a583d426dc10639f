"""Instructions of a set -> labels without a model: the words that tell each from the others."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from backfeed.plugin import Check, ConfigError, Finding, Result, Sample, Table, phrases, rouge


@dataclass(frozen=True, slots=True)
class LabelTerms:
    """Give rows the terms of the highest TF-IDF as fine labels, where no model is asked.

    They are words, not abilities: a check `label_terms` says so, and what rests on labels (long
    tail, many sides, coverage) is as crude as they are. Terms are lower-case words of three letters
    or more that `least` rows have and no more than `most_share` of all; a row has up to `most`.
    Rows that have fine labels keep them.

    in:  "Sort a list of orders by date.", among others that speak of lists
    out: labels.fine ["orders", "date", "sort"]
    """

    most: int = 4
    least: int = 5
    most_share: float = 0.1
    version = 1

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        if self.most < 1 or self.least < 1 or not 0 < self.most_share <= 1:
            raise ConfigError(
                f"label_terms: most = {self.most}, least = {self.least}, most_share ="
                f" {self.most_share}: numbers from 1, and a share"
            )

    def whole(self, table: Table) -> Result:
        """Two passes; of memory a number for each word."""
        often: Counter[str] = Counter()
        for row in table:
            often.update(set(_terms(row)))
        bound = max(self.least, int(self.most_share * len(table)))
        known = {term: count for term, count in often.items() if self.least <= count <= bound}
        weights = {term: math.log(len(table) / count) for term, count in known.items()}
        return Result(self._rows(table, weights), metrics={"labels": float(len(weights))})

    def _rows(self, table: Table, weights: dict[str, float]) -> Iterator[Sample]:
        finding = Finding("tf-idf", "note", "labels are words of the instruction, by TF-IDF")
        check = Check("label_terms", "passed", findings=(finding,))
        for row in table:
            if row.labels.fine:
                yield row
                continue
            counts = Counter(term for term in _terms(row) if term in weights)
            ranked = sorted(counts, key=lambda term: (-counts[term] * weights[term], term))
            labels = replace(row.labels, fine=tuple(ranked[: self.most]))
            yield row.but(labels=labels).checked(check)


def _terms(row: Sample) -> Iterator[str]:
    for word in rouge.tokens(row.instruction):
        if len(word) > 2 and word.isalpha() and (term := phrases.clean(word)):
            yield term


PLUGIN = LabelTerms
