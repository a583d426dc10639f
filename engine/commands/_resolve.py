"""A recipe with everything pinned: what recipe.toml says, and what a directory is recognised by."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from backfeed.engine.config import plain, read_toml
from backfeed.engine.contracts import Service
from backfeed.engine.inputs import Given, Wanted
from backfeed.engine.recipe import Loop, Recipe, Step

HEAD = "given"


def resolved(
    recipe: Recipe, given: Given, wanted: Wanted, *, services: Mapping[str, Service],
    models: Mapping[str, Any], sandbox: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """The recipe as plain data that TOML can hold: complete, and enough to run it again."""
    found = {
        "name": recipe.name, "seed": recipe.seed,
        "inputs": {name: plain(value) for name, value in recipe.inputs.items()},
        "given": {"inputs": given.plain, "columns": wanted.columns, **_format(wanted)},
        "models": models, "sandbox": sandbox if "sandbox" in services else {},
        "stop": plain(recipe.stop), "output": plain(recipe.output),
        "services": {name: service.identity for name, service in services.items()},
        "versions": {step.name: step.stage.version for step in recipe.all_steps()},
        "step": [_step(step) for step in recipe.steps],
    }  # fmt: skip
    kept: dict[str, Any] = _without_none(msgspec.to_builtins(found))
    return kept


def _format(wanted: Wanted) -> dict[str, str]:
    return {"format": wanted.format} if wanted.format else {}


def _step(step: Step | Loop) -> dict[str, Any]:
    if isinstance(step, Loop):
        rest = {"rounds": step.rounds, "until": step.until, "carry": step.carry}
        rest |= {"keep": step.keep} if step.keep != "all" else {}
        return {"loop": step.name, **rest, "step": [_step(inner) for inner in step.steps]}
    settings = {key: value for key, value in asdict(step.stage).items() if key != "version"}
    only = {"only": step.only} if step.only else {}
    return {"use": step.use, "name": step.name, **only, **settings}


def _without_none(value: Any) -> Any:
    """TOML has no null: a key that is not there has its default."""
    if isinstance(value, Mapping):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_without_none(item) for item in value]
    return value


def given_before(directory: Path) -> dict[str, Any]:
    """What an earlier run of this directory was given; empty if there was none."""
    return given_in(directory / "recipe.toml")


def given_in(path: Path) -> dict[str, Any]:
    """The `given` section of a recipe that a run wrote; empty if there is none."""
    found: dict[str, Any] = read_toml(path).get(HEAD, {}) if path.is_file() else {}
    return found
