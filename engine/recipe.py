"""Recipes: a TOML file with one ordered list of steps, loaded and checked before any work."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backfeed.engine import prompts, registry
from backfeed.engine._only import Only
from backfeed.engine._overrides import override, unique
from backfeed.engine.config import build, nearest, read_toml
from backfeed.engine.errors import ConfigError, PluginFault
from backfeed.engine.identity import digest

_INPUT_KINDS = ("seeds", "rows", "file", "benchmarks", "set")
_KINDS = ("code", "general")
_CARRIES = ("both", "seeds", "out")
_KEEPS = ("all", "last")
_SIGNS = ("<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Input:
    """An input: `seeds` (code), `rows` (instruction data), `file`, `benchmarks`, `set`.

    A file is an artefact for stages that read it; so are the tasks of benchmarks, of any number of
    files, as JSON lines. `NAME=FILE` gives all tasks of a file that name for their `file`. A set is
    instruction data that stages read: one artefact, rows of the record in Parquet.
    """

    kind: str
    help: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class Stop:
    """When to stop; None never does. Dollars and hours are upper bounds, accepted rows a goal."""

    accepted: int | None = None
    usd: float | None = None
    hours: float | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """What is kept: which artefacts get a name in the directory, and how rows are split."""

    artefacts: Mapping[str, str] = field(default_factory=dict)
    split: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the list, loaded: `name` is unique in the recipe, `use` is the plug-in.

    With `only`, a kind of rows, it is driven for those alone.
    """

    name: str
    use: str
    settings: Mapping[str, Any]
    stage: Any
    only: str = ""

    @property
    def is_whole(self) -> bool:
        """Does it need the set?"""
        return hasattr(self.stage, "whole")

    @property
    def driven(self) -> Any:
        """What rows are given to."""
        return Only(self.stage, self.only) if self.only else self.stage

    def identity(self) -> str:
        """What determines its behaviour: plug-in, version, settings, the texts of its prompts."""
        texts = prompts.marked(getattr(self.stage, "prompts", ()))
        only = [self.only] if self.only else []
        return digest(self.use, self.stage.version, dataclasses.asdict(self.stage), texts, *only)


@dataclass(frozen=True, slots=True)
class Loop:
    """Steps that are repeated.

    `until` is `METRIC < NUMBER`, judged on committed rounds; `carry` says what the next round
    starts from: its own seeds and what came out (both), or one of them. What goes on are the rows
    before the loop and those of all rounds; or, with `keep` last, those of the last round alone:
    the rounds before it were trials.
    """

    name: str
    steps: tuple["Step | Loop", ...]
    rounds: int = 1
    until: str = ""
    carry: str = "both"
    keep: str = "all"


@dataclass(frozen=True, slots=True)
class _LoopKeys:
    """The keys of a loop in TOML, besides its name and steps."""

    rounds: int = 1
    until: str = ""
    carry: str = "both"
    keep: str = "all"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe, complete and checked. `plain` is what is written to recipe.toml."""

    name: str
    steps: tuple[Step | Loop, ...]
    inputs: Mapping[str, Input] = field(default_factory=dict)
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sandbox: Mapping[str, Any] = field(default_factory=dict)
    stop: Stop = Stop()
    output: Output = Output()
    seed: int = 0
    plain: Mapping[str, Any] = field(default_factory=dict)

    def all_steps(self) -> Iterator[Step]:
        """Every stage, those of loops included, in order."""
        yield from _flat(self.steps)

    def asks(self) -> set[str]:
        """The kinds of services that the stages say they ask."""
        return {kind for step in self.all_steps() for kind in getattr(step.stage, "asks", ())}

    def prompts(self) -> set[str]:
        """The prompts that the stages say they use."""
        return {name for step in self.all_steps() for name in getattr(step.stage, "prompts", ())}


def _flat(steps: Sequence[Step | Loop]) -> Iterator[Step]:
    for step in steps:
        if isinstance(step, Loop):
            yield from _flat(step.steps)
        else:
            yield step


def find(name: str) -> Path:
    """The file of a recipe that is named, or given as a path."""
    path = Path(name)
    if path.suffix == ".toml" or "/" in name:
        return path
    return registry.recipe_path(name)


def load(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read, change by `step.key=value`, load every stage, check every key."""
    plain = read_toml(path)
    for text in overrides:
        override(plain, text)
    return parse(plain, str(path))


