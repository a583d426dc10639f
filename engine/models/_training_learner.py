"""A model that learns: on torch, accelerate and, for adapters, peft.

A step adds up the losses of all tokens learnt in it and divides by their number, however many times
the model runs for it. Norms are of the whole gradient, before it is clipped. Weight decay spares
biases and norms (weights of one dimension).
"""

import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import accelerate

from backfeed.engine.boundary import storing
from backfeed.engine.errors import ConfigError, Refused
from backfeed.engine.files import write_via
from backfeed.engine.models import _weights
from backfeed.engine.models._torch import torch, transformers
from backfeed.engine.models._training_batch import IGNORED, Batch, sees
from backfeed.engine.models._training_job import Job, Progress

OWN = ("config.json", "generation_config.json", "model.safetensors.index.json")
BESIDE = (".json", ".jinja", ".model", ".tiktoken", ".txt")
"""What is written anew with a model, and what its tokenizer's files end in."""


def tokenizer(folder: Path) -> Any:
    """The tokenizer of a model's folder."""
    return transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)


class Learner:
    """The model of a job, at the weights that the training began from."""

    def __init__(self, job: Job) -> None:
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        self._job, self._preset = job, job.preset
        if job.settings.threads:
            torch.set_num_threads(job.settings.threads)
        torch.manual_seed(job.preset.seed)
        self._accelerator = _accelerator(job)
        model = _model(job)
        self._masks = model.config._attn_implementation == "sdpa"
        groups = _groups(model, job.preset.weight_decay)
        betas = (job.preset.beta1, job.preset.beta2)
        optimizer = torch.optim.AdamW(groups, betas=betas, eps=job.preset.epsilon)
        self._model, self._optimizer = self._accelerator.prepare(model, optimizer)

    def step(self, batches: Iterable[Batch], count: int, rate: float) -> tuple[list[Any], float]:
        """Learn from batches with `count` tokens to learn.

        The rows with the sums of their losses and their tokens, and the norm of the gradient.
        Raises `Refused` if that is no number any more.
        """
        self._model.train()
        told: list[tuple[int, float, int]] = []
        for one in batches:
            losses, labels = self._losses(one)
            self._accelerator.backward(losses.sum() / count)
            told += _by_row(one, losses, labels)
        most = self._preset.clip or float("inf")
        norm = float(self._accelerator.clip_grad_norm_(self._model.parameters(), most))
        if norm != norm or norm == float("inf"):
            raise Refused("diverged", f"the norm of the gradient is {norm}: lower learning_rate")
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.step()
        self._optimizer.zero_grad()
        return told, norm

    def judge(self, batches: Iterable[Batch]) -> list[tuple[int, float, int]]:
        """The rows with the sums of their losses and their tokens; nothing is learnt."""
        self._model.eval()
        told: list[tuple[int, float, int]] = []
        with torch.no_grad():
            for one in batches:
                told += _by_row(one, *self._losses(one))
        return told

    def _losses(self, batch: Batch) -> tuple[Any, Any]:
        """The loss of each token but the first of each sequence, and the labels of these."""
        device = self._accelerator.device
        ids, places, labels = (
            torch.from_numpy(one).to(device) for one in (batch.ids, batch.places, batch.labels)
        )
        logits = self._model(
            input_ids=ids, position_ids=places, attention_mask=self._mask(batch), use_cache=False
        ).logits
        wanted = labels[:, 1:].reshape(-1)
        flat = logits[:, :-1].reshape(len(wanted), -1).float()
        losses = torch.nn.functional.cross_entropy(
            flat, wanted, ignore_index=IGNORED, reduction="none"
        )
        return losses, wanted

    def _mask(self, batch: Batch) -> Any:
        """None where all may look back at all; what fills up stands behind, and is not seen."""
        if self._preset.packing != "documents":
            return None
        seen = torch.from_numpy(sees(batch.owners)).to(self._accelerator.device)
        if self._masks:
            return seen
        kind = next(self._model.parameters()).dtype
        hidden = torch.zeros(seen.shape, dtype=kind, device=seen.device)
        return hidden.masked_fill(~seen, torch.finfo(kind).min)

    def write(self, path: Path, progress: Progress) -> None:
        """Write all that it takes to go on; it appears whole or not at all."""
        held = {
            "progress": asdict(progress),
            "model": {name: value.detach().cpu() for name, value in self._learnt()},
            "optimizer": self._optimizer.state_dict(),
            "random": [torch.get_rng_state(), *torch.cuda.get_rng_state_all()],
        }
        write_via(path, lambda to: torch.save(held, to))

    def read(self, path: Path) -> Progress:
        """Be as at that time."""
        with storing(f"reading {path}"):
            held = torch.load(path, map_location="cpu", weights_only=True)
        with torch.no_grad():
            for name, value in self._learnt():
                value.copy_(held["model"][name])
        self._optimizer.load_state_dict(held["optimizer"])
        first, *others = held["random"]
        torch.set_rng_state(first)
        with suppress(RuntimeError):  # another number of devices: only dropout differs
            torch.cuda.set_rng_state_all(others)
        return Progress(**held["progress"])

    def _learnt(self) -> list[tuple[str, Any]]:
        model = self._accelerator.unwrap_model(self._model)
        return [(name, one) for name, one in model.named_parameters() if one.requires_grad]

    def save(self) -> tuple[str, Path]:
        """Write the model as transformers does, adapters merged: its digest and folder.

        It is of no more use for learning then.
        """
        model = self._accelerator.unwrap_model(self._model)
        made = self._job.store / ".new"
        with storing(f"writing {made}"):
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir(parents=True)
            if self._preset.lora.rank:
                for one in model.peft_config.values():
                    one.base_model_name_or_path = None
                model.save_pretrained(made / "adapter")
                model = model.merge_and_unload()
            model.config._name_or_path = ""
            model.config.use_cache = True
            model.save_pretrained(made)
            for path in sorted(self._job.base.iterdir()):
                if path.suffix in BESIDE and path.name not in OWN:
                    shutil.copyfile(path, made / path.name)
            mark = _weights.found(str(made)).mark
            place = self._job.store / mark
            if place.exists():
                shutil.rmtree(made)
            else:
                made.rename(place)
        return mark, place


