"""Rows -> a model that is trained on them, and how hard each row was to it before and after."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from backfeed.engine.contracts import Table
from backfeed.engine.errors import AskFailed, ConfigError
from backfeed.engine.records import NamedScore, Sample
from backfeed.engine.requests import Asks, Read, Result, Train

STARTS = ("", "weights", "state")


@dataclass(frozen=True, slots=True)
class TrainOnRows:
    """Train the model of the role `trainer` on all rows, by a preset (docs/training.md).

    `start` is empty for that model itself, `weights` for a new training from what an earlier step
    trained (the second of two stages, as Infinity-Instruct has it), `state` to go on with that
    training. With `judge` each row has its answer's loss as the scores `before` and `after`: the
    guard against rows that are learnt by heart goes by them. With `save` the model is written.

    in:  rows with answers
    out: the same rows, scores loss 2.9 and loss_tuned 1.3; artefacts weights, state, feedback
    """

    preset: str = "infinity-one-stage"
    start: str = ""
    stop_step: int = 0
    judge: bool = True
    save: bool = True
    before: str = "loss"
    after: str = "loss_tuned"
    version = 1
    asks = ("trainer",)

    def __post_init__(self) -> None:
        """Refuse a start that there is none of."""
        if self.start not in STARTS:
            raise ConfigError(f"train.start = {self.start!r}: it is 'weights', 'state' or empty")
        if self.stop_step < 0:
            raise ConfigError(f"train.stop_step = {self.stop_step}: it is 0 (the end) or more")

    @property
    def reads(self) -> tuple[str, ...]:
        """The artefact that it starts from."""
        return (self.start,) if self.start else ()

    @property
    def writes(self) -> tuple[str, ...]:
        """Weights only if they are saved."""
        return ("weights", "state", "feedback") if self.save else ("state", "feedback")

    def whole(self, table: Table) -> Asks[Result]:
        """One training, of all rows in their order."""
        paths = tuple(map(str, table.paths))
        start = ""
        if self.start:
            known: Path = yield from Read(self.start)
            start = known.read_text(encoding="utf-8")
        try:
            found = yield from Train(
                rows=paths, preset=self.preset, start=start, stop_step=self.stop_step,
                judge=paths if self.judge else (), save=self.save,
            )  # fmt: skip
        except AskFailed as failure:
            raise ConfigError(f"train: nothing was trained: {failure}") from failure
        artefacts: dict[str, bytes | Path] = {
            "state": found.state.encode(), "feedback": Path(found.feedback),
        }  # fmt: skip
        if self.save:
            artefacts["weights"] = found.weights.encode()
        metrics = {"step": found.step, "used": found.used, "cut": found.cut}
        rows = self._scored(table, Path(found.losses)) if found.losses else table
        return Result(rows, artefacts, metrics)

    def _scored(self, table: Table, losses: Path) -> Iterator[Sample]:
        """The rows with their losses, which stand in the same order; some rows have none."""
        names = (self.before, self.after)
        told = _told(losses)
        following = next(told, None)
        for sample in table:
            if following is None or following[0] != sample.id:
                yield sample
                continue
            kept = [one for one in sample.scores if one.name not in names]
            new = [NamedScore(*pair) for pair in zip(names, following[1:], strict=True)]
            yield sample.but(scores=(*kept, *new))
            following = next(told, None)


def _told(path: Path) -> Iterator[tuple[str, float, float]]:
    """Id, loss before and loss after, to five digits as scores are."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(1000):
            for row in batch.to_pylist():
                yield row["id"], float(f"{row['before']:.5g}"), float(f"{row['after']:.5g}")


PLUGIN = TrainOnRows
