"""Composed code -> problem: the second half of backfeeding."""

import json
from contextlib import suppress
from dataclasses import dataclass

from backfeed.engine.records import Sample
from backfeed.engine.requests import Asks, Prompt
from backfeed.engine.stages._problems import Problem, pose, shown_example


@dataclass(frozen=True, slots=True)
class Rebuild:
    """Write a problem that needs both parts, in their logical order (Infinite-Instruct B3).

    in:  code of `chunks`, `flatten` and `flatten_of_chunks`
    out: a problem in two steps, with signature and example; what was not composed is rejected
    """

    role: str = "strong"
    version = 4
    asks = ("model",)
    prompts = ("backfeed/compose",)

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask the model, and check that the problem stands alone."""
        parts, shown = _parts(sample.extra)
        if not parts:
            return [sample.no("rebuild", "not-composed", "its row does not name its parts")]
        prompt = Prompt(
            "backfeed/compose", reply=Problem, role=self.role, language=sample.language,
            snippet=sample.code, entry_point=sample.entry_point,
            parts=parts, shown=shown, example=shown_example(sample),
        )  # fmt: skip
        return [(yield from pose(sample.but(question_type="compose"), prompt, "rebuild"))]


def _parts(extra: str) -> tuple[list[str], list[str]]:
    """The functions that code was composed of, as `backfeed` notes them, and calls of each."""
    with suppress(ValueError, TypeError, KeyError):
        told = json.loads(extra)
        names = [str(name) for name in told["parts"]]
        shown = [str(text) for text in told.get("shown", ())]
        return names, shown if len(shown) == len(names) else [""] * len(names)
    return [], []


PLUGIN = Rebuild
