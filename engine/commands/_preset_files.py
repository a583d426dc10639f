"""Presets as other trainers read them: TRL, LLaMA-Factory, axolotl, each in its YAML."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from backfeed.engine import config
from backfeed.engine.errors import CallerError
from backfeed.engine.models import _presets
from backfeed.engine.models._presets import Preset

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """Which model, which rows, on how many GPUs, and how many sequences on each at once."""

    model: str
    data: str
    devices: int = 1
    micro: int = 1

    def turns(self, preset: Preset) -> int:
        """How often each GPU runs for a step. Raises `CallerError` if that is no whole number."""
        turns, rest = divmod(preset.batch, self.devices * self.micro)
        if rest or not turns:
            raise CallerError(
                f"a batch of {preset.batch} cannot be shared by {self.devices} GPUs with"
                f" {self.micro} sequences at once: their product must divide it"
            )
        return turns


def listed() -> str:
    """The names of all presets, with the first line of each."""
    width = max(map(len, _presets.names()))
    lines = [
        f"{name:<{width}}  {_presets.path_of(name).read_text().partition(chr(10))[0][2:]}"
        for name in _presets.names()
    ]
    return "".join(f"{line}\n" for line in lines)


def shown(name: str) -> str:
    """All numbers of a preset, as TOML."""
    return tomli_w.dumps(config.plain(_presets.load(name)))


def written(name: str, trainer: str, wish: Wish) -> tuple[str, list[str]]:
    """The file for a trainer, and what it cannot do as the preset has it."""
    preset = _presets.load(name)
    values = _WRITERS[trainer](preset, wish)
    warnings = [f"{name}: {text}" for text in _lacks(preset, trainer)]
    head = [f"# The preset {name} of Backfeed, for {trainer}.", *(f"# {text}" for text in warnings)]
    return "\n".join([*head, *map(_line, values.items())]) + "\n", warnings


def _line(item: tuple[str, Any]) -> str:
    return f"{item[0]}: {_value(item[1])}"


def _value(value: Any) -> str:
    """A value as YAML has it in one line: JSON, but for numbers such as 5e-06."""
    if isinstance(value, float) and "e" in (text := repr(value)):
        number, _, power = text.partition("e")
        return text if "." in number else f"{number}.0e{power}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(map(_line, value.items())) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _common(preset: Preset, wish: Wish) -> Values:
    """What the arguments of transformers' Trainer are called."""
    schedule, lowest = preset.schedule, preset.min_learning_rate
    kind = {"constant": "constant_with_warmup"}.get(schedule, schedule)
    more: Values = {}
    if schedule == "cosine" and lowest:
        kind, more = "cosine_with_min_lr", {"lr_scheduler_kwargs": {"min_lr": lowest}}
    return {
        "num_train_epochs": float(preset.epochs),
        **({"max_steps": preset.schedule_steps} if preset.schedule_steps else {}),
        "per_device_train_batch_size": wish.micro,
        "gradient_accumulation_steps": wish.turns(preset),
        "learning_rate": preset.learning_rate, "lr_scheduler_type": kind, **more,
        "warmup_steps": preset.warmup_steps, "weight_decay": preset.weight_decay,
        "optim": "adamw_torch", "adam_beta1": preset.beta1, "adam_beta2": preset.beta2,
        "adam_epsilon": preset.epsilon, "max_grad_norm": preset.clip,
        "bf16": preset.precision == "bf16", "seed": preset.seed,
        "gradient_checkpointing": preset.gradient_checkpointing, "logging_steps": 1,
    }  # fmt: skip


def _trl(preset: Preset, wish: Wish) -> Values:
    lora = preset.lora
    strategy = {"plain": "wrapped", "documents": "bfd"}.get(preset.packing)
    adapters = {
        "use_peft": True, "lora_r": lora.rank, "lora_alpha": round(lora.alpha),
        "lora_dropout": lora.dropout, "lora_target_modules": list(lora.targets) or "all-linear",
    }  # fmt: skip
    return {
        "model_name_or_path": wish.model, "dtype": preset.weights,
        "datasets": [{"path": "json", "data_files": wish.data}],
        "output_dir": _out(wish), "completion_only_loss": True, "max_length": preset.length,
        "packing": strategy is not None,
        **({"packing_strategy": strategy} if strategy else {}),
        **_common(preset, wish), **(adapters if lora.rank else {}),
    }  # fmt: skip


