"""Composed code -> problem: the second half of backfeeding."""

import json
from dataclasses import dataclass, replace

from backfeed.engine.records import Sample
from backfeed.engine.requests import Asks, Prompt, Who
from backfeed.engine.stages._problems import Problem, answered, shown_example, unanswerable


@dataclass(frozen=True, slots=True)
class Rebuild:
    """Write a problem that needs both parts, in their logical order (Infinite-Instruct B3).

    in:  code of `chunks`, `flatten` and `flatten_of_chunks`
    out: a problem in two steps, with signature and example
    """

    role: str = "strong"
    version = 1
    asks = ("model",)
    prompts = ("backfeed/compose",)

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask the model, and check that the problem stands alone."""
        reply: Problem = yield from Prompt(
            "backfeed/compose", reply=Problem, role=self.role, language=sample.language,
            snippet=sample.code, entry_point=sample.entry_point,
            parts=json.loads(sample.extra)["parts"], example=shown_example(sample.tests),
        )  # fmt: skip
        if not reply.suitable:
            return [
                sample.no("rebuild", reply.reason.partition(":")[0] or "unsuitable", reply.reason)
            ]
        if why := unanswerable(reply.problem, sample):
            return [sample.no("rebuild", "unanswerable", why)]
        model: str = yield from Who(self.role)
        lineage = replace(sample.lineage, prompt="backfeed/compose", model=model)
        return [answered(sample, reply.problem).but(question_type="compose", lineage=lineage)]


PLUGIN = Rebuild
