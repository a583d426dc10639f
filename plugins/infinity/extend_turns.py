"""A question and its answer -> a conversation of several turns, by role play."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from backfeed.plugin import (
    AskFailed,
    Asks,
    ConfigError,
    Message,
    Prompt,
    Sample,
    by_model,
    notes,
    rouge,
)
from backfeed.plugins.infinity import _rewrites
from backfeed.plugins.infinity._turns_asked import reply_to, shown

STAGE = "extend_turns"
SAME = 0.7


class Next(msgspec.Struct, frozen=True):
    """The reply to `chat/ask`."""

    message: str


@dataclass(frozen=True, slots=True)
class ExtendTurns:
    """Let a model play both sides of a conversation on (Infinity-Instruct P2-c).

    A row is drawn with the `chance`, and for it how many rounds of question and answer it is to
    have: `least` to `most`, the first one counted. The one who asks is the role `user`, who answers
    the role `role`. A turn that repeats an earlier one (ROUGE-L above 0.7), is empty, or is no
    answer, ends the conversation before it; so does a refusal. Roles always alternate, and the last
    word is the assistant's. Note `rounds`: how many there are.

    in:  user, assistant
    out: user, assistant, user, assistant, user, assistant
    """

    chance: float = 0.1
    least: int = 2
    most: int = 4
    most_words: int = 60
    user: str = "user"
    role: str = "strong"
    version = 1
    asks = ("model",)
    prompts = ("chat/ask", "chat/answer")

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense."""
        if not 0 <= self.chance <= 1:
            raise ConfigError(f"{STAGE}.chance = {self.chance}: it is a share, 0 to 1")
        if not 1 <= self.least <= self.most:
            raise ConfigError(
                f"{STAGE}: least = {self.least}, most = {self.most}: from 1, and rising"
            )

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Two prompts a round."""
        said = sample.messages
        if not said or said[-1].role != "assistant" or not sample.instruction:
            return [sample]
        rng = sample.rng("turns")
        if rng.random() >= self.chance:
            return [sample]
        wanted = rng.randint(self.least, self.most)
        rounds = sum(one.role == "user" for one in said)
        now = sample
        while rounds < wanted:
            longer: Sample | None = yield from self._round(now)
            if longer is None:
                break
            now, rounds = longer, rounds + 1
        return [notes.with_notes(now, rounds=rounds)]

    def _round(self, sample: Sample) -> Asks[Sample | None]:
        """A question and its answer more; None if the conversation ends here."""
        ask = Prompt(
            "chat/ask", reply=Next, role=self.user, turns=shown(sample.messages),
            most_words=self.most_words,
        )  # fmt: skip
        try:
            question: Next = yield from ask
            text = question.message.strip()
            if not text or _repeats(text, sample.messages):
                return None
            said = (*sample.messages, Message("user", text))
            prompt = reply_to(said, self.role)
            answer: str = yield from prompt
        except AskFailed:
            return None
        if _rewrites.no_answer(answer):
            return None
        longer = sample.but(messages=(*said, Message("assistant", answer.strip())))
        written: Sample = yield from by_model(longer, ask)
        return (yield from by_model(written, prompt))


def _repeats(text: str, messages: Sequence[Message]) -> bool:
    """Was it asked before?"""
    return any(
        rouge.rouge_l(one.content, text).fmeasure > SAME for one in messages if one.role == "user"
    )


PLUGIN = ExtendTurns
