"""Snippet -> problem: reverse construction."""

from dataclasses import dataclass, replace

from backfeed.engine.records import Sample
from backfeed.engine.requests import Asks, Prompt
from backfeed.engine.stages._problems import Problem, pose, shown_example


@dataclass(frozen=True, slots=True)
class Reverse:
    """Write a problem whose answer is the snippet (Infinite-Instruct R2, prompt A.1).

    in:  code "def double(x): ...", one example
    out: messages [user "Write a Python function `double` ...", assistant "```python ..."]
    """

    question_type: str = "generate"
    role: str = "strong"
    version = 3
    asks = ("model",)
    prompts = ("reverse/generate",)

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask the model, and check that the problem stands alone; `suitable: no` is an answer."""
        prompt = Prompt(
            f"reverse/{self.question_type}", reply=Problem, role=self.role,
            language=sample.language, snippet=sample.code, entry_point=sample.entry_point,
            example=shown_example(sample),
        )  # fmt: skip
        lineage = replace(sample.lineage, stage="reverse")
        typed = sample.but(question_type=self.question_type, lineage=lineage)
        return [(yield from pose(typed, prompt, "reverse"))]


PLUGIN = Reverse
