"""Targets of a selection, and how many rows each of them is to get."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from backfeed.plugin import ConfigError, InputError, benchmarks, dsir


class Factors(msgspec.Struct, forbid_unknown_fields=False):
    """What `supplement_domains` leaves: by how much each domain's or target's quota has grown."""

    factors: dict[str, float] = {}

    def of(self, target: str, domain: str) -> float:
        """The factor of a target: its own, or that of its domain."""
        return self.factors.get(target, self.factors.get(domain, 1.0))


def read_targets(path: Path, which: str) -> dict[str, list[str]]:
    """The texts of each target, by its name, from the artefact of an input of `benchmarks`.

    Raises `InputError` for a target that says nothing.
    """
    found: dict[str, list[str]] = {}
    for line in path.read_bytes().splitlines():
        task = msgspec.json.decode(line, type=benchmarks.Task)
        text = f"{task.prompt}\n{task.code}" if which == "both" else task.prompt
        found.setdefault(task.file, []).append(text)
    for name, texts in found.items():
        if not any(map(dsir.tokens, texts)):
            asked = "a question" if which == "prompt" else "a question or an answer"
            raise InputError(
                f"the target {name!r} has no row with {asked}: name its file's columns"
            )
    return found


def read_factors(path: Path | None) -> Factors:
    """The factors of quotas; none without a file. Raises `InputError` if it has another form."""
    if path is None:
        return Factors()
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Factors)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise InputError(
            f"the quotas in {path.name} cannot be read ({error}): they are what supplement_domains"
            ' writes, {"factors": {"math": 1.2}}'
        ) from error
    if bad := {name: value for name, value in found.factors.items() if not 0 < value < 1e6}:
        raise InputError(f"the quotas in {path.name} have factors that are none: {bad}")
    return found


def check_names(what: str, named: Mapping[str, Any], targets: Sequence[str]) -> None:
    """Refuse settings for targets that were not given."""
    for name in named:
        if name not in targets:
            near = get_close_matches(name, targets, n=1) or sorted(targets)
            raise ConfigError(
                f"{what} names {name!r}, which is no target: there are {', '.join(near)}"
            )


def domains_of(
    stage: str, named: Mapping[str, str], targets: Sequence[str]
) -> dict[str, str]:  # fmt: skip
    """The domain of each target; empty is all rows. Raises `ConfigError` for one without."""
    if not named:
        return dict.fromkeys(targets, "")
    for target in targets:
        if target not in named:
            raise ConfigError(
                f"the target {target!r} belongs to no domain: say which rows it draws from with"
                f" --set '{stage}.domains={{ {target} = \"math\" }}', or give it one of the"
                f" names {', '.join(sorted(named))}"
            )
    return {target: named[target] for target in targets}


def shares_out(
    count: int, weights: Mapping[str, float], fixed: Mapping[str, int]
) -> dict[str, int]:  # fmt: skip
    """How many of so many rows each target gets; those that are fixed take nothing from others."""
    free = [name for name in weights if name not in fixed]
    parts = dsir.portions(count, [weights[name] for name in free])
    return {**dict(zip(free, parts, strict=True)), **{n: fixed[n] for n in weights if n in fixed}}
