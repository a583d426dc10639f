"""Keywords, or labels, of a set of samples -> the same with one name for each thing."""

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from backfeed.engine.contracts import Table
from backfeed.engine.errors import AskFailed, ConfigError, InputError
from backfeed.engine.methods.keyword_graph import KINDS
from backfeed.engine.methods.phrases import clean, form
from backfeed.engine.methods.synonyms import associated, led
from backfeed.engine.records import Keywords, Sample
from backfeed.engine.requests import Asks, Embed, Read, Result, together
from backfeed.engine.stages._vocabulary import words

Floats = npt.NDArray[np.float32]

AT_ONCE = 1024
NAMED = {"keywords": "synonyms", "labels": "label_names"}
"""The columns whose phrases can be put together, and the artefact of their names."""


@dataclass(frozen=True, slots=True)
class NormaliseKeywords:
    """Give phrases that say the same one name: case, plural, spelling, abbreviation, meaning.

    Phrases of one normal form are one, with or without spaces. Of those that remain, one whose
    embedding is at least `threshold` near to that of a more frequent phrase takes its name (None:
    no embeddings); words that tell a difference keep them apart. With `support`, so does one that
    stands with another in so many rows, a share of `confidence` of the rows of each. The paper
    leaves normalisation open; this is InsTag's chain with cautious defaults.

    Names are kept in the artefact `synonyms` (JSON: phrase -> name), and what has a name keeps it
    in later rounds. A file `overrides` (JSON or TOML: phrase -> name, "" to drop it) wins over all.
    `of` "labels" does the same for fine labels (Infinity-Instruct P2-a), with the artefact
    `label_names`. Names that fewer than `least` rows have are
    dropped; they are back when more rows have them.

    in:  rows with "binary trees", "Binary-Tree", "regex"; one with "regular expression"
    out: the rows with "binary trees", "regex"; synonyms {"binary-tree": "binary trees", ...}
    """

    threshold: float | None = 0.85
    support: int | None = None
    confidence: float = 0.99
    of: str = "keywords"
    least: int = 1
    version = 2
    optional = ("overrides",)
    spare = True
    incremental = True
    asks = ("embedder",)

    def __post_init__(self) -> None:
        """Refuse shares that are none."""
        for name in ("threshold", "confidence"):
            value = getattr(self, name)
            if value is not None and not 0 < value <= 1:
                raise ConfigError(f"normalise_keywords.{name} = {value}: give a share up to 1")
        if self.support is not None and self.support < 2:
            raise ConfigError(f"normalise_keywords.support = {self.support}: 2 rows at least")
        if self.of not in NAMED:
            raise ConfigError(f"normalise_keywords.of = {self.of!r}: it is {' or '.join(NAMED)}")

    @property
    def reads(self) -> tuple[str, ...]:
        """The names of earlier rounds, and what the user says."""
        return (NAMED[self.of], "overrides")

    @property
    def writes(self) -> tuple[str, ...]:
        """The names of all phrases."""
        return (NAMED[self.of],)

    def whole(self, table: Table) -> Asks[Result]:
        """Two passes, three with `support`; some hundred bytes and a vector for each phrase."""
        mine = NAMED[self.of]
        known = _read((yield from Read(mine)), mine)
        overrides = _read((yield from Read("overrides")), "overrides")
        counts = Counter(phrase for phrases in _lists(table, self.of) for phrase in phrases)
        tally = _Tally(counts, known)
        if self.threshold is not None:
            yield from self._near(tally)
        metrics: dict[str, float] = {"merged_association": 0}
        if self.support is not None:
            metrics["merged_association"] = self._associated(tally, table)
        names = tally.names(overrides)
        told = json.dumps(names, ensure_ascii=False, sort_keys=True, indent=0).encode()
        if self.least > 1:
            metrics["dropped_rare"] = _drop_rare(names, counts, self.least)
        after = {names[phrase] for phrase in counts} - {""}
        metrics |= {"phrases_before": len(counts), "phrases_after": len(after), **tally.merged()}
        return Result((_renamed(row, names, self.of) for row in table), {mine: told}, metrics)

    def _near(self, tally: "_Tally") -> Asks[None]:
        """Join what embeddings put together."""
        settled, fresh = tally.order()
        phrases = [*settled, *fresh]
        if not fresh:
            return
        vectors: list[Floats] = []
        for start in range(0, len(phrases), AT_ONCE):
            some = phrases[start : start + AT_ONCE]
            vectors += _rows((yield from together(_vector(phrase) for phrase in some)))
        width = max(len(one) for one in vectors)
        table = np.array([one if len(one) else np.zeros(width) for one in vectors], np.float32)
        leaders = led(phrases, table, self.threshold or 1.0, settled=len(settled))
        for place, leader in enumerate(leaders):
            tally.join(phrases[place], phrases[leader])

    def _associated(self, tally: "_Tally", table: Table) -> int:
        """Join what always stands together."""
        keys = ([tally.led_by(phrase) for phrase in phrases] for phrases in _lists(table, self.of))
        counts = Counter(key for row in keys for key in set(row))
        keys = ([tally.led_by(phrase) for phrase in phrases] for phrases in _lists(table, self.of))
        found = associated(keys, counts, support=self.support or 2, confidence=self.confidence)
        settled = set(tally.order()[0])
        fresh = {one: two for one, two in found.items() if one not in settled}
        for one, two in fresh.items():
            tally.join(one, two)
        return len(fresh)


