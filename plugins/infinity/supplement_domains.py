"""Domains that lag behind a reference get larger quotas: the loop over weak domains."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from backfeed.plugin import Asks, ConfigError, InputError, Read, Result, Table
from backfeed.plugins.infinity._quotas import read_factors

FORM = "it has to say [scores] gsm8k = 41.2 and [reference] gsm8k = 57.1"


class Scores(msgspec.Struct, forbid_unknown_fields=True):
    """What a model has reached on benchmarks, and a reference, in points of 100.

    `domains` says whose quota a benchmark speaks for; without, that of the target of its name.
    """

    scores: dict[str, float]
    reference: dict[str, float] = {}
    domains: dict[str, str] = {}


class Rounds(msgspec.Struct):
    """The artefact `quotas`: factors by domain or target, and the scores that each rests on."""

    factors: dict[str, float] = {}
    history: list[dict[str, float]] = []
    grown: int = 0
    ended: bool = False


@dataclass(frozen=True, slots=True)
class SupplementDomains:
    """Let quotas of weak domains grow (Infinity-Instruct P1-f); stop when it no longer helps.

    The artefact `scores` (a file in TOML or JSON, or what an evaluation step wrote) has the scores
    of benchmarks and those of a reference, the paper's is GPT-3.5. A domain with a benchmark that
    is more than `gap` points behind has its quota raised by `raise_by` in the artefact `quotas`,
    which `select_dsir` reads and a later run may be given (`--quotas`). It ends, and raises none,
    when no domain lags, after `most_rounds` raises, or if no benchmark has gained `gain` points
    since the scores before. A loop of it, `select_dsir` and an evaluation says `keep = "last"`,
    `carry = "seeds"`, `until = "supplement_ended > 0"`. The paper tells neither gap nor step: these
    are ours. Rows go on as they are.

    in:  rows; scores gsm8k = 41.2, humaneval = 30, reference gsm8k = 57.1, humaneval = 31
    out: the same rows; quotas with the factors gsm8k = 1.2
    """

    gap: float = 2.0
    raise_by: float = 0.2
    gain: float = 0.5
    most_rounds: int = 5
    version = 1
    reads = ("scores", "quotas")
    optional = ("scores", "quotas")
    writes = ("quotas",)

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        for name in ("gap", "gain"):
            if (value := getattr(self, name)) < 0:
                raise ConfigError(f"supplement_domains.{name} = {value}: it is 0 or more points")
        if self.raise_by <= 0:
            raise ConfigError(f"supplement_domains.raise_by = {self.raise_by}: give 0.2 for 20 %")
        if self.most_rounds < 1:
            raise ConfigError(f"supplement_domains.most_rounds = {self.most_rounds}: 1 or more")

    def whole(self, table: Table) -> Asks[Result]:
        """Look at the scores alone."""
        path: Path | None = yield from Read("scores")
        quotas: Path | None = yield from Read("quotas")
        past = _rounds(quotas)
        if path is None:
            return Result(table.batches(), {"quotas": _written(past)}, _metrics(past, [], 0))
        told = read_scores(path)
        weak = sorted({
            told.domains.get(name, name)
            for name, reference in told.reference.items()
            if reference - told.scores[name] > self.gap
        })  # fmt: skip
        history = [*past.history, told.scores]
        helps = not past.history or _improved(past.history[-1], told.scores, self.gain)
        if not weak or not helps or past.grown >= self.most_rounds:
            now = Rounds(past.factors, history, past.grown, ended=True)
            return Result(table.batches(), {"quotas": _written(now)}, _metrics(now, weak, 0))
        raised = {name: past.factors.get(name, 1.0) * (1 + self.raise_by) for name in weak}
        factors = {**past.factors, **{name: round(of, 6) for name, of in raised.items()}}
        now = Rounds(factors, history, past.grown + 1)
        return Result(table.batches(), {"quotas": _written(now)}, _metrics(now, weak, len(weak)))


def read_scores(path: Path) -> Scores:
    """Scores and their reference. Raises `InputError` for a file that says something else."""
    try:
        text = path.read_text(encoding="utf-8")
        plain: Any = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
        found = msgspec.convert(plain, Scores, strict=False)
    except (ValueError, msgspec.ValidationError) as error:
        raise InputError(f"the scores cannot be read ({error}): {FORM}") from error
    if missing := sorted(found.reference.keys() - found.scores.keys()):
        raise InputError(f"the scores have none of {', '.join(missing)}, which the reference has")
    if not found.reference:
        raise InputError(f"the scores have no reference to compare with: {FORM}")
    for name, value in (*found.scores.items(), *found.reference.items()):
        if not 0 <= value <= 100:
            raise InputError(f"the score of {name!r} is {value}: scores are 0 to 100 points")
    return found


def _rounds(path: Path | None) -> Rounds:
    """What earlier rounds left. Raises `InputError` for a file of another form."""
    if path is None:
        return Rounds()
    read_factors(path)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Rounds)
    except msgspec.DecodeError as error:
        raise InputError(f"the quotas cannot be read ({error}): give those of a run") from error


def _improved(before: Mapping[str, float], scores: Mapping[str, float], gain: float) -> bool:
    """Has a benchmark gained so many points?"""
    return any(scores[name] - old >= gain for name, old in before.items() if name in scores)


def _metrics(now: Rounds, weak: list[str], raised: int) -> dict[str, float]:
    return {
        "weak_domains": float(len(weak)), "quotas_raised": float(raised),
        "supplement_rounds": float(now.grown), "supplement_ended": float(now.ended),
        **{f"quota_factor/{name}": factor for name, factor in now.factors.items()},
    }  # fmt: skip


def _written(now: Rounds) -> bytes:
    return msgspec.json.format(msgspec.json.encode(now, order="sorted")) + b"\n"


PLUGIN = SupplementDomains
