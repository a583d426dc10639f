"""What hangs on a limit is believed only if a second run agrees."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from backfeed.engine.requests import Job, Limits
from backfeed.sandboxes import _outcome
from backfeed.sandboxes._crew import Crew
from backfeed.sandboxes._outcome import Ended
from backfeed.sandboxes._protocol import Reply


@dataclass
class Turns:
    """A crew whose runs come to given outcomes, in turn."""

    left: list[dict[str, Any]]
    counts: Counter[str] = field(default_factory=Counter)
    identity: str = "x"
    facts: dict[str, Any] = field(default_factory=dict)

    def _outcome(self, _job: Job) -> dict[str, Any]:
        return self.left.pop(0)


@pytest.mark.parametrize(
    ("words", "near", "verdict"),
    [
        (("TLE", "TLE"), False, "TLE"),
        (("TLE", "AC"), False, "FLAKY"),
        (("MLE", "RE"), True, "FLAKY"),
        (("AC", "AC"), True, "AC"),
        (("AC", "TLE"), True, "FLAKY"),
        (("AC",), False, "AC"),
        (("WA",), False, "WA"),
    ],
)
def test_a_verdict_near_a_limit_is_run_again(words, near, verdict):
    seen = [{"verdict": word, "near_limit": near, "detail": ""} for word in words]
    turns: Any = Turns(seen)
    assert Crew._confirmed(turns, Job())["verdict"] == verdict
    assert turns.left == []


class Clocked:
    """A slot in which a program has this much CPU time when the clock stops it."""

    def __init__(self, cpu_s: float, needs_s: float) -> None:
        self.cpu_s, self.needs_s = cpu_s, needs_s
        self.facts: dict[str, Any] = {}
        self.walls: list[float] = []

    def run(self, job: Job, *, warm: bool, given: Any = ()) -> Reply:
        wall_s = job.limits.wall_s
        self.walls.append(wall_s)
        stopped = "wall" if wall_s < self.needs_s else "cpu"
        return Reply(Ended(stopped=stopped, cpu_s=self.cpu_s, wall_s=wall_s), warm=warm, made=())


@pytest.mark.parametrize(
    ("cpu_s", "needs_s", "verdict", "walls"),
    [
        (0.9, 9, "TLE", [6, 30]),  # on a busy machine
        (0.9, 5, "TLE", [6]),
        (0.1, 99, "IDLE", [6]),
        (0.5, 99, "IDLE", [6, 30]),  # computes, and then waits for ever
    ],
)
def test_who_computes_is_not_idle(cpu_s, needs_s, verdict, walls):
    slot, limits = Clocked(cpu_s, needs_s), Limits(cpu_s=1, wall_s=6)
    ended = Crew._run(Turns([]), slot, Job(limits=limits))  # type: ignore[arg-type]
    assert _outcome.verdict(Job(limits=limits), ended) == verdict
    assert slot.walls == walls
