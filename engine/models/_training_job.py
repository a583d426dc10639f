"""One training as it is ordered: what stands in job.json, and where things lie in its folder.

KEY/                  all that rows, preset, start and batches determine
    job.json              the order under way
    rows.arrow            the rows as tokens
    feedback.jsonl        steps so far
    checkpoint-N.pt       where a training that is killed goes on
    state-N.pt, feedback-N.parquet, losses-N-MARK.parquet, answer-MARK.json
weights/DIGEST/       models as transformers saves them
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from backfeed.engine.models._presets import Preset


@dataclass(frozen=True, slots=True)
class Settings:
    """What [models.trainer] may say.

    `template` says how conversations become text: by the tokenizer's chat template, `plain`, or
    `auto`, the first where there is one. The rest says how fast, not what: `device` (`auto`, `cpu`,
    `cuda`), `threads` of the CPU (0: all; 1 for sums that are the same bit by bit),
    `micro_tokens`, so many go through the model at once, `checkpoint_steps`, after so many a kill
    costs nothing, and `timeout_s`, the longest that one request may take.
    """

    template: Literal["auto", "chat", "plain"] = "auto"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = 0
    micro_tokens: int = 8192
    checkpoint_steps: int = 50
    timeout_s: float = 30 * 86400.0


@dataclass(frozen=True, slots=True)
class Job:
    """An order. `home` is the folder of the training, `store` that of weights.

    `base` is the model that the training began from, `state` the file that it goes on from (empty:
    from the base), `data` a digest of rows and batches, `run` the name in the feedback file.
    `batches` is a JSON file, `judge` are files of rows and `judged` their digest, empty without.
    """

    home: Path
    store: Path
    base: Path
    data: str
    run: str
    answer: Path
    preset: Preset
    settings: Settings
    rows: tuple[str, ...] = ()
    state: str = ""
    stop_step: int = 0
    batches: str = ""
    judge: tuple[str, ...] = ()
    judged: str = ""
    save: bool = True

    def encode(self) -> bytes:
        """As it stands in job.json."""
        return msgspec.json.encode(self, enc_hook=str)

    @classmethod
    def decode(cls, raw: bytes) -> "Job":
        """The order of a job.json."""
        return msgspec.json.decode(raw, type=cls, dec_hook=lambda kind, value: kind(value))

    @property
    def failure(self) -> Path:
        """Where it is told why there is no answer."""
        return self.answer.with_suffix(".failure")


@dataclass(slots=True)
class Progress:
    """How far a training is: the last `step`, and the steps taken of the present rows.

    `steps` is the length of the schedule, `feedback` that of feedback.jsonl in bytes.
    """

    step: int = 0
    position: int = 0
    steps: int = 0
    data: str = ""
    feedback: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer: the name of the error and its arguments."""

    kind: str
    told: list[str] = field(default_factory=list)
