"""Snippet -> problem: reverse construction."""

from dataclasses import dataclass

from backfeed.engine.records import Lineage, Sample
from backfeed.engine.requests import Asks, Prompt, Who
from backfeed.engine.stages._problems import Problem, answered, shown_example, unanswerable


@dataclass(frozen=True, slots=True)
class Reverse:
    """Write a problem whose answer is the snippet (Infinite-Instruct R2, prompt A.1).

    in:  code "def double(x): ...", one example
    out: messages [user "Write a Python function `double` ...", assistant "```python ..."]
    """

    question_type: str = "generate"
    role: str = "strong"
    version = 1
    asks = ("model",)
    prompts = ("reverse/generate",)

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask the model, and check that the problem stands alone; `suitable: no` is an answer."""
        name = f"reverse/{self.question_type}"
        example = shown_example(sample.tests)
        reply: Problem = yield from Prompt(
            name, reply=Problem, role=self.role, language=sample.language, snippet=sample.code,
            entry_point=sample.entry_point, example=example,
        )  # fmt: skip
        if not reply.suitable:
            return [
                sample.no("reverse", reply.reason.partition(":")[0] or "unsuitable", reply.reason)
            ]
        if why := unanswerable(reply.problem, sample):
            return [sample.no("reverse", "unanswerable", why)]
        model: str = yield from Who(self.role)
        lineage = Lineage("reverse", sample.lineage.parents, name, model, sample.lineage.seed)
        made = answered(sample, reply.problem)
        return [made.but(question_type=self.question_type, lineage=lineage)]


PLUGIN = Reverse
