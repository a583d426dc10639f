"""What is right and wrong about what a program of the suite came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backfeed.engine.errors import ConfigError
from backfeed.engine.requests import Outcome
from backfeed.sandboxes.selfcheck.bait import Trap
from backfeed.sandboxes.selfcheck.host import Watch
from backfeed.sandboxes.selfcheck.items import Item, word

RUNS = 2  # what hangs on a limit is confirmed by a second run
SLACK_S = 6.0  # above the wall limit: start, cleaning up, and a busy machine
DIP_SLACK_MB = 64 + 192  # what is allowed above the limits, and what others do meanwhile
READ_MB = 16
NOT_RUN, ABSENT, GAP, HELD, FAILED = "not run", "absent", "known gap", "held", "failed"
NEGATIVE = ("process",)
LEAST_HOLES = 25

Answer = Outcome | str  # what a job came to; or the refusal or outage, in words


@dataclass(frozen=True, slots=True)
class Found:
    """What became of an item. `holds` is None where that was not tried, or is not claimed.

    `counts` is the word by which it is counted: held, failed, known gap, not run.
    """

    item: Item
    verdict: str
    holds: bool | None
    why: str = ""
    seconds: float = 0.0

    @property
    def counts(self) -> str:
        """Held, failed, known gap or not run."""
        if self.holds is not None:
            return HELD if self.holds else FAILED
        return NOT_RUN if self.verdict in (NOT_RUN, ABSENT) else GAP

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        item = self.item
        return {
            "name": item.name, "row": item.row, "language": item.language, "tries": item.tries,
            "expected": " or ".join(item.verdicts), "verdict": self.verdict, "holds": self.holds,
            "counts": self.counts, "why": self.why, "seconds": round(self.seconds, 2),
        }  # fmt: skip


def judged(item: Item, answer: Answer, trap: Trap) -> list[str]:
    """What is wrong with the verdict and the words of a program."""
    if isinstance(answer, str):
        return [answer] if "Refused" not in item.verdicts else []
    found = []
    if (verdict := word(item, answer)) not in item.verdicts:
        found.append(f"it came to {verdict} ({words(answer, -1)})")
    said = answer.stdout + answer.stderr + answer.report
    for line in said.splitlines():
        if line.startswith("HOLE"):
            found.append(line[:120])
    secrets = (*trap.forbidden(), *map(trap.fill, item.forbidden))
    return found + [f"{each!r} was printed" for each in secrets if each in said]


def seen(item: Item, outcome: Outcome) -> list[str]:
    """What is missing in the outcome."""
    found = []
    if item.prints not in outcome.stdout:
        found.append(f"{item.prints!r} was not printed")
    if item.printed_bytes and len(outcome.stdout) != item.printed_bytes:
        found.append(f"{len(outcome.stdout)} bytes were printed, not {item.printed_bytes}")
    if outcome.strays < item.strays:
        found.append(f"{outcome.strays} processes left behind were counted, not {item.strays}")
    return found


def slow(item: Item, elapsed_s: float) -> list[str]:
    """Did it take longer than its wall limit allows?"""
    wall_s = item.bounds().wall_s
    most_s = item.within_s or RUNS * (wall_s + SLACK_S)
    return [f"it took {elapsed_s:.1f} s, not {most_s:.1f}"] if elapsed_s > most_s else []


def measured(item: Item, watch: Watch) -> list[str]:
    """Did it take more of the machine than its limits say? Only asked of what runs alone."""
    if not item.alone:
        return []
    limits, found = item.bounds(), []
    most_mb = limits.memory_mb + 3 * limits.disk_mb + DIP_SLACK_MB
    if watch.dip_mb > most_mb:
        found.append(f"the machine's memory went down by {watch.dip_mb:.0f} MiB, not {most_mb}")
    if watch.read_mb > READ_MB:
        found.append(f"{watch.read_mb:.0f} MiB were read from it, not {READ_MB}")
    return found


def words(outcome: Outcome, line: int) -> str:
    """What it came to, with one line of what it complained of."""
    lines = (outcome.stderr or outcome.stdout).strip().splitlines() or [""]
    return " ".join(filter(None, (outcome.verdict, outcome.detail, lines[line][:200])))


def threshold(backend: str, found: Sequence[Found]) -> str:
    """Why the suite did not come to what it must on this backend; empty if it did.

    Where nothing isolates, it must find holes: else it proves nothing about the others.
    """
    failed = sum(one.holds is False for one in found)
    if backend in NEGATIVE:
        told = (
            f"only {failed} items fail on {backend}, which isolates nothing: expected {LEAST_HOLES}"
        )
        return told if failed < LEAST_HOLES else ""
    if not any(one.holds or (one.holds is False and one.verdict != "IE") for one in found):
        why = next((one.why for one in found if one.why), "nothing was chosen")
        raise ConfigError(f"no item of the suite could run on {backend}: {why}")
    told = f"{failed} item{'s' * (failed > 1)} failed on {backend}"
    return told if failed else ""
