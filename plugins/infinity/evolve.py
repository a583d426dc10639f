"""Instruction -> one that demands more: rewritten by one operator, and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec

from backfeed.plugin import (
    AskFailed,
    Asks,
    Check,
    ConfigError,
    Finding,
    Message,
    Prompt,
    Sample,
    by_model,
    notes,
)
from backfeed.plugins.infinity import _rewrites

STAGE = "evolve"
PUBLISHED = {"constraints": 1.0, "deepening": 1.0, "concretising": 1.0, "reasoning": 1.0}


class Rewritten(msgspec.Struct, frozen=True):
    """The reply to `evolve/rewrite`."""

    changed: str
    instruction: str = ""


class Judged(msgspec.Struct, frozen=True):
    """The reply to `evolve/judge`."""

    reason: str
    same: bool
    kept: bool
    harmful: bool
    answerable: bool = True


@dataclass(frozen=True, slots=True)
class Evolve:
    """Rewrite an instruction by one operator, drawn by weight (Infinity-Instruct P2-c).

    The `operators` are constraints, deepening, concretising, reasoning (the paper's), and breadth,
    depth, difficulty, complexity (its early releases'). A rewriting leaves as `identical` (it
    demands nothing new: by ROUGE-L and words, or as judged), `lost-intent` (it keeps less than
    `least_kept` of the words that matter, or as judged; a wide operator need only stay in the
    field), `harmful`, `unanswerable`, `too-long` (more than `most_words` longer) or
    `leaked-template`. What rules can tell is not asked of the role `judge`. The evolved row is a
    child of the seed and has no answer; the seed goes on beside it, or, without `keep`, leaves its
    place to it. Notes: `operators`, all that were taken, and `changed`.

    in:  "Write a poem about rain."
    out: that, and "Write a poem of three stanzas about rain in a dry year, without the word rain."
    """

    operators: Mapping[str, float] = field(default_factory=lambda: dict(PUBLISHED), hash=False)
    keep: bool = True
    least_kept: float = 0.3
    most_words: int = 60
    role: str = "strong"
    judge: str = "judge"
    version = 1
    asks = ("model",)
    prompts = ("evolve/rewrite", "evolve/judge")

    def __post_init__(self) -> None:
        """Refuse operators that there are none of, and weights and shares that are none."""
        for name in self.operators:
            if name not in _rewrites.operators():
                known = ", ".join(_rewrites.operators())
                raise ConfigError(f"{STAGE}.operators has {name!r}; there are: {known}")
        if min(self.operators.values(), default=0) < 0 or not any(self.operators.values()):
            raise ConfigError(f"{STAGE}.operators: weights are 0 or more, and one of them is more")
        if not 0 <= self.least_kept <= 1:
            raise ConfigError(f"{STAGE}.least_kept = {self.least_kept}: it is a share, 0 to 1")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """A rewriting, and its check."""
        if not sample.instruction:
            return [sample.no(STAGE, "no-instruction", "it has no user message")]
        names = sorted(self.operators)
        weights = [self.operators[name] for name in names]
        name = sample.rng("operator").choices(names, weights)[0]
        tried: Sample = yield from self._tried(sample, name)
        return [sample, tried] if self.keep else [tried]

    def _tried(self, sample: Sample, name: str) -> Asks[Sample]:
        """The evolved row, or one that says why there is none."""
        operator = _rewrites.operators()[name]
        prompt = Prompt(
            "evolve/rewrite", reply=Rewritten, role=self.role, operator=name, wide=operator.wide,
            definition=operator.text, most_words=self.most_words, instruction=sample.instruction,
        )  # fmt: skip
        try:
            reply: Rewritten = yield from prompt
        except AskFailed as failure:
            return self._child(sample, name, "").no(STAGE, failure.reason, failure.detail)
        made: Sample = yield from by_model(self._child(sample, name, reply.instruction), prompt)
        made = notes.with_notes(made, changed=reply.changed)
        if why := self._flaw(sample.instruction, reply, wide=operator.wide):
            return made.no(STAGE, *why)
        return (yield from self._judged(sample, made, wide=operator.wide))

    def _child(self, sample: Sample, name: str, text: str) -> Sample:
        said = sample.messages[:1] if sample.messages[0].role == "system" else ()
        before = notes.noted(sample).get("operators", [])
        made = sample.child(
            STAGE, 0, messages=(*said, Message("user", text.strip())), tests=(), code="",
            scores=(), entry_point="", files=(), support=(),
        )  # fmt: skip
        seed = sample.lineage
        made = made.but(lineage=replace(made.lineage, prompt=seed.prompt, model=seed.model))
        return notes.with_notes(made, operators=[*before, name])

    def _flaw(self, old: str, reply: Rewritten, *, wide: bool) -> tuple[str, str] | None:
        """What is wrong with a rewriting by rule, as reason and detail."""
        new = reply.instruction
        if not reply.changed.strip():
            return "identical", "its own writer names no change"
        if why := _rewrites.unchanged(old, new):
            return "identical", why
        if leak := _rewrites.leaked(old, new):
            return "leaked-template", leak
        longer = len(new.split()) - len(old.split())
        if longer > self.most_words:
            return "too-long", f"{longer} words more; {self.most_words} are allowed"
        if not wide and (why := _rewrites.drifted(old, new, self.least_kept)):
            return "lost-intent", why
        return None

    def _judged(self, sample: Sample, made: Sample, *, wide: bool) -> Asks[Sample]:
        prompt = Prompt(
            "evolve/judge", reply=Judged, role=self.judge, wide=wide,
            old=sample.instruction, new=made.instruction,
        )  # fmt: skip
        try:
            told: Judged = yield from prompt
        except AskFailed as failure:
            return made.no(STAGE, failure.reason, failure.detail)
        written: Sample = yield from by_model(made, prompt)
        for wrong, reason in (
            (told.harmful, "harmful"), (told.same, "identical"), (not told.kept, "lost-intent"),
            (not told.answerable, "unanswerable"),
        ):  # fmt: skip
            if wrong:
                return written.no(STAGE, reason, told.reason)
        finding = Finding("judged", "note", told.reason)
        return written.checked(Check(STAGE, "passed", findings=(finding,)))


PLUGIN = Evolve