def _accelerator(job: Job) -> Any:
    has_gpu = torch.cuda.is_available()
    if job.settings.device == "cuda" and not has_gpu:
        raise ConfigError('[models.trainer] device = "cuda": torch finds no GPU here')
    precision = "bf16" if job.preset.precision == "bf16" else "no"
    cpu = job.settings.device == "cpu" or not has_gpu
    return accelerate.Accelerator(cpu=cpu, mixed_precision=precision)


def _model(job: Job) -> Any:
    model = transformers.AutoModelForCausalLM.from_pretrained(
        job.base, local_files_only=True, trust_remote_code=False
    ).to(getattr(torch, job.preset.weights))
    if job.preset.gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    lora = job.preset.lora
    if not lora.rank:
        return model
    import peft  # seconds that only adapters need

    model = peft.get_peft_model(model, peft.LoraConfig(
        r=lora.rank, lora_alpha=lora.alpha, lora_dropout=lora.dropout, task_type="CAUSAL_LM",
        target_modules=list(lora.targets) or "all-linear",
    ))  # fmt: skip
    for one in model.parameters():
        if one.requires_grad:
            one.data = one.data.float()
    return model


def _groups(model: Any, decay: float) -> list[dict[str, Any]]:
    """Weights with and without decay."""
    known = [one for one in model.parameters() if one.requires_grad]
    return [
        {"params": [one for one in known if one.ndim > 1], "weight_decay": decay},
        {"params": [one for one in known if one.ndim <= 1], "weight_decay": 0.0},
    ]


def _by_row(batch: Batch, losses: Any, labels: Any) -> Sequence[tuple[int, float, int]]:
    """The rows of a batch with the sums of their losses and their tokens."""
    owners = torch.from_numpy(batch.owners[:, 1:].reshape(-1)).to(losses.device)
    known = labels != IGNORED
    size = len(batch.rows)
    empty = torch.zeros(size, dtype=torch.float64, device=losses.device)
    sums = empty.index_add(0, owners[known], losses.detach()[known].double()).tolist()
    counts = torch.bincount(owners[known], minlength=size).tolist()
    return list(zip(batch.rows, sums, counts, strict=True))
