"""What hangs on a limit is believed only if a second run agrees."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from backfeed.engine.requests import Job
from backfeed.sandboxes import _crew
from backfeed.sandboxes._crew import Crew


@dataclass
class Turns:
    """A crew whose runs come to given outcomes, in turn."""

    left: list[dict[str, Any]]
    counts: dict[str, int] = field(default_factory=lambda: {"again": 0})
    identity: str = "x"

    def _run(self, _slot: Any, _job: Job) -> dict[str, Any]:
        return self.left.pop(0)

    def _slot(self) -> None:
        return None


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
def test_a_verdict_near_a_limit_is_run_again(monkeypatch, words, near, verdict):
    seen = [{"verdict": word, "near_limit": near, "detail": ""} for word in words]
    monkeypatch.setattr(_crew, "outcome", lambda _job, found, _identity: found)
    turns: Any = Turns(seen[1:])
    assert Crew._confirmed(turns, Job(), seen[0])["verdict"] == verdict
    assert turns.left == []
