"""Trains a model in a process of its own: the service behind `Train`.

What was trained lies in the run's directory, in `.work/training`, under the digest of all that
determines it: the base's weights, the rows, the preset, the start, the batches. The same request is
answered from there; one for a later step goes on from there.
"""

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from backfeed.engine import config, errors
from backfeed.engine.boundary import storing
from backfeed.engine.contracts import Gather, Service
from backfeed.engine.errors import ConfigError, MissingExtra, Outage, PluginFault, Refused
from backfeed.engine.files import write_whole
from backfeed.engine.identity import digest
from backfeed.engine.models import _presets, _training_rows, _weights
from backfeed.engine.models._training_job import Failure, Job, Settings
from backfeed.engine.requests import Train, Trained

NEEDED = ("torch", "transformers", "accelerate", "peft")
KIND = "transformers"
SPEED = ("device", "threads", "micro_tokens", "checkpoint_steps", "timeout_s")
"""Settings that say how fast, and not what."""
MODULE = "backfeed.engine.models._training_loop"
TOLD = 4
"""How the process ends when it has told why there is no answer."""
_STATE = re.compile(r"(?P<key>[0-9a-f]{32})-(?P<step>[0-9]+)")
_WEIGHTS = re.compile(r"[0-9a-f]{32}")


class Origin(msgspec.Struct, frozen=True):
    """What the folder of a training says of where it came from."""

    base: str
    run: str
    preset: str


class TrainingService:
    """One base model, and all that is trained from it in the directory of a run."""

    gather = Gather()

    def __init__(self, place: str, settings: Settings, work: Path) -> None:
        self._weights, self._settings = _weights.found(place, KIND), settings
        self.name = self._weights.name
        self._home = work / "training"
        self._store = self._home / "weights"
        told = {k: v for k, v in config.plain(settings).items() if k not in SPEED}
        versions = " ".join(f"{name} {version(name).partition('+')[0]}" for name in NEEDED)
        self.identity = f"{versions} {self._weights.mark} {digest(told)}"
        self.gather = Gather(deadline_s=settings.timeout_s)

    def content(self, request: Train) -> Any:
        """What determines the training: rows by what they say, the preset by its numbers."""
        own = {
            "rows": _training_rows.digest_of(request.rows), "start": request.start,
            "preset": config.plain(_presets.load(request.preset)),
            "batches": digest(request.batches) if request.batches else "",
        }  # fmt: skip
        judged = _training_rows.digest_of(request.judge) if request.judge else ""
        return {**own, "stop": request.stop_step, "judge": judged, "save": request.save}

    async def answer(self, requests: Sequence[Train]) -> Sequence[Any]:
        """What was trained, for each. Raises `ConfigError` for a start that is not there."""
        return [await self._one(request) for request in requests]

    async def _one(self, request: Train) -> Any:
        job = await asyncio.to_thread(self._ordered, request)
        if not job.answer.exists():
            await self._trained(job)
        with storing(f"reading {job.answer}"):
            found = msgspec.json.decode(job.answer.read_bytes(), type=Trained)
        here = _placed(found, job)
        for path in filter(None, (here.folder, here.feedback, here.losses)):
            if not Path(path).exists():
                job.answer.unlink()
                return Outage(f"{path} is gone: it will be made again")
        return config.plain(here)

    def _ordered(self, request: Train) -> Job:
        """The order of a request, in its folder."""
        if not request.rows or request.stop_step < 0:
            raise PluginFault("Train needs `rows`, and a stop_step that is not negative")
        told = self.content(request)
        ordered = {key: told.pop(key) for key in ("stop", "judge", "save")}
        key = digest(self.identity, told)
        home = self._home / key
        base, state, run = self._start(request, told, key)
        batches = home / "batches.json" if request.batches else None
        job = Job(
            home, self._store, base, digest(told["rows"], told["batches"]), run,
            home / f"answer-{digest(ordered)}.json", _presets.load(request.preset), self._settings,
            request.rows, state, request.stop_step, str(batches or ""), request.judge,
            ordered["judge"], request.save,
        )  # fmt: skip
        origin = Origin(self._name_of(base), run, digest(told["preset"]))
        write_whole(home / "origin.json", msgspec.json.encode(origin))
        if batches:
            write_whole(batches, msgspec.json.encode(request.batches))
        return job

    def _start(self, request: Train, told: Mapping[str, Any], key: str) -> tuple[Path, str, str]:
        """The model that the training began from, the state to go on from, its name."""
        start = request.start
        if not start:
            return self._weights.folder, "", key
        if _WEIGHTS.fullmatch(start):
            return self._place(start), "", key
        found = _STATE.fullmatch(start)
        folder = self._home / found["key"] if found else self._home
        path = folder / f"state-{found['step']}.pt" if found else None
        if path is None or not path.exists():
            raise ConfigError(
                f"Train: start = {start!r}: no training in {self._home} ended there; name the"
                " `state` or the `weights` of an earlier answer, or nothing"
            )
        with storing(f"reading {folder}"):
            origin = msgspec.json.decode((folder / "origin.json").read_bytes(), type=Origin)
        if origin.preset != digest(told["preset"]):
            raise ConfigError(
                f"Train: start = {start!r} was trained with another preset than"
                f" {request.preset!r}; start from its weights instead"
            )
        return self._place(origin.base), str(path), origin.run

    def _name_of(self, base: Path) -> str:
        return self._weights.mark if base == self._weights.folder else base.name

    def _place(self, mark: str) -> Path:
        """The folder of weights by their digest."""
        if mark == self._weights.mark:
            return self._weights.folder
        if not (self._store / mark).is_dir():
            raise ConfigError(
                f"the weights {mark} are not in {self._store}, nor are they those of"
                f" {KIND}:{self._weights.folder}"
            )
        return self._store / mark

    async def _trained(self, job: Job) -> None:
        """Let a process do it; when this one ends, in whatever way, so does that."""
        order = job.home / "job.json"
        with storing(f"writing {order}"):
            write_whole(order, job.encode())
            job.failure.unlink(missing_ok=True)
            log = (job.home / "log.txt").open("ab")
        with log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", MODULE, str(order), stdin=asyncio.subprocess.PIPE,
                stdout=log, stderr=log, env=_environment(self._settings),
                start_new_session=True,  # a Ctrl-C is for the run, which lets a training end
            )  # fmt: skip
            try:
                code = await process.wait()
            finally:
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        process.kill()
                    await process.wait()
        if code:
            raise _failed(job, code)

    async def close(self) -> None:
        """Nothing is held."""


