"""Presets: the hyper-parameters of a training, from a TOML file by name or by path."""

import math
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Literal

from backfeed.engine import config
from backfeed.engine.errors import ConfigError

FOLDER = "backfeed.engine.presets"


@dataclass(frozen=True, slots=True)
class Lora:
    """Low-rank adapters instead of all weights (peft); `rank` 0 is none.

    `targets` are the ends of the names of linear layers, none named: all of them.
    """

    rank: int = 0
    alpha: float = 16.0
    dropout: float = 0.0
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preset:
    """The hyper-parameters of a training.

    `batch` is the number of sequences in a step, `length` the most tokens of one; what a row has
    beyond is cut. `packing` says what a sequence holds: `none` one row, `documents` several that do
    not see each other, `plain` several end to end that do. The rate rises for `warmup_steps` and
    falls to `min_learning_rate` behind the last of `schedule_steps` (0: all steps of the first
    rows). `clip` bounds the norm of the gradient (0: no bound). `precision` is that of the sums,
    `weights` that in which all are kept; adapters are kept in 32 bits.
    """

    epochs: int = 3
    batch: int = 128
    length: int = 2048
    packing: Literal["none", "documents", "plain"] = "documents"
    learning_rate: float = 2e-5
    min_learning_rate: float = 0.0
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    schedule_steps: int = 0
    warmup_steps: int = 0
    weight_decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    clip: float = 1.0
    seed: int = 0
    precision: Literal["fp32", "bf16"] = "fp32"
    weights: Literal["float32", "bfloat16"] = "float32"
    gradient_checkpointing: bool = False
    lora: Lora = field(default_factory=Lora)

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of a step, from 1; `steps` is the length of the schedule."""
        if step <= self.warmup_steps:
            return self.learning_rate * step / self.warmup_steps
        rest = max(steps - self.warmup_steps, 0) + 1
        done = min((step - self.warmup_steps) / rest, 1.0)
        share = {"cosine": (1 + math.cos(math.pi * done)) / 2, "linear": 1 - done, "constant": 1.0}
        return self.min_learning_rate + share[self.schedule] * (
            self.learning_rate - self.min_learning_rate
        )


_AT_LEAST = {
    "epochs": 1, "batch": 1, "length": 2, "schedule_steps": 0, "warmup_steps": 0, "clip": 0,
    "min_learning_rate": 0, "weight_decay": 0, "beta1": 0, "beta2": 0, "epsilon": 0, "seed": 0,
    "learning_rate": 0,
}  # fmt: skip
_BELOW_ONE = ("beta1", "beta2")


def names() -> list[str]:
    """The presets that ship with the package, sorted."""
    return sorted(path.stem for path in _folder().glob("*.toml"))


def path_of(name: str) -> Path:
    """The file of a preset. Raises `ConfigError` for a name that none has."""
    if name.endswith(".toml"):
        return Path(name).expanduser()
    if name not in names():
        told = config.nearest(name, names())
        raise ConfigError(f"no preset {name!r}; {told} A file of your own ends in .toml")
    return _folder() / f"{name}.toml"


def load(name: str) -> Preset:
    """A preset by its name, or of a TOML file. Raises `ConfigError` that names the key."""
    path = path_of(name)
    where = f"the preset {name}"
    found = config.build(Preset, config.read_toml(path), where)
    for key, least in _AT_LEAST.items():
        value = getattr(found, key)
        if not (math.isfinite(value) and value >= least):
            raise ConfigError(f"{where}: {key} = {value}: it must be at least {least}")
    for key in _BELOW_ONE:
        if getattr(found, key) >= 1:
            raise ConfigError(f"{where}: {key} = {getattr(found, key)}: it must be below 1")
    if found.lora.rank < 0 or not 0 <= found.lora.dropout < 1:
        raise ConfigError(f"{where}: lora: rank is 0 or more, dropout at least 0 and below 1")
    return found


def _folder() -> Path:
    return Path(str(files(FOLDER)))
