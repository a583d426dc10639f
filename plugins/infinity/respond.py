"""Conversation that waits for a reply -> the same with it; and more turns, by role play."""

from dataclasses import dataclass

from backfeed.plugin import AskFailed, Asks, ConfigError, Message, Sample, by_model
from backfeed.plugins.infinity import _rewrites
from backfeed.plugins.infinity._turns_asked import reply_to

STAGE = "respond"


@dataclass(frozen=True, slots=True)
class Respond:
    """Ask a model for the answer to an instruction (Infinity-Instruct P2-c).

    An answer that apologises in few words, says nothing, or is empty rejects the row (WizardLM's
    rules): `no-answer`. A row that has an answer goes on untouched.

    in:  "Name three uses of baking soda."
    out: the row with an assistant's message
    """

    role: str = "strong"
    version = 1
    asks = ("model",)
    prompts = ("chat/answer",)

    def __post_init__(self) -> None:
        """Refuse a role without a name."""
        if not self.role:
            raise ConfigError("respond.role is empty: name one, such as 'strong'")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """One prompt."""
        if not sample.instruction:
            return [sample.no(STAGE, "no-instruction", "it has no user message")]
        if sample.messages[-1].role == "assistant":
            return [sample]
        prompt = reply_to(sample.messages, self.role)
        try:
            text: str = yield from prompt
        except AskFailed as failure:
            return [sample.no(STAGE, failure.reason, failure.detail)]
        written: Sample = yield from by_model(sample, prompt)
        if why := _rewrites.no_answer(text):
            return [written.no(STAGE, "no-answer", why)]
        return [written.but(messages=(*sample.messages, Message("assistant", text.strip())))]


PLUGIN = Respond
