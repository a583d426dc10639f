"""Waves: a run with a limit takes its seeds bit by bit, and judges after each whether to go on.

A wave goes through the steps alone as long as all of them are `incremental`: it begins with the
artefacts that the wave before ended with, and what comes out joins what came out before. From the
first step on that is not, every wave is all rows from the first on, as if there had been no others.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile

from backfeed.engine.groups import Steps, is_incremental
from backfeed.engine.state import Goal, State
from backfeed.engine.steps import Stepper
from backfeed.engine.store import DiskTable
from backfeed.engine.tally import Tallies


async def in_waves(stepper: Stepper, steps: Steps, start: State, *, goal: Goal) -> State:
    """Wave after wave of the rows of `start`, until the goal is reached or the run is stopped.

    A stop within a wave leaves what the waves before it made, and of its own rows those that have
    nothing more to ask.
    """
    head = tuple(takewhile(is_incremental, steps))
    tail = steps[len(head) :]
    through = ended = replace(start, rows=DiskTable([]))
    for wave in waves_of(start.rows):
        fresh = State(wave, through.artefacts, past=through.past)
        through = joined(through, await stepper.run(head, fresh, Goal()))
        state = await stepper.run(tail, joined(State(DiskTable([])), through), Goal())
        if state.stopped and len(ended.rows) > len(state.rows):
            return replace(ended, complete=False, stopped=state.stopped)
        if state.stopped or goal.reached(len(state.rows)):
            return state
        ended = state
        through.past.end_wave()
    return ended


def joined(before: State, fresh: State) -> State:
    """The rows of both, with the artefacts of the later one and the past of the earlier one."""
    tallies = Tallies()
    tallies.merge(before.tallies)
    tallies.merge(fresh.tallies)
    return State(
        rows=DiskTable([*before.rows.paths, *fresh.rows.paths]),
        artefacts=fresh.artefacts,
        left=[*before.left, *fresh.left],
        tallies=tallies,
        metrics={**before.metrics, **fresh.metrics},
        complete=before.complete and fresh.complete,
        stopped=before.stopped or fresh.stopped,
        past=before.past,
    )


def waves_of(seeds: DiskTable) -> Iterator[DiskTable]:
    """A shard each while they grow, then about a quarter of what came before.

    So a goal is little overrun. Where a wave ends rests on the seeds alone: a run with a higher
    limit goes through the same ones.
    """
    first, shards = 0, len(seeds.paths)
    while first < shards or not shards:
        last = min(first + max(1, first // 4 - 1), shards)
        yield DiskTable(seeds.paths[first:last])
        if last == shards:
            return
        first = last
