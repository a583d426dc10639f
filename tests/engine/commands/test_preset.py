"""`backfeed preset`: what there is, all numbers of one, and files for other trainers."""

import tomllib

import pytest
import yaml

from backfeed.engine import cli
from backfeed.engine.models import _presets

LORA = """
epochs = 2
batch = 32
length = 1024
packing = "documents"
learning_rate = 1e-4
min_learning_rate = 1e-5
lora = { rank = 8, alpha = 16.0, targets = ["q_proj", "v_proj"] }
"""
# What each trainer calls the numbers that count.
NAMES = {
    "trl": ("num_train_epochs", "max_length", "per_device_train_batch_size", "max_grad_norm"),
    "llamafactory": (
        "num_train_epochs", "cutoff_len", "per_device_train_batch_size", "max_grad_norm",
    ),
    "axolotl": ("num_epochs", "sequence_len", "micro_batch_size", "max_grad_norm"),
}  # fmt: skip


def write(tmp_path, *args):
    path = tmp_path / "out.yaml"
    assert cli.run(["preset", *args, "-o", str(path)]) == 0
    return yaml.safe_load(path.read_text())


@pytest.mark.parametrize("trainer", NAMES)
@pytest.mark.parametrize("name", ["infinity-f", "infinity-g", "infinity-one-stage", "sedi"])
def test_the_numbers_of_a_preset_are_the_same_for_another_trainer(tmp_path, name, trainer):
    preset = _presets.load(name)
    told = write(tmp_path, name, "--for", trainer, "--devices", "4", "--micro", "2")
    epochs, length, micro, clip = NAMES[trainer]
    assert told[epochs] == preset.epochs
    assert told[length] == preset.length
    assert told[clip] == preset.clip
    assert told[micro] * told["gradient_accumulation_steps"] * 4 == preset.batch
    for key, value in (
        ("learning_rate", preset.learning_rate), ("warmup_steps", preset.warmup_steps),
        ("weight_decay", preset.weight_decay), ("adam_beta1", preset.beta1),
        ("adam_beta2", preset.beta2), ("bf16", preset.precision == "bf16"),
    ):  # fmt: skip
        assert told[key] == value
        assert type(told[key]) is type(value), "5e-06 is no number for YAML"
    assert told.get("max_steps", 0) == preset.schedule_steps


@pytest.mark.parametrize(
    ("trainer", "wanted"),
    [
        ("trl", {
            "use_peft": True, "lora_r": 8, "lora_target_modules": ["q_proj", "v_proj"],
            "packing_strategy": "bfd", "lr_scheduler_type": "cosine_with_min_lr",
            "lr_scheduler_kwargs": {"min_lr": 1e-5},
            "datasets": [{"path": "json", "data_files": "d/rows.jsonl"}],
        }),
        ("llamafactory", {
            "finetuning_type": "lora", "lora_rank": 8, "lora_target": "q_proj,v_proj",
            "neat_packing": True, "packing": True, "dataset_dir": "d", "dataset": "rows",
        }),
        ("axolotl", {
            "adapter": "lora", "lora_r": 8, "lora_target_modules": ["q_proj", "v_proj"],
            "sample_packing": True, "cosine_min_lr_ratio": 0.1, "lr_scheduler": "cosine",
        }),
    ],
)  # fmt: skip
def test_adapters_packing_and_rows(tmp_path, trainer, wanted):
    path = tmp_path / "own.toml"
    path.write_text(LORA)
    told = write(tmp_path, str(path), "--for", trainer, "--data", "d/rows.jsonl")
    assert {key: told.get(key) for key in wanted} == wanted


def test_what_a_trainer_cannot_do_is_told(tmp_path, capsys):
    write(tmp_path, "infinity-f", "--for", "axolotl")
    assert "infinity-f: axolotl keeps the rows of a sequence apart" in capsys.readouterr().err
    assert "# infinity-f: axolotl keeps" in (tmp_path / "out.yaml").read_text()


def test_a_batch_that_cannot_be_shared(capsys):
    assert cli.run(["preset", "infinity-f", "--for", "trl", "--devices", "5"]) == 2
    assert "a batch of 528 cannot be shared by 5 GPUs" in capsys.readouterr().err


def test_all_presets_are_listed(capsys):
    assert cli.run(["preset"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == _presets.names()
    assert all(len(line.split()) > 3 for line in lines)


def test_a_preset_that_is_shown_is_a_preset(tmp_path, capsys):
    assert cli.run(["preset", "sedi"]) == 0
    path = tmp_path / "copy.toml"
    path.write_text(capsys.readouterr().out)
    assert tomllib.loads(path.read_text())["schedule_steps"] == 1219
    assert _presets.load(str(path)) == _presets.load("sedi")


def test_a_name_that_is_none(capsys):
    assert cli.run(["preset", "infinty-f"]) == 2
    assert "no preset 'infinty-f'; did you mean 'infinity-f'?" in capsys.readouterr().err