def _placed(found: Trained, job: Job) -> Trained:
    """An answer with the paths of today: the directory of the run may have been moved."""
    return replace(
        found, folder=str(job.store / found.weights) if found.weights else "",
        feedback=str(job.home / Path(found.feedback).name),
        losses=str(job.home / Path(found.losses).name) if found.losses else "",
    )  # fmt: skip


def _environment(settings: Settings) -> dict[str, str]:
    own = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "PYTHONUNBUFFERED": "1"}
    if settings.threads:
        own["OMP_NUM_THREADS"] = str(settings.threads)
    return {**os.environ, **own}


def _failed(job: Job, code: int) -> errors.BackfeedError:
    """What the process ended with."""
    log = job.home / "log.txt"
    if code < 0:
        return Outage(f"the trainer was ended by signal {-code}: {_end_of(log)}")
    if code != TOLD or not job.failure.exists():
        text = _end_of(log)
        if "OutOfMemoryError" in text:
            return ConfigError(
                f"the model does not fit: {text}; set micro_tokens of [models.trainer] lower than"
                f" {job.settings.micro_tokens}, or lora or gradient_checkpointing in the preset"
            )
        return PluginFault(f"the trainer has a bug: {text}; {log} tells all")
    told = msgspec.json.decode(job.failure.read_bytes(), type=Failure)
    if told.kind == Refused.__name__:
        return Refused(*told.told)
    kind = getattr(errors, told.kind, PluginFault)
    made: errors.BackfeedError = kind(*told.told[:1])
    return made


def _end_of(log: Path) -> str:
    """The last line of a log."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def service(name: str, settings: Mapping[str, Any]) -> Service:
    """The trainer that begins from the model in a folder; `work` is where it keeps what it makes.

    Raises `ConfigError` for settings it does not know, `MissingExtra` without the libraries.
    """
    for package in NEEDED:
        if find_spec(package) is None:
            raise MissingExtra(f"training needs {package!r}: run pip install 'backfeed[train]'")
    if not name:
        raise ConfigError(f"{KIND}: name the folder of the model to train, as {KIND}:PATH")
    own = {key: value for key, value in settings.items() if key not in ("base_url", "work")}
    found = config.build(Settings, own, f"[models] {KIND}:{name}")
    for key in ("micro_tokens", "checkpoint_steps", "timeout_s"):
        if getattr(found, key) <= 0:
            raise ConfigError(
                f"[models] {KIND}:{name}: {key} = {getattr(found, key)}: it must be more than 0"
            )
    if found.threads < 0:
        raise ConfigError(f"[models] {KIND}:{name}: threads = {found.threads}: 0 or more")
    return TrainingService(name, found, Path(settings["work"]))