def _llamafactory(preset: Preset, wish: Wish) -> Values:
    lora, data = preset.lora, Path(wish.data)
    adapters = {
        "lora_rank": lora.rank, "lora_alpha": round(lora.alpha), "lora_dropout": lora.dropout,
        "lora_target": ",".join(lora.targets) or "all",
    }  # fmt: skip
    return {
        "model_name_or_path": wish.model, "stage": "sft", "do_train": True,
        "finetuning_type": "lora" if lora.rank else "full", **(adapters if lora.rank else {}),
        "dataset_dir": str(data.parent), "dataset": data.stem, "template": "default",
        "output_dir": _out(wish), "cutoff_len": preset.length, "train_on_prompt": False,
        "packing": preset.packing != "none", "neat_packing": preset.packing == "documents",
        **_common(preset, wish),
    }  # fmt: skip


def _axolotl(preset: Preset, wish: Wish) -> Values:
    common, lora = _common(preset, wish), preset.lora
    renamed = {
        "micro_batch_size": common["per_device_train_batch_size"],
        "num_epochs": common["num_train_epochs"], "optimizer": common["optim"],
        "lr_scheduler": preset.schedule.replace("constant", "constant_with_warmup"),
    }  # fmt: skip
    same = (
        "max_steps", "gradient_accumulation_steps", "learning_rate", "warmup_steps", "weight_decay",
        "adam_beta1", "adam_beta2", "adam_epsilon", "max_grad_norm", "bf16", "seed",
        "gradient_checkpointing", "logging_steps",
    )  # fmt: skip
    lowest = preset.min_learning_rate / preset.learning_rate if preset.learning_rate else 0.0
    which: Values = {"lora_target_linear": True}
    if lora.targets:
        which = {"lora_target_modules": list(lora.targets)}
    adapters = {
        "adapter": "lora", "lora_r": lora.rank, "lora_alpha": round(lora.alpha),
        "lora_dropout": lora.dropout, **which,
    }  # fmt: skip
    return {
        "base_model": wish.model,
        "datasets": [{
            "path": wish.data, "ds_type": "json", "type": "chat_template",
            "field_messages": "messages", "roles_to_train": ["assistant"],
        }],
        "output_dir": _out(wish), "sequence_len": preset.length, "train_on_inputs": False,
        "sample_packing": preset.packing != "none", **renamed,
        **{key: common[key] for key in same if key in common},
        **({"cosine_min_lr_ratio": lowest} if preset.schedule == "cosine" and lowest else {}),
        **(adapters if lora.rank else {}),
    }  # fmt: skip


def _out(wish: Wish) -> str:
    return f"{Path(wish.data).stem}-trained"


def _lacks(preset: Preset, trainer: str) -> list[str]:
    """What another trainer does differently, in words."""
    found = []
    if trainer == "axolotl" and preset.packing == "plain":
        found.append("axolotl keeps the rows of a sequence apart: it has no plain packing")
    if trainer == "trl" and preset.packing == "plain":
        found.append("TRL cuts rows where a sequence ends; here they stay whole")
    if trainer == "llamafactory":
        found.append("`template` must be that of the model: default is for base models")
    if preset.schedule != "cosine" and preset.min_learning_rate:
        found.append(f"the rate falls to 0, not to {preset.min_learning_rate}")
    if preset.lora.rank and preset.lora.alpha != round(preset.lora.alpha):
        found.append(f"lora_alpha is a whole number there, not {preset.lora.alpha}")
    if not preset.clip:
        found.append("a max_grad_norm of 0 means that nothing is clipped")
    return found


_WRITERS: Mapping[str, Callable[[Preset, Wish], Values]] = {
    "axolotl": _axolotl, "llamafactory": _llamafactory, "trl": _trl,
}  # fmt: skip
