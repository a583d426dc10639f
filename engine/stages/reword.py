"""Problem -> the same problem in other words: a persona, a tone."""

from dataclasses import dataclass, replace

from backfeed.engine.errors import AskFailed, ConfigError
from backfeed.engine.methods.notes import noted, with_notes
from backfeed.engine.methods.problem_facts import lost, prose
from backfeed.engine.methods.rouge import rouge_l
from backfeed.engine.prompts import by_model
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Asks, Prompt
from backfeed.engine.stages._problems import apart
from backfeed.engine.stages._tables import table


@dataclass(frozen=True, slots=True)
class Reworded:
    """The reply to `reword/voice`: how the sentences hang together, and the new text."""

    outline: tuple[str, ...]
    problem: str


@dataclass(frozen=True, slots=True)
class Reword:
    """Say a problem as somebody else would, its meaning kept (Infinite-Instruct R4, prompt A.3).

    Persona and tone are drawn from a list of ours (prompts/reword/voices.toml). The paper leaves
    open how it checks that the meaning is kept: here fenced blocks, texts in code marks and quotes,
    numbers and bounds have to be the same, and what is returned, raised or forbidden has to be
    spoken of still. Of the prose outside fences ROUGE-L to the old text is at most `most_alike`.

    What fails (meaning-changed, too-alike) leaves as a rejected row of its own; its problem goes on
    as it was, or with `failed = "reject"` leaves in its place. `chance` is the share of problems
    that are reworded. Notes: `persona`, `tone`, `rouge`, `plain` (the old text); or `unworded`, why
    the text is still the old one.

    in:  "Write `area(r)`, which returns the area of a circle; raise `ValueError` if `r` is ..."
    out: "For a worksheet I need the area of circles. ...", persona "a teacher who ...", rouge 0.41
    """

    chance: float = 1.0
    most_alike: float = 0.7
    failed: str = "keep"
    role: str = "default"
    version = 1
    asks = ("model",)
    prompts = ("reword/voice",)

    def __post_init__(self) -> None:
        """Refuse shares that are none."""
        for name in ("chance", "most_alike"):
            if not 0 <= (value := getattr(self, name)) <= 1:
                raise ConfigError(f"reword: {name} = {value}: it is a share, 0 to 1")
        if self.failed not in ("keep", "reject"):
            raise ConfigError(f"reword: failed = {self.failed!r}: write 'keep' or 'reject'")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask for the problem in another voice, and compare what the two texts ask for."""
        if not sample.instruction or sample.rng("reword").random() >= self.chance:
            return [sample]
        persona, tone = drawn(sample)
        voiced = with_notes(sample, persona=persona, tone=tone)
        prompt = Prompt(
            "reword/voice", reply=Reworded, role=self.role, language=sample.language,
            entry_point=sample.entry_point, persona=persona, tone=tone, problem=sample.instruction,
        )  # fmt: skip
        try:
            reply: Reworded = yield from prompt
        except AskFailed as failure:
            return self._failed(sample, voiced, (failure.reason, failure.detail))
        written: Sample = yield from by_model(voiced, prompt)
        said = _said(written, reply.problem)
        if why := self._flaw(sample.instruction, said):
            return self._failed(sample, said, why)
        return [said]

    def _flaw(self, old: str, said: Sample) -> tuple[str, str] | None:
        """What is wrong with the new text, as reason and detail."""
        if why := lost(old, said.instruction):
            return "meaning-changed", why
        alike = noted(said)["rouge"]
        if alike > self.most_alike:
            return "too-alike", f"ROUGE-L {alike}; at most {self.most_alike} is other words"
        return None

    def _failed(self, sample: Sample, tried: Sample, why: tuple[str, str]) -> list[Sample]:
        """The old text going on beside the refused one; or that alone."""
        if self.failed == "reject":
            return [tried.no("reword", *why)]
        refused = apart(tried, sample, "reword").no("reword", *why)
        return [with_notes(sample, unworded=why[0]), refused]


def drawn(sample: Sample) -> tuple[str, str]:
    """A persona and a tone for a sample."""
    rng, known = sample.rng("voice"), voices()
    return rng.choice(known["personas"]), rng.choice(known["tones"])


def voices() -> dict[str, list[str]]:
    """The personas and tones that there are."""
    return table("prompts/reword/voices.toml")


def _said(sample: Sample, problem: str) -> Sample:
    """The row with its first question in the new words."""
    old, text = sample.instruction, problem.strip()
    first = next(n for n, message in enumerate(sample.messages) if message.role == "user")
    messages = (*sample.messages[:first], Message("user", text), *sample.messages[first + 1 :])
    alike = round(rouge_l(prose(old), prose(text)).fmeasure, 3)
    lineage = replace(sample.lineage, stage="reword")
    return with_notes(sample.but(messages=messages, lineage=lineage), rouge=alike, plain=old)


PLUGIN = Reword
