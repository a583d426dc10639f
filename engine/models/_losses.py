"""Loss and instruction-following difficulty, from the log-probabilities of tokens.

`loss` is the mean negative log-likelihood of the answer's tokens after the prompt. `ifd` is that
loss divided by the loss of the answer alone (Cherry LLM); `ifd_ppl` is the same of perplexities
(Superfiltering). Below 1, the prompt helps.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backfeed.engine.errors import ConfigError, Refused
from backfeed.engine.models._numbers import rounded
from backfeed.engine.requests import Score

KINDS = ("loss", "ifd", "ifd_ppl")

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
        return self.template.before(self.request.prompt)

    def texts(self) -> list[str]:
        """Each once: the whole, what stands before the answer, the answer alone."""
        answer = self.request.answer
        alone = [answer] if self.request.kind != "loss" else []
        wanted = [self.before + answer, *([self.before] if self.before else []), *alone]
        return list(dict.fromkeys(wanted))

    def score(self, told: Mapping[str, Logprobs]) -> "float | Refused":
        """The number, from the log-probabilities of those texts."""
        count = len(told[self.before]) if self.before else 0
        after = loss(told[self.before + self.request.answer][count:])
        if self.request.kind == "loss":
            return _told(after)
        alone = loss(told[self.request.answer])
        if after is None or alone is None:
            return _told(None)
        if self.request.kind == "ifd":
            return _told(after / alone if alone else None)
        return _told(math.exp(min(after - alone, 700)))


def loss(logprobs: Logprobs) -> float | None:
    """The mean negative log-likelihood; None without a token that has a probability."""
    known = [one for one in logprobs if one is not None]
    return -math.fsum(known) / len(known) if known else None


def _told(score: float | None) -> "float | Refused":
    if score is None or not math.isfinite(score):
        return Refused("no-score", "the answer has no token of which a probability is known")
    return rounded(score)
