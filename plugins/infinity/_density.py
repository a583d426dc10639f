"""How much sub-tasks of sources say: their answers counted, and why one says too little."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import xxhash

SHORT = 3
LOOKED_AT = 1000
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+")

Key = tuple[str, str]
"""A source and one of its sub-tasks; the second is empty where rows name none."""


def tokens(text: str) -> int:
    """How many words; of scripts without spaces, how many signs.

    >>> tokens("It's 3 o'clock."), tokens("是的")
    (5, 2)
    """
    return len(_TOKEN.findall(text))


@dataclass(slots=True)
class Counted:
    """What is known of one sub-task's answers: distinct ones are counted up to `LOOKED_AT`."""

    rows: int = 0
    tokens: int = 0
    short: int = 0
    _distinct: set[int] = field(default_factory=set)
    _looked: int = 0

    def add(self, answer: str) -> None:
        """Count one answer."""
        length = tokens(answer)
        self.rows += 1
        self.tokens += length
        self.short += length <= SHORT
        if len(self._distinct) < LOOKED_AT:
            self._looked += 1
            said = " ".join(answer.casefold().split())
            self._distinct.add(xxhash.xxh3_64_intdigest(said.encode("utf-8", "surrogatepass")))

    @property
    def distinct(self) -> int:
        """How many answers differ."""
        return len(self._distinct)

    @property
    def distinct_ratio(self) -> float:
        """How many differ, of those among which they were counted."""
        return self.distinct / max(self._looked, 1)

    @property
    def mean_tokens(self) -> float:
        """How long an answer is."""
        return self.tokens / max(self.rows, 1)

    @property
    def short_share(self) -> float:
        """Which share of answers has three tokens or fewer."""
        return self.short / max(self.rows, 1)

    def plain(self) -> dict[str, int | float]:
        """The figures of the list."""
        return {
            "rows": self.rows, "mean_tokens": round(self.mean_tokens, 2),
            "distinct_answers": self.distinct, "distinct_ratio": round(self.distinct_ratio, 4),
            "short_share": round(self.short_share, 4),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a sub-task says too little; one of fewer rows is not judged."""

    least_rows: int = 50
    labels: int = 20
    short: float = 0.8
    mean_tokens: float = 3.0
    distinct: float = 0.02


@dataclass(frozen=True, slots=True)
class Dropped:
    """Why a sub-task is dropped: a short reason, and the figures."""

    reason: str
    detail: str


def judged(found: Counted, limits: Limits) -> Dropped | None:
    """Why a sub-task says too little; None if it does not, or has too few rows to tell."""
    if found.rows < limits.least_rows:
        return None
    return next(_faults(found, limits), None)


def _faults(found: Counted, limits: Limits) -> Iterator[Dropped]:
    rows = f"{found.rows:,} rows"
    if found.distinct <= min(limits.labels, found.rows // 2):
        yield Dropped("classification", f"{found.distinct} distinct answers in {rows}")
    if found.short_share >= limits.short:
        share = f"{found.short_share:.0%} of the answers of {rows}"
        yield Dropped("short-answers", f"{share} have {SHORT} tokens or fewer")
    if found.mean_tokens < limits.mean_tokens:
        yield Dropped("thin", f"answers of {rows} have {found.mean_tokens:.1f} tokens")
    if found.distinct_ratio < limits.distinct:
        yield Dropped("same-answers", f"{found.distinct_ratio:.1%} of the answers of {rows} differ")


def plain(key: Key, more: Mapping[str, object]) -> dict[str, object]:
    """A sub-task as an entry of a list."""
    source, task = key
    return {"source": source, **({"task": task} if task else {}), **more}
