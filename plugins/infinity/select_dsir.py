"""Rows that are spread as the targets are: importance resampling (DSIR)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from backfeed.plugin import Asks, ConfigError, InputError, Read, Result, Table, dsir
from backfeed.plugins.infinity import _columns, _marks, _quotas, _texts
from backfeed.plugins.infinity._domains import DOMAINS
from backfeed.plugins.infinity._drawing import NOBODY, Aim, Drawn, How, Pool, draw
from backfeed.plugins.infinity._quotas import Factors

DRAWS = ("sample", "top")


@dataclass(frozen=True, slots=True)
class SelectDsir:
    """Draw rows whose words are spread as in targets (Infinity-Instruct P1-d, DSIR).

    Targets are the tasks of the input `target` (`--target gsm8k=FILE`, several); without any, all
    rows go on. Each draws from the rows of its domain (`domains`: target to code, math, knowledge,
    chat; where none is named, from all rows), those of other domains go on. Of a domain, `k` rows
    are chosen, or the `share` of it, parted among its targets by `proportions`, else by their
    n-grams; `quotas` says a number for a target. The artefact `quotas` lets both grow. Compared
    is the `text` of a row, prompt or both (prompt and answer); the pool is fitted on `fit_grams`
    n-grams. Targets have `smoothing` more in each bucket, for without it (the authors' 0) words
    that a small target lacks count for too much: half as many in all as it has n-grams, at most 3
    a bucket, if no number is named. A row has `least_tokens` (the authors: 100). `draw` is a
    sample by weight (Gumbel top-k), or the top; `per_token` takes means, where sums favour or
    punish long rows. Scores are kept as `dsir/TARGET`; metrics say how far from a target the pool,
    the rows that it chose, and as many rows drawn blindly are (`kl_pool/TARGET`, `kl_selected/...`,
    `kl_random/...`, in nats).

    in:  "Ann has 3 apples and buys 2. How many has she?", "Tell me a joke."; --target gsm8k=FILE
    out: the first; the second is rejected as not-selected, "gsm8k: log w=-80.84, rank 2 of 2"
    """

    k: int = 0
    share: float = 0.2
    quotas: Mapping[str, int] = field(default_factory=dict, hash=False)
    proportions: Mapping[str, float] = field(default_factory=dict, hash=False)
    domains: Mapping[str, str] = field(default_factory=dict, hash=False)
    text: str = "prompt"
    draw: str = "sample"
    per_token: bool = False
    smoothing: float | None = None
    least_tokens: int = 5
    fit_grams: int = dsir.FIT_GRAMS
    seed: int = 0
    version = 1
    asks = ("compute",)
    reads = ("target", "quotas")
    optional = ("target", "quotas")

    def __post_init__(self) -> None:
        """Refuse choices that are none, and numbers that make no sense."""
        for name, known in (("text", _texts.TEXTS), ("draw", DRAWS)):
            if (value := getattr(self, name)) not in known:
                raise ConfigError(f"select_dsir.{name} = {value!r}: it is {' or '.join(known)}")
        for target, domain in self.domains.items():
            if domain not in DOMAINS:
                there = ", ".join(DOMAINS)
                raise ConfigError(f"select_dsir.domains: {target} = {domain!r}; there are {there}")
        if not 0 < self.share <= 1:
            raise ConfigError(f"select_dsir.share = {self.share}: give a share, such as 0.2")
        for name in ("k", "smoothing", "least_tokens"):
            if (value := getattr(self, name) or 0) < 0:
                raise ConfigError(f"select_dsir.{name} = {value}: it is 0 or more")
        if self.fit_grams < 1:
            raise ConfigError(f"select_dsir.fit_grams = {self.fit_grams}: it is 1 or more")
        told = {**self.quotas, **self.proportions}
        if bad := [name for name, value in told.items() if value < 0]:
            raise ConfigError(f"select_dsir: {bad[0]} = {told[bad[0]]}: it is 0 or more")

    def whole(self, table: Table) -> Asks[Result]:
        """Hash each row once; weigh, draw and count from what the workers left on disk.

        Of memory some 60 bytes for each row, and 12 more for each target.
        """
        path: Path | None = yield from Read("target")
        grown: Path | None = yield from Read("quotas")
        if path is None:
            return Result(table.batches())
        texts = _quotas.read_targets(path, self.text)
        aims = yield from self._aims(texts)
        wanted = {aim.domain for aim in aims.values()}
        rows = _texts.texts(table, self.text, () if "" in wanted else sorted(wanted))
        grams = yield from _texts.grams(rows, len(table))
        pool = Pool.of(grams, _texts.places(table))
        aims = self._wanting(pool, aims, _quotas.read_factors(grown))
        how = How(
            self.per_token, self.draw == "sample", self.smoothing, self.least_tokens,
            self.fit_grams,
        )  # fmt: skip
        got = draw(pool, aims, lambda name: _columns.luck(table, f"{self.seed}/{name}"), how=how)
        of = {name: int(places.max(initial=0)) for name, places in got.places.items()}
        marking = _Marking(pool, got, of, self.least_tokens)
        return Result(marking.rows(table), metrics=got.metrics)

    def _aims(self, texts: Mapping[str, Sequence[str]]) -> Asks[dict[str, Aim]]:
        """The targets by name. Raises `ConfigError` for settings that do not fit them."""
        for what, named in (("quotas", self.quotas), ("proportions", self.proportions)):
            _quotas.check_names(f"select_dsir.{what}", named, [*texts])
        domains = _quotas.domains_of("select_dsir", self.domains, [*texts])
        aims: dict[str, Aim] = {}
        for name, said in texts.items():
            found = yield from _texts.grams(said, len(said))
            counts = np.zeros(dsir.BUCKETS, np.int64)
            for _, grams in found:
                counts += dsir.counts(grams)
            if failures := [*found.failed.values()]:
                raise InputError(f"the target {name!r} cannot be read: {failures[0]}")
            aims[name] = Aim(counts, domains[name])
        return aims

    def _wanting(self, pool: Pool, aims: Mapping[str, Aim], grown: Factors) -> dict[str, Aim]:
        """The targets with the number of rows that each is to get."""
        found: dict[str, Aim] = {}
        for domain in dict.fromkeys(aim.domain for aim in aims.values()):
            mine = {name: aim for name, aim in aims.items() if aim.domain == domain}
            rows = int(np.count_nonzero(pool.inside(domain)))
            weights = {name: float(aim.counts.sum()) for name, aim in mine.items()}
            if self.proportions:
                weights = {name: self.proportions.get(name, 0.0) for name in mine}
            parts = _quotas.shares_out(self.k or round(self.share * rows), weights, self.quotas)
            for name, aim in mine.items():
                factor = grown.of(name, domain)
                found[name] = replace(aim, wanted=round(parts[name] * factor))
        return {name: found[name] for name in aims}


@dataclass(frozen=True, slots=True)
class _Marking:
    """Writes into rows what was drawn. `of` is how many rows each target considered."""

    pool: Pool
    got: Drawn
    of: Mapping[str, int]
    least: int

    def rows(self, table: Table) -> Iterator[pa.RecordBatch]:
        """The rows of the table in order."""
        start = 0
        for batch in table.batches():
            numbers = range(start, start + batch.num_rows)
            scores = {
                f"dsir/{name}": np.round(values[numbers.start : numbers.stop], 6)
                for name, values in self.got.weights.items()
            }
            why = [self._why(number) for number in numbers]
            yield _marks.rejected(_marks.scored(batch, scores), "select_dsir", why)
            start = numbers.stop

    def _why(self, number: int) -> _marks.Why | None:
        """Why a row does not go on: nobody chose it who might have."""
        if self.got.chosen[number] != NOBODY:
            return None
        if not (seen := [name for name, rows in self.got.inside.items() if rows[number]]):
            return None
        if failure := self.pool.grams.failed.get(number):
            return ("not-scored", str(failure))
        if (count := int(self.pool.tokens[number])) < self.least:
            return ("too-short", f"{count} tokens, of {self.least} at least")
        return ("not-selected", "; ".join(self._told(name, number) for name in seen))

    def _told(self, name: str, number: int) -> str:
        weight, place = self.got.weights[name][number], self.got.places[name][number]
        return f"{name}: log w={weight:.2f}, rank {place:,} of {self.of[name]:,}"


PLUGIN = SelectDsir
