"""Which functions of a row are worth trying on which tasks' tests.

A textbook function (is it prime?) passes the tests of a benchmark that asks for one, and holds
nothing of it. So a row and a task must have something in common that is not everybody's: rare words
of the task, its wording, how its solution is built, or a signature that says much.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from backfeed.engine.methods import contamination as texts
from backfeed.engine.methods._entry_tests import Takes, fits, functions, program, quiet
from backfeed.engine.stages._contamination import Look, Trial, Wanted, share_of

MOST_FUNCTIONS, MOST_CODES = 8, 2
MOST_ALIKE = 2  # functions that are tried on one task
SAID = 0.25
WORDED, WORDED_WORDS = 1.5, 0.8
BUILT = 0.6
Able = Sequence[tuple[str, Takes]]


def trials(seen: Look, wanted: Wanted) -> Iterator[Trial]:
    """What to run: the tasks with which the row shares the most first, so many at most."""
    if seen.row.language not in ("", "python"):
        return
    able = [
        (code, one)
        for code in seen.row.codes[:MOST_CODES]
        for one in functions(code)[-MOST_FUNCTIONS:]
    ]
    left = wanted.most_runs
    for number, shared in _candidates(seen, able, wanted) if able else ():
        what, task = seen.index.given[number], seen.index.tasks[number]
        if what is None or what.worth < wanted.least_asserts:
            continue
        fitting = [(code, one) for code, one in able if fits(one, what)]
        for code, one in _likeliest(fitting, task.entry_point):
            if left <= 0:
                return
            left -= 1
            yield Trial(
                task.name, task.file, one.name, quiet(code), program(task, one.name), task.setup,
                what.worth, shared,
            )  # fmt: skip


def _candidates(seen: Look, able: Able, wanted: Wanted) -> Iterator[tuple[int, float]]:
    """The tasks, and the weight of what they share with the row, in falling order."""
    words = share_of(seen.topic, seen.index.topic.totals)
    total = seen.topic * words + seen.worded + seen.alike
    found = np.flatnonzero(_related(seen, wanted.specific)).tolist()
    signed = [n for _, one in able for n in seen.index.signatures.get(one.signature, ())]
    for number in sorted({*found, *signed}, key=lambda n: (n not in signed, -total[n], n)):
        yield number, float(total[number])


def _related(seen: Look, specific: float) -> npt.NDArray[np.bool_]:
    """For each task: do the row and it share enough?

    Rare words; or its wording, if nearly all of its words are there; or how its solution is built.
    """
    index = seen.index
    words = share_of(seen.topic, index.topic.totals)
    said = (seen.topic >= specific) & (words >= SAID)
    worded = (WORDED * seen.worded >= specific) & (words >= WORDED_WORDS)
    built = (seen.alike >= specific) & (share_of(seen.alike, index.prints.totals) >= BUILT)
    found: npt.NDArray[np.bool_] = said | worded | built
    return found


def _likeliest(fitting: Able, entry: str) -> Able:
    """Those functions that are called most like the task's; of equal ones the last."""
    wanted = set(texts.words(entry))
    once = list({one.name: (code, one) for code, one in fitting}.values())[::-1]
    once.sort(key=lambda pair: -len(wanted & set(texts.words(pair[1].name))))
    return once[:MOST_ALIKE]
