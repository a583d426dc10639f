"""Asking pattern: a checker says whether an output is right, where many are."""

from backfeed.engine.records import File, Test
from backfeed.engine.requests import Asks, Job, Limits, Outcome

_LIMITS = Limits(cpu_s=5.0, wall_s=15.0)
WORDS = {0: "AC", 1: "WA"}


def judged(wrote: str, test: Test) -> Asks[tuple[Job, Outcome, str]]:
    """The checker's job, how it ended, and its word: AC, WA, or NONE if it is itself at fault.

    A checker is a program in Python, run in a box without the answer. It is given the names of
    three files: what the program read, what it wrote, what the test's author expected. It ends with
    0 if the output is right and with 1 if it is wrong, as the checkers of testlib do.
    """
    files = (
        File("checker.py", test.code), File("input.txt", test.stdin), File("output.txt", wrote),
        File("expected.txt", test.stdout),
    )  # fmt: skip
    command = ("python", "checker.py", "input.txt", "output.txt", "expected.txt")
    job = Job(files=files, command=command, limits=_LIMITS)
    outcome: Outcome = yield from job
    ended = outcome.exit_code if outcome.verdict in ("AC", "RE") else None
    # An exception ends Python with 1, too: what says nothing of an answer is no verdict on it.
    broke = outcome.stderr.lstrip().startswith("Traceback") or ended not in WORDS
    return job, outcome, "NONE" if broke or ended is None else WORDS[ended]
