"""Releases of a run, raw and filtered, and what verification dropped between them.

How it works. The paper publishes each branch twice: all its pairs, and those that the static filter
let pass (Infinite-Instruct: 100K and 90K). A run keeps every row that left, so that both can be had
from one directory, and a third one that the paper has not:

- `raw`: a problem and an answer, and nothing but verification has turned the row away. What left
  for another reason (near duplicates, licences, secrets, a stop, a bug) is in no release.
- `paper`: what the static filter alone lets pass, verified further or not.
- `filtered`: the corpus.

A row of `raw` keeps its level, its checks and its rejection: it says itself that it has failed.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backfeed.engine.config import read_toml
from backfeed.engine.methods.notes import noted
from backfeed.engine.output import read_rows
from backfeed.engine.records import Sample

RELEASES = ("filtered", "paper", "raw")
STATIC = ("extract", "parse", "analyze", "fit")
"""The stages of the static filter; each leaves a check of its name, but `extract`."""
DYNAMIC = ("record_tests", "write_tests", "agree", "execute", "prove", "accept")
"""The stages of verification that run the answer, or make what it is run on."""
BACKFED = ("backfeed", "rebuild")
GIVEN, REVERSE, BACKFEED = "given", "reverse", "backfeed"
_NUMBERED = re.compile(r"-\d+$")


@dataclass(slots=True)
class Drops:
    """Rows of one branch and language: `asked` are problems, the others are releases.

    `reasons` has, of rows that are in `raw` alone or in `paper` alone, why they left, by stage.
    """

    asked: int = 0
    raw: int = 0
    paper: int = 0
    filtered: int = 0
    reasons: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """The share of answered problems that verification turned away; 0 if there are none."""
        return 1 - self.filtered / self.raw if self.raw else 0.0

    @property
    def static_rate(self) -> float:
        """The share that the static filter turned away, or would not have seen."""
        return 1 - self.paper / self.raw if self.raw else 0.0

    def plain(self) -> dict[str, Any]:
        """As it stands in summary.json."""
        return {
            "asked": self.asked, "raw": self.raw, "paper": self.paper, "filtered": self.filtered,
            "rate": round(self.rate, 6), "static_rate": round(self.static_rate, 6),
            "reasons": {stage: dict(sorted(why.items())) for stage, why in self.reasons.items()},
        }  # fmt: skip


def branch(sample: Sample) -> str:
    """`backfeed` for a row made from a set of keywords, `given` for one that we did not make.

    The set stands in the notes, which rows made from the row inherit; a row composed without a
    model has its own type of question. Everything else was made from code: `reverse`.
    """
    if "set" in noted(sample) or sample.question_type == "compose":
        return BACKFEED
    if sample.lineage.stage in BACKFED:
        return BACKFEED
    return REVERSE if sample.lineage.stage else GIVEN


def releases(sample: Sample, static: frozenset[str]) -> tuple[str, ...]:
    """The releases that a row is in. `static` are the checks of the run's own static filter."""
    gone = sample.rejected
    if gone is None:
        return RELEASES
    roles = [message.role for message in sample.messages]
    stage = _NUMBERED.sub("", gone.stage)
    verified = stage in (*STATIC, *DYNAMIC) and not gone.reason.startswith("error:")
    if not verified or "user" not in roles or roles[-1] != "assistant":
        return ()
    failed = {check.name for check in sample.checks if check.verdict == "failed"}
    seen = {check.name for check in sample.checks}
    passed = stage in DYNAMIC and static <= seen and not static & failed
    return ("paper", "raw") if passed else ("raw",)


def static_checks(directory: Path) -> frozenset[str]:
    """The checks that the static filter of a run leaves on each row that it lets pass."""
    path = directory / "recipe.toml"
    used = set(_used(read_toml(path))) if path.is_file() else set()
    return frozenset(used & set(STATIC) - {"extract"})


def _used(table: Mapping[str, Any]) -> Iterator[str]:
    for step in table.get("step", ()):
        yield str(step.get("use", ""))
        yield from _used(step)


def rows(directory: Path, release: str) -> Iterator[Sample]:
    """The rows of a release: those of the corpus first, in order."""
    yield from read_rows(directory / "corpus")
    if release == "filtered":
        return
    static = static_checks(directory)
    for sample in read_rows(directory / "rejected"):
        if release in releases(sample, static):
            yield sample


def drops(directory: Path) -> dict[str, dict[str, Drops]]:
    """What was dropped, by branch and language; branches and languages without problems are not."""
    found: dict[str, dict[str, Drops]] = {}
    static = static_checks(directory)
    for folder in ("corpus", "rejected"):
        for sample in read_rows(directory / folder):
            if sample.instruction:
                languages = found.setdefault(branch(sample), {})
                _count(languages.setdefault(sample.language, Drops()), sample, static)
    return {name: dict(sorted(found[name].items())) for name in sorted(found, reverse=True)}


def _count(into: Drops, sample: Sample, static: frozenset[str]) -> None:
    into.asked += 1
    of = releases(sample, static)
    for name in of:
        setattr(into, name, getattr(into, name) + 1)
    if of and sample.rejected is not None:
        gone = sample.rejected
        into.reasons.setdefault(gone.stage, Counter())[gone.reason] += 1
