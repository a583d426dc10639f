"""Loss and instruction-following difficulty, from the log-probabilities of tokens.

`loss` is the mean negative log-likelihood of the answer's tokens after the prompt, `loss_alone`
that of the answer's tokens without one. `ifd` is the first divided by the second (Cherry LLM);
`ifd_ppl` is the same of perplexities (Superfiltering). Below 1, the prompt helps.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backfeed.engine.errors import ConfigError, Refused
from backfeed.engine.models._numbers import ALONE, rounded
from backfeed.engine.requests import Score

KINDS = ("loss", ALONE, "ifd", "ifd_ppl")

Logprobs = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Template:
    """How prompt and answer become one text: `{prompt}` anywhere, `{answer}` at the end."""

    text: str

    def __post_init__(self) -> None:
        before, _, after = self.text.partition("{answer}")
        if "{answer}" not in self.text or after or "{prompt}" not in before:
            raise ConfigError(
                f"[models] template = {self.text!r}: it must hold {{prompt}} and end in {{answer}}"
            )

    def before(self, prompt: str) -> str:
        """What stands before the answer; nothing, if there is no prompt."""
        head = self.text.removesuffix("{answer}")
        return head.replace("{prompt}", prompt) if prompt else ""


@dataclass(frozen=True, slots=True)
class Span:
    """An answer, and what stands before it."""

    before: str
    answer: str

    @property
    def text(self) -> str:
        """Both."""
        return self.before + self.answer


@dataclass(frozen=True, slots=True)
class Asked:
    """One score, and the texts whose probabilities it takes; `of` is the model that is asked."""

    template: Template
    request: Score
    of: str = "this model"

    def __post_init__(self) -> None:
        if self.request.kind not in KINDS:
            raise ConfigError(
                f"{self.of} gives no score {self.request.kind!r}: it knows"
                f" {', '.join(KINDS)}; name another backend for the role scorer"
            )

    @property
    def before(self) -> str:
        """What stands before the answer."""
        return "" if self.request.kind == ALONE else self.template.before(self.request.prompt)

    @property
    def spans(self) -> tuple[Span, ...]:
        """Of what the loss is taken: the answer after what stands before it, the answer alone."""
        after, alone = Span(self.before, self.request.answer), Span("", self.request.answer)
        return (after,) if self.request.kind in ("loss", ALONE) else (after, alone)

    def texts(self) -> list[str]:
        """Each once: the whole, what stands before the answer, the answer alone."""
        wanted: list[str] = []
        for span in self.spans:
            wanted += [span.text, span.before] if span.before else [span.text]
        return list(dict.fromkeys(wanted))

    def score(self, told: Mapping[str, Logprobs]) -> "float | Refused":
        """The number, from the log-probabilities of those texts."""
        return told_as(self.number([loss(_of(span, told)) for span in self.spans]))

    def number(self, losses: Sequence[float | None]) -> float | None:
        """The number, not rounded, from the losses of the spans; None if one has none."""
        known = [one for one in losses if one is not None]
        if len(known) < len(losses):
            return None
        after, alone = known[0], known[-1]
        if self.request.kind == "ifd":
            return after / alone if alone else None
        if self.request.kind == "ifd_ppl":
            return math.exp(min(after - alone, 700))
        return after


def _of(span: Span, told: Mapping[str, Logprobs]) -> Logprobs:
    """The log-probabilities of a span's answer: as many are left out as stand before it alone."""
    count = len(told[span.before]) if span.before else 0
    return told[span.text][count:]


def loss(logprobs: Logprobs) -> float | None:
    """The mean negative log-likelihood; None without a token that has a probability."""
    known = [one for one in logprobs if one is not None]
    return -math.fsum(known) / len(known) if known else None


def told_as(score: float | None) -> "float | Refused":
    """A score as it is told: rounded; `Refused` if there is none."""
    if score is None or not math.isfinite(score):
        return Refused("no-score", "the answer has no token of which a probability is known")
    return rounded(score)
