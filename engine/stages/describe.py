"""What is said too little of is turned away, before any of it is run."""

from dataclasses import dataclass

from backfeed.engine import languages
from backfeed.engine.records import EXTRACTIVE, Sample
from backfeed.engine.requests import Asks, Compute, Who
from backfeed.engine.stages._problems import short


@dataclass(frozen=True, slots=True)
class Describe:
    """Unit -> the same unit, if what answers `role` can describe it.

    A model reads the code: to it, all units go on. The extractive backend has only what a comment
    says, and can say beforehand of which units it can write no problem.

    in:  code "def f(x):\\n    # later\\n    ..."
    out: without a model, rejected as `no-docstring`
    """

    role: str = "strong"
    version = 1
    asks = ("compute", "model")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask who writes, and if it is nobody, what the code says of itself."""
        if (yield from Who(self.role)) != EXTRACTIVE:
            return [sample]
        call = (sample.language, sample.code, sample.entry_point)
        reason = yield from Compute(undescribed, call)
        return [sample.no("describe", short(reason), reason) if reason else sample]


def undescribed(language: str, code: str, name: str) -> str:
    """Why no problem can be written from what code says of itself; empty if one can."""
    if not languages.can(language, "describe"):
        return f"no-describer: {language}"
    found = languages.call(language, "describe", code, name)
    return f"{found.reason}: {found.detail}" if found.reason else ""


PLUGIN = Describe