@dataclass(frozen=True, slots=True)
class _Sections:
    """The sections of a recipe file, and what a run adds: its recipe.toml is a recipe, too."""

    name: str = ""
    seed: int = 0
    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sandbox: Mapping[str, Any] = field(default_factory=dict)
    stop: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] = field(default_factory=dict)
    step: Sequence[Mapping[str, Any]] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
    services: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, Any] = field(default_factory=dict)


def parse(plain: Mapping[str, Any], where: str) -> Recipe:
    """A recipe from its plain form."""
    found = build(_Sections, plain, where)
    names: dict[str, int] = {}
    steps = tuple(_step(entry, where, names) for entry in found.step)
    if not steps:
        raise ConfigError(f"{where} has no [[step]]: a recipe is a list of steps")
    return Recipe(
        name=found.name or Path(where).stem,
        steps=steps,
        inputs={key: _input(key, value, where) for key, value in found.inputs.items()},
        models=found.models,
        sandbox=found.sandbox,
        stop=_stop(found.stop, where),
        output=_output(found.output, where),
        seed=found.seed,
        plain=plain,
    )


def _input(name: str, value: Mapping[str, Any], where: str) -> Input:
    found = build(Input, value, f"{where} [inputs.{name}]")
    _one_of(found.kind, _INPUT_KINDS, f"{where} [inputs.{name}] kind")
    return found


def _stop(value: Mapping[str, Any], where: str) -> Stop:
    found = build(Stop, value, f"{where} [stop]")
    for key, number in dataclasses.asdict(found).items():
        if number is not None and number <= 0:
            raise ConfigError(f"{where} [stop] {key} = {number}: it must be more than 0")
    return found


def _output(value: Mapping[str, Any], where: str) -> Output:
    return build(Output, value, f"{where} [output]")


def _one_of(value: str, known: Sequence[str], where: str) -> None:
    if value not in known:
        raise ConfigError(f"{where} = {value!r}: {nearest(value, known)}")


def _step(entry: Mapping[str, Any], where: str, names: dict[str, int]) -> Step | Loop:
    settings = dict(entry)
    if "loop" in settings:
        return _loop(settings, where, names)
    if "use" not in settings:
        raise ConfigError(f'{where}: a [[step]] needs `use = "STAGE"` or `loop = "NAME"`')
    use, only = str(settings.pop("use")), str(settings.pop("only", ""))
    name = unique(str(settings.pop("name", use)), names)
    made = registry.load("stages", use)
    if not isinstance(made, type):
        raise PluginFault(f"PLUGIN of the stage {use!r} is an instance: it has to be the class")
    stage = build(made, settings, f"{where}: step {name!r}")
    if hasattr(stage, "whole") == hasattr(stage, "each"):
        raise PluginFault(f"stage {use!r} must have `each` or `whole`, and not both")
    if not isinstance(getattr(stage, "version", None), int):
        raise PluginFault(f"stage {use!r} needs a `version`, a whole number")
    if only:
        _one_of(only, _KINDS, f"{where}: step {name!r}: only")
        if hasattr(stage, "whole"):
            raise ConfigError(f"{where}: step {name!r} needs the whole set: it takes no `only`")
    return Step(name, use, settings, stage, only)


def _loop(settings: dict[str, Any], where: str, names: dict[str, int]) -> Loop:
    name = unique(str(settings.pop("loop")), names)
    inner = tuple(_step(entry, where, names) for entry in settings.pop("step", ()))
    if not inner:
        raise ConfigError(f"{where}: loop {name!r} has no [[step.step]]")
    keys = build(_LoopKeys, settings, f"{where}: loop {name!r}")
    loop = Loop(name, (), keys.rounds, keys.until, keys.carry, keys.keep)
    _one_of(loop.carry, _CARRIES, f"{where}: loop {name!r}: carry")
    _one_of(loop.keep, _KEEPS, f"{where}: loop {name!r}: keep")
    if loop.rounds < 1:
        raise ConfigError(f"{where}: loop {name!r}: rounds = {loop.rounds}: it must be 1 or more")
    if loop.until:
        condition(loop.until)
    return dataclasses.replace(loop, steps=inner)


def condition(until: str) -> tuple[str, str, float]:
    """The metric, the sign and the number of `METRIC < NUMBER`."""
    try:
        metric, sign, number = until.split()
        _one_of(sign, _SIGNS, "the sign")
        return metric, sign, float(number)
    except (ValueError, ConfigError) as error:
        raise ConfigError(
            f"until = {until!r}: write METRIC < NUMBER, e.g. new_rows < 100"
        ) from error
