"""A gate's policy: what a data set must keep to, written as TOML, unknown keys refused."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from backfeed.engine.config import build, nearest, read_toml
from backfeed.engine.errors import ConfigError
from backfeed.engine.methods import licences, personal_data, quality, secret_scan
from backfeed.engine.records import LEVELS

Bound = int | float
"""How many rows: a whole number counts rows, one with a point is a share (1 row; 1.0 all)."""

UNTIL = ("parse", "analyze", "run", "test", "prove")
"""How deep a data set can be checked, the cheapest first."""
REACHED = dict(zip(UNTIL, LEVELS[1:], strict=True))
RATED = ("run", "test")
REPEATED = ("duplicate", "near-duplicate", "same-structure", "similar")
CONTAMINATED = ("contaminated",)
OURS: Mapping[str, Callable[[], Iterable[str]]] = {
    "secret": secret_scan.kinds,
    "pii": lambda: personal_data.KINDS,
    "quality": lambda: quality.RULES,
}
"""The rules that are ours, by the family that stands before them; those of tools are not known."""


@dataclass(frozen=True, slots=True)
class PassRate:
    """`[pass_rate]`: the least share of rows whose answers ran well, as far as the rows show it.

    `of` is `test` (rows whose tests ran) or `run` (rows that were run). Judged is the lower end of
    the two-sided Wilson interval (Wilson 1927) at `confidence`; 0 judges the share itself.
    """

    minimum: float
    of: str = "test"
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class Policy:
    """The keys of a policy file. A bound is a number of rows, or a share with a point.

    `until`: how deep to look; as deep as the other keys ask for, and at least `analyze`.
    `unreadable`, `failed`: the most rows that cannot be used, or fail a check. `failed` leaves out
    what `reject` names, and with `pass_rate` what that is about.
    `level`: the fewest rows at a level or above it.
    `reject`: the most rows that leave for a reason; `rules`: the most rows with a finding of a
    rule; `forbidden`: rules of which there is none. Names are globs: `secret/*`.
    `duplicates`, `contamination`: the most rows that repeat another, or a benchmark; `against` are
    the benchmarks, files of tasks, from the folder of the policy.
    `required_columns`: what every row says; `licences`: SPDX ids, of which each row names some.
    """

    until: str = ""
    unreadable: Bound = 0
    failed: Bound = 0
    level: Mapping[str, Bound] = field(default_factory=dict)
    reject: Mapping[str, Bound] = field(default_factory=dict)
    rules: Mapping[str, Bound] = field(default_factory=dict)
    forbidden: tuple[str, ...] = ()
    pass_rate: PassRate | None = None
    duplicates: Bound | None = None
    contamination: Bound | None = None
    against: tuple[str, ...] = ()
    required_columns: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()

    @property
    def depth(self) -> str:
        """How deep the data set must be checked: as `until` says, or as the other keys ask for."""
        return self.until or max((*self.asked(), "analyze"), key=UNTIL.index)

    @property
    def compares(self) -> bool:
        """Is it asked which rows repeat others?"""
        named = any(fnmatchcase(one, name) for name in self.reject for one in REPEATED)
        return self.duplicates is not None or named

    def asked(self) -> Iterable[str]:
        """The depths that levels and the pass rate ask for."""
        of_level = {level: until for until, level in REACHED.items()}
        yield from (of_level[name] for name in self.level if name in of_level)
        if self.pass_rate is not None:
            yield self.pass_rate.of


def load(path: Path) -> Policy:
    """The policy of a file. Raises `ConfigError` with the key, the value and the remedy."""
    policy = parse(read_toml(path), str(path))
    return replace(policy, against=tuple(str(path.parent / one) for one in policy.against))


def parse(plain: Mapping[str, Any], where: str) -> Policy:
    """A policy from plain data; `where` names it in what is complained of."""
    settings = dict(plain)
    if (rate := settings.get("pass_rate")) is not None:
        if not isinstance(rate, Mapping):
            raise ConfigError(
                f"{where}: pass_rate is {rate!r}: write a table, [pass_rate], with minimum = 0.9"
            )
        settings["pass_rate"] = build(PassRate, rate, f"{where}, [pass_rate]")
    policy = build(Policy, _as_given(settings, where), where)
    _refuse_bounds(policy, where)
    _refuse_names(policy, where)
    _refuse_rules(policy, where)
    return policy


def _as_given(settings: dict[str, Any], where: str) -> dict[str, Any]:
    """Bounds are not made of texts or of true and false."""
    for key in ("unreadable", "failed", "duplicates", "contamination"):
        _refuse_no_number(settings.get(key, 0), f"{where}: {key}")
    for key in ("level", "reject", "rules"):
        table = settings.get(key, {})
        if not isinstance(table, Mapping):
            raise ConfigError(f"{where}: {key} is {table!r}: write a table, [{key}]")
        for name, value in table.items():
            _refuse_no_number(value, f"{where}: {key}.{name}")
    for key in ("forbidden", "required_columns", "licences", "against"):
        value = settings.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ConfigError(f'{where}: {key} is {value!r}: write a list of names, ["..."]')
    return settings


def _refuse_no_number(value: Any, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        what = "write rows as a number (3) or a share (0.02)"
        if isinstance(value, list):
            what += "; a list of rules is `forbidden`, above the tables"
        raise ConfigError(f"{where} is {value!r}: {what}")


def bounds(policy: Policy) -> Iterable[tuple[str, Bound]]:
    """All bounds by the names of their keys."""
    for key in ("unreadable", "failed", "duplicates", "contamination"):
        if (bound := getattr(policy, key)) is not None:
            yield key, bound
    for key in ("level", "reject", "rules"):
        for name, bound in getattr(policy, key).items():
            yield f"{key}.{name}", bound


def _refuse_bounds(policy: Policy, where: str) -> None:
    for key, bound in bounds(policy):
        if bound < 0:
            raise ConfigError(f"{where}: {key} = {bound}: a bound is not below 0")
        if isinstance(bound, float) and not bound <= 1:
            raise ConfigError(
                f"{where}: {key} = {bound}: a number with a point is a share, at most 1.0;"
                " for a number of rows leave the point out"
            )
    rate = policy.pass_rate
    if rate is not None and not (0 <= rate.minimum <= 1 and 0 <= rate.confidence < 1):
        raise ConfigError(
            f"{where}, [pass_rate]: minimum = {rate.minimum}, confidence = {rate.confidence}:"
            " both are shares from 0 to 1, and nothing is known at confidence 1"
        )


def _refuse_rules(policy: Policy, where: str) -> None:
    """A rule of ours that there is none of would never be met."""
    named = [("forbidden", name) for name in policy.forbidden]
    named += [("rules", name) for name in policy.rules]
    for key, name in named:
        family, _, rule = name.partition("/")
        known = OURS[family]() if rule and family in OURS else ()
        if known and not any(fnmatchcase(one, rule) for one in known):
            hint = nearest(name, [f"{family}/{one}" for one in known])
            raise ConfigError(f"{where}: {key} has {name!r}, which no row can break; {hint}")


def _refuse_names(policy: Policy, where: str) -> None:
    for level in policy.level:
        if level not in LEVELS[1:]:
            raise ConfigError(f"{where}: no level {level!r}; {nearest(level, LEVELS[1:])}")
    if policy.until and policy.until not in UNTIL:
        raise ConfigError(f"{where}: until = {policy.until!r}; {nearest(policy.until, UNTIL)}")
    if policy.pass_rate is not None and policy.pass_rate.of not in RATED:
        of = policy.pass_rate.of
        raise ConfigError(f"{where}, [pass_rate]: of = {of!r}; {nearest(of, RATED)}")
    for depth in policy.asked():
        if UNTIL.index(depth) > UNTIL.index(policy.depth):
            raise ConfigError(
                f"{where}: until = {policy.until!r} does not look deep enough for what is asked;"
                f" write until = {depth!r}, or leave it out"
            )
    for licence in policy.licences:
        if not licences.is_known(licence):
            near = licences.nearest(licence)
            hint = f"did you mean {near!r}?" if near else "write SPDX ids, such as MIT"
            raise ConfigError(f"{where}: licences has {licence!r}; {hint}")
