"""The request to train a model, and its answer."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec

from backfeed.engine._asking import Request


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training came to.

    `step` is the last step taken, `steps` how many the preset has for it. `state` names where it
    can be gone on from; `weights` is the digest of the model's files, `folder` where they lie
    (empty if they were not asked for). `feedback` is the path of the feedback file, of all steps
    from the first; `losses` that of a Parquet file with `id`, `tokens`, `before` and `after` (nats
    per token) of the rows to be judged, empty without any. Paths are those of this machine and
    belong into no row. `used` counts rows, `cut` those of them that were longer than a sequence,
    `skipped` those left out, by reason.
    """

    step: int
    steps: int
    state: str
    weights: str = ""
    folder: str = ""
    feedback: str = ""
    losses: str = ""
    used: int = 0
    cut: int = 0
    skipped: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Train(Request):
    """Train on rows from given weights up to a step; the answer is a `Trained`.

    `rows` are paths of Parquet or JSON Lines files with `id` and `messages`, e.g. `table.paths`;
    only what is learnt from them counts, not where they lie. `preset` is the name or the path of a
    file of hyper-parameters. `start` is empty for the trainer's own weights, the `weights` of an
    earlier answer for a new training from those, its `state` to go on with that one: in the rows
    and batches that it was in, or, if these are others or used up, from their beginning. With
    `batches` (ids of rows) each is a step, in that order, once. `stop_step` counts from the first
    step of the training, through all that go on with it; 0 is the end. `judge` are files of rows
    whose loss is told before and after, `save` asks for the weights themselves.
    """

    service: ClassVar[str] = "trainer"
    stored: ClassVar[bool] = False  # the trainer keeps what it made, under a key of its own

    rows: tuple[str, ...] = ()
    preset: str = ""
    start: str = ""
    stop_step: int = 0
    batches: tuple[tuple[str, ...], ...] = ()
    judge: tuple[str, ...] = ()
    save: bool = True

    def decode(self, answer: Any) -> Trained:
        """What was trained."""
        return msgspec.convert(answer, Trained)