class _Tally:
    """Phrases, their normal forms (keys), and which key stands for which."""

    def __init__(self, counts: Counter[str], known: Mapping[str, str]) -> None:
        self.counts, self.known = counts, known
        self.key = _keys([*counts, *known])
        self.settled = {self.key[phrase]: name for phrase, name in sorted(known.items())}
        self.often: Counter[str] = Counter()
        for phrase, count in counts.items():
            self.often[self.key[phrase]] += count
        self.leader = {key: key for key in [*self.settled, *self.often]}

    def order(self) -> tuple[list[str], list[str]]:
        """Keys whose names are settled, and the others, the most frequent first."""
        fresh = [key for key in self.often if key not in self.settled]
        return sorted(self.settled), sorted(fresh, key=lambda key: (-self.often[key], key))

    def join(self, key: str, leader: str) -> None:
        """Let one key stand for another."""
        self.leader[key] = self.leader[leader]

    def led_by(self, phrase: str) -> str:
        """The key that stands for a phrase."""
        key = self.leader[self.key[phrase]]
        return key if self.leader[key] == key else self.leader[key]

    def names(self, overrides: Mapping[str, str]) -> dict[str, str]:
        """The name of every phrase that was ever seen; the most frequent phrase of its key."""
        best = dict(self.settled)
        for phrase in sorted(self.counts, key=lambda one: (-self.counts[one], one)):
            best.setdefault(self.key[phrase], clean(phrase))
        ruled = {_bare(phrase): name for phrase, name in overrides.items()}
        found = {}
        for phrase in self.key:
            name = self.known.get(phrase, best[self.led_by(phrase)])
            first = ruled.get(_bare(phrase), name)
            found[phrase] = ruled.get(_bare(first), first)
        return found

    def merged(self) -> dict[str, float]:
        """How many phrases went by each kind of change."""
        lower = {form(phrase, words(), spelt=False, short=False) for phrase in self.counts}
        spelt = {form(phrase, words(), short=False).replace(" ", "") for phrase in self.counts}
        led_keys = {self.led_by(phrase) for phrase in self.counts}
        return {
            "merged_case": len(self.counts) - len(lower),
            "merged_plural": len(lower) - len(spelt), "merged_synonym": len(spelt) - len(led_keys),
        }  # fmt: skip


def _bare(phrase: str) -> str:
    """The normal form without spaces: `data set`, `dataset`."""
    return form(phrase, words()).replace(" ", "")


def _keys(phrases: Iterable[str]) -> dict[str, str]:
    """The normal form of each phrase; of forms that differ in spaces alone, that with the most."""
    forms = {phrase: form(phrase, words()) for phrase in phrases}
    best: dict[str, str] = {}
    for one in sorted(set(forms.values()), key=lambda one: (-one.count(" "), one)):
        best.setdefault(one.replace(" ", ""), one)
    return {phrase: best[one.replace(" ", "")] for phrase, one in forms.items()}


def _rows(found: Sequence[Sequence[float]]) -> list[Floats]:
    return [np.array(one, np.float32) for one in found]


def _vector(phrase: str) -> Asks[list[float]]:
    """The embedding; empty if it was refused."""
    try:
        found: list[float] = yield from Embed(phrase)
    except AskFailed:
        return []
    return found


def _drop_rare(names: dict[str, str], counts: Counter[str], least: int) -> int:
    """Give no name to what too few rows have; how many names are gone."""
    often: Counter[str] = Counter()
    for phrase, count in counts.items():
        often[names[phrase]] += count
    rare = {name for name, count in often.items() if name and count < least}
    for phrase in counts:
        if names[phrase] in rare:
            names[phrase] = ""
    return len(rare)


def _lists(table: Table, of: str) -> Iterator[list[str]]:
    """The phrases of each row, whatever their kinds."""
    kinds = KINDS if of == "keywords" else ("fine",)
    for batch in table.batches([of]):
        for row in batch[of].to_pylist():
            yield [phrase for kind in kinds for phrase in (row or {}).get(kind) or ()]


def _renamed(row: Sample, names: Mapping[str, str], of: str) -> Sample:
    """The row with names for its phrases, each under the first of its kinds."""
    seen: set[str] = set()

    def kept(phrases: Sequence[str]) -> Iterator[str]:
        for phrase in phrases:
            name = names[phrase]
            if name and name not in seen:
                seen.add(name)
                yield name

    if of == "labels":
        return row.but(labels=replace(row.labels, fine=tuple(kept(row.labels.fine))))
    return row.but(keywords=Keywords(*(tuple(kept(getattr(row.keywords, kind))) for kind in KINDS)))


def _read(path: Path | None, what: str) -> dict[str, str]:
    """A mapping of texts, in JSON or TOML. Raises `InputError` if it is none."""
    if path is None:
        return {}
    text = path.read_text(encoding="utf-8")
    try:
        told: Any = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except ValueError as error:
        raise InputError(f"the file of {what} is neither JSON nor TOML: {error}") from error
    if not isinstance(told, dict) or not all(isinstance(name, str) for name in told.values()):
        raise InputError(f'the file of {what} has to map phrases to names, as "regexp" = "regex"')
    return {str(phrase): name for phrase, name in told.items()}


PLUGIN = NormaliseKeywords
