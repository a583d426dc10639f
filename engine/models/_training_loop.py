"""The process that trains: one order, from a file to a file. It ends when its standard input does.

Where it is killed it goes on from its last checkpoint, with the same weights and the same feedback
file as without the kill: bit by bit on a CPU with one thread.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from backfeed.engine.boundary import storing
from backfeed.engine.errors import BackfeedError, Refused, StoreFault
from backfeed.engine.files import FolderLock, write_via, write_whole
from backfeed.engine.identity import digest
from backfeed.engine.methods import feedback_log
from backfeed.engine.methods.feedback_log import Step
from backfeed.engine.models import _training_learner as learners
from backfeed.engine.models import _training_rows as rows
from backfeed.engine.models._training_batch import batch, learnt
from backfeed.engine.models._training_job import Failure, Job, Progress
from backfeed.engine.models._training_plan import Plan, Sequences, grouped, numbered
from backfeed.engine.requests import Trained

WAIT_S = 60.0
"""So long a process waits for one before it that has not ended yet."""
JUDGED_AT_ONCE = 256
_JUDGED = pa.schema(
    [("id", pa.string()), ("tokens", pa.int64()), ("before", pa.float64()), ("after", pa.float64())]
)
_step = msgspec.json.Decoder(Step).decode


def train(job: Job) -> Trained:
    """Do what is ordered. Raises `Refused` for rows that nothing can be learnt from."""
    return _Training(job).run()


class _Training:
    """A training in its folder."""

    def __init__(self, job: Job) -> None:
        self.job = job
        encoder = rows.Encoder(learners.tokenizer(job.base), job.settings.template)
        self._form = rows.Form(encoder, job.preset.length)
        self.corpus = self._corpus("rows", job.rows)
        if not len(self.corpus):
            raise Refused("no-rows", f"nothing to learn from: {self.corpus.tally.skipped}")
        self.plan = Plan(self.corpus.lengths, job.preset, self._batches())
        if not len(self.plan):
            raise Refused("no-rows", "of no batch a row can be learnt")
        self.learner = learners.Learner(job)
        self.log = job.home / "feedback.jsonl"

    def _corpus(self, name: str, paths: Sequence[str]) -> rows.Corpus:
        found = rows.conversations(paths)
        return rows.corpus(self.job.home / f"{name}.arrow", found, self._form)

    def _batches(self) -> list[list[int]] | None:
        if not self.job.batches:
            return None
        given = msgspec.json.decode(Path(self.job.batches).read_bytes(), type=list[list[str]])
        return numbered(given, self.corpus.ids, self.corpus.tally.ids)

    def run(self) -> Trained:
        """From where it stands to the step asked for."""
        progress = self._started()
        before = self._before()
        progress = self._resumed(progress)
        end = progress.step + len(self.plan) - progress.position
        stop = min(self.job.stop_step, end) if self.job.stop_step else end
        with self.log.open("ab") as log:
            while progress.step < stop:
                self._take(progress, log)
                if progress.step % self.job.settings.checkpoint_steps == 0 and progress.step < stop:
                    self._checkpoint(progress, log)
        return self._ended(progress, end, before)

    def _started(self) -> Progress:
        """The state that the job goes on from, or the beginning."""
        steps = self.job.preset.schedule_steps or len(self.plan)
        if not self.job.state:
            return Progress(steps=steps, data=self.job.data)
        progress = self.learner.read(Path(self.job.state))
        if progress.data != self.job.data or progress.position >= len(self.plan):
            progress.position, progress.data = 0, self.job.data  # others, or all over again
        return progress

    def _resumed(self, progress: Progress) -> Progress:
        """The furthest state in its own folder that is not behind the step asked for.

        What the feedback says of later steps is cut off, and will be said again.
        """
        stop = self.job.stop_step or sys.maxsize
        found = {_number(path): path for path in self.job.home.glob("checkpoint-*.pt")}
        for number in [one for one in found if one > stop]:
            found.pop(number).unlink()  # its feedback is about to go
        ended = {_number(path): path for path in self.job.home.glob("state-*.pt")}
        best = max([n for n in (*found, *ended) if progress.step < n <= stop], default=0)
        source = Path(self.job.state) if self.job.state else None
        if best:
            source = ended.get(best, found.get(best))
            progress = self.learner.read(source or found[best])
        with storing(f"writing {self.log}"):
            if source is not None and source.name.startswith("state-"):
                told = feedback_log.load(_feedback_of(source))
                write_whole(self.log, b"".join(map(_line, told)))
                progress.feedback = self.log.stat().st_size
            else:
                with self.log.open("ab") as log:
                    if log.tell() < progress.feedback:
                        raise StoreFault(f"{self.log} is shorter than it was: remove its folder")
                    log.truncate(progress.feedback)
        return progress

    def _take(self, progress: Progress, log: Any) -> None:
        """One step, and its line in the feedback."""
        began = time.monotonic()
        sequences = self.plan.step(progress.position)
        rate = self.job.preset.rate(progress.step + 1, progress.steps)
        count = learnt(self.corpus, sequences)
        told, norm = self.learner.step(self._micro(sequences), count, rate)
        progress.step += 1
        progress.position += 1
        by_row = {row: (total, size) for row, total, size in told}
        members = [row for sequence in sequences for row in sequence]
        ids = tuple(self.corpus.name(row) for row in members)
        step = Step(
            progress.step, ids, sum(by_row[row][0] for row in members) / count, norm,
            run=self.job.run, batch_id=digest(ids, size=8),
            sample_losses=tuple(by_row[row][0] / by_row[row][1] for row in members),
            sample_tokens=tuple(by_row[row][1] for row in members),
            tokens=int(self.corpus.lengths[members].sum()), learning_rate=rate,
        )  # fmt: skip
        progress.feedback += log.write(_line(step))
        speed = step.tokens / max(time.monotonic() - began, 1e-9)
        _say(f"step {step.step} loss {step.loss:.4f} norm {norm:.3g} {speed:,.0f} tokens/s")

    def _micro(self, sequences: Sequences) -> Iterator[Any]:
        restart = self.job.preset.packing == "documents"
        for some in grouped(sequences, self.corpus.lengths, self.job.settings.micro_tokens):
            yield batch(self.corpus, some, restart=restart)

    def _checkpoint(self, progress: Progress, log: Any) -> None:
        """Commit what is done; the checkpoint before it is of no use then."""
        log.flush()
        os.fsync(log.fileno())
        path = self.job.home / f"checkpoint-{progress.step}.pt"
        self.learner.write(path, progress)
        self._forget(path)

    def _forget(self, kept: Path) -> None:
        """Remove the checkpoints behind which there is a later one, or an end."""
        for path in self.job.home.glob("checkpoint-*.pt"):
            if path != kept and _number(path) <= _number(kept):
                path.unlink()

    def _ended(self, progress: Progress, end: int, before: "_Losses") -> Trained:
        """Commit the end, and tell of it."""
        home = self.job.home
        state = home / f"state-{progress.step}.pt"
        feedback = _feedback_of(state)
        if not state.exists():
            with self.log.open("rb") as log:
                write_via(feedback, lambda to: feedback_log.write(to, map(_step, log)))
            self.learner.write(state, progress)
        self._forget(state)
        found = Trained(
            progress.step, end, f"{home.name}-{progress.step}", feedback=str(feedback),
            used=len(self.corpus), cut=self.corpus.tally.cut,
            skipped=dict(self.corpus.tally.skipped),
        )  # fmt: skip
        if self.job.judge:
            found = replace(found, losses=str(self._after(progress, before)))
        if self.job.save:
            mark, folder = self.learner.save()
            found = replace(found, weights=mark, folder=str(folder))
        return found

    def _before(self) -> "_Losses":
        """The losses of what is to be judged, by the weights that the job starts from."""
        if not self.job.judge:
            return []
        kept = self.job.home / f"before-{self.job.judged}.json"
        if not kept.exists():
            write_whole(kept, msgspec.json.encode(self._judged()))
        return msgspec.json.decode(kept.read_bytes(), type=_Losses)

    def _after(self, progress: Progress, before: "_Losses") -> Path:
        path = self.job.home / f"losses-{progress.step}-{self.job.judged}.parquet"
        table = pa.Table.from_pylist([
            {"id": name, "tokens": count, "before": loss, "after": after}
            for (name, count, loss), (_, _, after) in zip(before, self._judged(), strict=True)
        ], schema=_JUDGED)  # fmt: skip
        write_via(path, lambda to: pq.write_table(table, to, compression="zstd"))
        return path

    def _judged(self) -> "_Losses":
        """Id, tokens and mean loss of each row that is judged, in their order."""
        corpus = self._corpus(f"judged-{self.job.judged}", self.job.judge)
        told: dict[int, tuple[float, int]] = {}
        for first in range(0, len(corpus), JUDGED_AT_ONCE):
            alone = [[n] for n in range(first, min(first + JUDGED_AT_ONCE, len(corpus)))]
            some = grouped(alone, corpus.lengths, self.job.settings.micro_tokens)
            batches = (batch(corpus, one, restart=True) for one in some)
            told |= {row: (total, n) for row, total, n in self.learner.judge(batches)}
        return [
            (corpus.name(row), told[row][1], told[row][0] / told[row][1]) for row in sorted(told)
        ]


_Losses = list[tuple[str, int, float]]


def _number(path: Path) -> int:
    return int(path.stem.partition("-")[2])


def _feedback_of(state: Path) -> Path:
    return state.with_name(f"feedback-{_number(state)}.parquet")


def _line(step: Step) -> bytes:
    return msgspec.json.encode(step) + b"\n"


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _end_with_input() -> None:
    """Whoever asked is gone when standard input ends: nobody waits for the answer."""
    while os.read(0, 1024):  # not by sys.stdin, whose lock the interpreter wants at its end
        pass
    os._exit(130)


def main(order: Path) -> int:
    """Do the order of a file. 0: its answer is there; 4: it is told why there is none."""
    threading.Thread(target=_end_with_input, daemon=True).start()
    job = Job.decode(order.read_bytes())
    lock = FolderLock(job.home / "lock")
    lock.own(WAIT_S)
    try:
        write_whole(job.answer, msgspec.json.encode(train(job)))
    except BackfeedError as error:
        told = Failure(type(error).__name__, [str(one) for one in error.args])
        write_whole(job.failure, msgspec.json.encode(told))
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
