"""Rows as they go through a model: side by side in arrays, one sequence in a line."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backfeed.engine.models._training_plan import Sequences
from backfeed.engine.models._training_rows import Corpus

IGNORED = -100
"""The label of what is not learnt, as torch has it."""
Array = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Batch:
    """Arrays of (sequences, tokens); the shorter sequences are filled up behind.

    `owners` says which of `rows` a token belongs to, -1 for what fills up; `places` are the
    positions that the model is told; `labels` are the ids where they are learnt.
    """

    rows: list[int]
    ids: Array
    places: Array
    labels: Array
    owners: Array

    @property
    def tokens(self) -> int:
        """How many tokens are shown."""
        return int((self.owners >= 0).sum())


def batch(corpus: Corpus, sequences: Sequences, *, restart: bool) -> Batch:
    """The rows of sequences; with `restart`, positions begin anew with each row."""
    rows = [row for sequence in sequences for row in sequence]
    width = max(int(corpus.lengths[sequence].sum()) for sequence in sequences)
    shape = (len(sequences), width)
    made = Batch(
        rows, np.zeros(shape, np.int64), np.tile(np.arange(width, dtype=np.int64), (shape[0], 1)),
        np.full(shape, IGNORED, np.int64), np.full(shape, -1, np.int64),
    )  # fmt: skip
    owner = 0
    for line, sequence in enumerate(sequences):
        end = 0
        for row in sequence:
            ids, learnt = corpus.tokens(row)
            here = (line, slice(end, end + len(ids)))
            made.ids[here] = ids
            made.labels[here] = np.where(learnt, ids, IGNORED)
            made.owners[here] = owner
            if restart:
                made.places[here] = np.arange(len(ids))
            owner, end = owner + 1, end + len(ids)
    return made


def sees(owners: Array) -> npt.NDArray[np.bool_]:
    """Which token may look at which: none at a later one, or at another row's.

    (sequences, 1, tokens, tokens).
    """
    same = owners[:, None, :, None] == owners[:, None, None, :]
    places = np.arange(owners.shape[1])
    seen: npt.NDArray[np.bool_] = same & (places[:, None] >= places[None, :])
    return seen


def learnt(corpus: Corpus, sequences: Sequences) -> int:
    """How many tokens of these rows are learnt."""
    rows: Sequence[int] = [row for sequence in sequences for row in sequence]
    return sum(int(corpus.tokens(row)[1].sum()) for row in rows)
