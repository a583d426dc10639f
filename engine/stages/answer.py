"""Problem -> answer: explanation and one fenced block of code, drawn several times."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backfeed.engine.errors import ConfigError
from backfeed.engine.methods.notes import with_notes
from backfeed.engine.prompts import by_model
from backfeed.engine.records import Check, Finding, Message, Sample
from backfeed.engine.requests import Asks, Prompt, together
from backfeed.engine.stages._answers import Draft, Question, ask_answer
from backfeed.engine.stages._forms import Form, forms


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer a problem `answers` times, each an independent draw (Infinite-Instruct, stage A).

    The paper leaves the answering model open; the default is the one that writes problems. A reply
    that is cut, or has no block, several, or one of another language is asked for again, `attempts`
    times in all. The first good one is the answer; all are noted as `candidates`, for `agree`.
    Answers to questions of understanding and knowledge are prose. Rows that have one keep it.

    in:  messages [user "Write `double(x)` ..."], code ""
    out: messages [user, assistant "It adds ...```python ..."], code "def double(x): ..."
    """

    answers: int = 1
    attempts: int = 2
    role: str = "strong"
    version = 1
    asks = ("compute", "model")
    prompts = ("answer/code", "answer/text", "answer/test")

    def __post_init__(self) -> None:
        for name in ("answers", "attempts"):
            if getattr(self, name) < 1:
                raise ConfigError(f"answer.{name} = {getattr(self, name)}: ask at least once")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask for all draws side by side."""
        if sample.response or sample.code or sample.files:
            return [sample]
        if not sample.instruction:
            return [sample.no("answer", "no-problem", "it has no user message")]
        form = forms().get(sample.language)
        if sample.question_type == "test" and form is None:
            return [sample.no("answer", "no-form", f"no form of tests in {sample.language}")]
        question = Question.of(sample)
        prompt = self._prompt(sample, question, form or Form("", ""))
        drafts: list[Draft] = yield from together(
            ask_answer(prompt, question, self.attempts) for _ in range(self.answers)
        )
        written: Sample = yield from by_model(sample, prompt)
        return [_answered(written, drafts)]

    def _prompt(self, sample: Sample, question: Question, form: Form) -> Prompt:
        fields: dict[str, Any] = {
            "language": sample.language, "tag": sample.language,
            "entry_point": sample.entry_point, "problem": sample.instruction,
        }  # fmt: skip
        if question.prose:
            return Prompt("answer/text", role=self.role, **fields)
        if sample.question_type == "test":
            fields |= {"form": form.rule, "example": form.example}
            return Prompt("answer/test", role=self.role, **fields)
        return Prompt("answer/code", role=self.role, **fields)


def _answered(sample: Sample, drafts: Sequence[Draft]) -> Sample:
    """The sample with its first good answer; without one, rejected for what was commonest."""
    good = [draft for draft in drafts if not draft.reason]
    failed = Counter(draft.reason for draft in drafts if draft.reason)
    told = {"asked": len(drafts), "reasons": dict(sorted(failed.items()))}
    if not good:
        [(reason, _)] = failed.most_common(1)
        detail = next(draft.detail for draft in drafts if draft.reason == reason)
        return with_notes(sample, answers=told).no("answer", reason, detail)
    noted = with_notes(sample, answers=told, candidates=[draft.text for draft in good])
    findings = tuple(Finding("answer", "note", note) for note in good[0].notes)
    return noted.but(
        code=good[0].code, messages=(*sample.messages, Message("assistant", good[0].text))
    ).checked(Check("answer", "passed", findings=findings))


PLUGIN = Answer
