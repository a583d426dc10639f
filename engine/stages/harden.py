"""Problem -> a harder problem, in one of six directions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from backfeed.engine.errors import AskFailed, ConfigError
from backfeed.engine.methods.notes import noted, with_notes
from backfeed.engine.methods.problem_facts import names, prose
from backfeed.engine.methods.rouge import rouge_l, tokens
from backfeed.engine.prompts import by_model
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Asks, Prompt
from backfeed.engine.stages._problems import NAMELESS, SHOWING, apart, dependent, with_given
from backfeed.engine.stages._tables import table

DIRECTIONS = ("constraints", "depth", "concretisation", "reasoning", "input", "innovation")
SAME = 0.98
"""The ROUGE-L from which on a problem counts as not changed."""
ECHO = 8
"""So many words of a direction's definition in a row are no chance."""
_LEAKS = re.compile(
    r"#\s*(?:given|rewritten|new|original) (?:prompt|problem|exercise|question)\s*#?"
    r"|\b(?:rewritten|evolved|harder|hardened|modified|updated) (?:prompt|exercise|version of)"
    r"|\b(?:original|previous|earlier|given) (?:prompt|exercise|version of th)"
    r"|\b(?:constraint|requirement)s? (?:was|were|has been|is|are)? ?added\b"
    r"|\badded (?:constraint|requirement)|\bdirection:|\bmost_words\b"
    r"|\b(?:in|along) (?:this|the) direction of\b|\bhere is (?:the|a) (?:harder|new)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Evolved:
    """The reply to `harden/evolve`."""

    changed: str
    entry_point: str = ""
    problem: str = ""
    answerable: bool = True


@dataclass(frozen=True, slots=True)
class Harden:
    """Make a share of the problems harder, one direction a round (Infinite-Instruct R3, A.2).

    The directions are constraints, depth, concretisation, reasoning, input and innovation, drawn by
    `weights` (a direction that is not named has 0; none named: all alike). The paper leaves open
    how many: the default is one round, for half of the problems (`chance`). A step may add at most
    `most_words` words of prose; WizardLM asks its model for 10 to 20, which models overrun.

    What is refused (unchanged, leaked-template, unanswerable, entry-point-lost, too-long) leaves as
    a rejected row of its own; its problem goes on as it was, or with `failed = "reject"` leaves in
    its place. Tests of the easier problem do not fit the harder one, and go. A row that has its
    answer goes on untouched. Notes: `directions`, all that were taken; `before`, the text before
    the last of them; `refused`, what was tried in vain.

    in:  "Sort a list of numbers ..."
    out: "Sort a list of numbers without changing it ...", directions ["constraints"]
    """

    rounds: int = 1
    chance: float = 0.5
    weights: Mapping[str, float] = field(default_factory=dict, hash=False)
    most_words: int = 40
    failed: str = "keep"
    role: str = "strong"
    version = 1
    asks = ("model",)
    prompts = ("harden/evolve",)

    def __post_init__(self) -> None:
        """Refuse directions that are unknown, and shares that are none."""
        for name in self.weights:
            if name not in DIRECTIONS:
                known = ", ".join(DIRECTIONS)
                raise ConfigError(f"harden: weights has {name!r}; there are: {known}")
        if self.weights and (min(self.weights.values()) < 0 or not any(self.weights.values())):
            raise ConfigError("harden: weights are 0 or more, and one of them is more")
        if not 0 <= self.chance <= 1:
            raise ConfigError(f"harden: chance = {self.chance}: it is a share, 0 to 1")
        if self.failed not in ("keep", "reject"):
            raise ConfigError(f"harden: failed = {self.failed!r}: write 'keep' or 'reject'")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """One direction a round; what fails is told in a row of its own."""
        if sample.code or sample.response or not sample.instruction:
            return [sample]
        if sample.rng("chance").random() >= self.chance:
            return [sample]
        now, refused = sample, list[Sample]()
        for turn in range(self.rounds):
            direction = self._drawn(sample, turn)
            tried: Sample = yield from self._tried(now, direction)
            if tried.rejected is None:
                now = tried
            elif self.failed == "reject":
                return [*refused, tried]
            else:
                refused.append(apart(tried, sample, "harden", turn=turn))
                now = _told(now, direction, tried.rejected.reason)
        return [now, *refused]

    def _drawn(self, sample: Sample, turn: int) -> str:
        shares = [self.weights.get(name, 0 if self.weights else 1) for name in DIRECTIONS]
        return sample.rng(f"direction/{turn}").choices(DIRECTIONS, shares)[0]

    def _tried(self, sample: Sample, direction: str) -> Asks[Sample]:
        """The harder row, or the row rejected with why there is none."""
        definition = definitions()[direction]
        prompt = Prompt(
            "harden/evolve", reply=Evolved, role=self.role, language=sample.language,
            question_type=sample.question_type or "generate", entry_point=sample.entry_point,
            direction=direction, definition=definition, most_words=self.most_words,
            problem=sample.instruction,
        )  # fmt: skip
        try:
            reply: Evolved = yield from prompt
        except AskFailed as failure:
            return sample.no("harden", failure.reason, failure.detail)
        written: Sample = yield from by_model(sample, prompt)
        harder = _harder(written, reply, direction)
        if why := self._flaw(sample, harder, reply):
            return harder.no("harden", *why)
        return harder

    def _flaw(self, sample: Sample, harder: Sample, reply: Evolved) -> tuple[str, str] | None:
        """Why an evolution failed (the elimination rules), as reason and detail."""
        old, new = sample.instruction, harder.instruction
        if same := unchanged(old, reply):
            return "unchanged", same
        if leak := leaked(old, new):
            return "leaked-template", leak
        name = harder.entry_point
        if name and sample.question_type not in NAMELESS and not names(new, name):
            return "entry-point-lost", f"it does not name {name}"
        if not reply.answerable:
            return "unanswerable", "its own writer says so"
        if why := dependent(new, harder, str(noted(sample).get("given", ""))):
            return "unanswerable", why
        longer = len(prose(new).split()) - len(prose(old).split())
        if longer > self.most_words:
            return "too-long", f"{longer} words more; {self.most_words} are allowed"
        return None


@cache
def definitions() -> dict[str, str]:
    """What each direction means, by its name."""
    told = table("prompts/harden/directions.toml")
    return {name: meaning.strip() for name, meaning in told.items()}


def unchanged(old: str, reply: Evolved) -> str:
    """Why a reply changes nothing; empty if it does."""
    if not reply.changed.strip():
        return "it names no change"
    if not reply.problem.strip():
        return "it has no problem"
    if tokens(old) == tokens(reply.problem):
        return "the same words"
    alike = rouge_l(old, reply.problem).fmeasure
    return f"ROUGE-L {alike:.3f} to the text before" if alike > SAME else ""


def leaked(old: str, new: str) -> str:
    """Words of our prompt that stand in the new text and not in the old one; empty if none do."""
    for match in _LEAKS.finditer(new):
        if match[0].lower() not in old.lower():
            return match[0]
    said, before = " ".join(tokens(new)), " ".join(tokens(old))
    for definition in definitions().values():
        words = tokens(definition)
        for start in range(len(words) - ECHO + 1):
            run = " ".join(words[start : start + ECHO])
            if run in said and run not in before:
                return run
    return ""


def _harder(sample: Sample, reply: Evolved, direction: str) -> Sample:
    """The row with the new problem; nothing of the old answer's tests or checks stays."""
    told = noted(sample)
    problem = reply.problem.strip()
    if sample.question_type in SHOWING | {"sql"}:
        tag = "" if sample.question_type == "translate" else sample.language
        problem = with_given(problem, str(told.get("given", "")), tag)
    name = reply.entry_point.strip().strip("`").partition("(")[0] or sample.entry_point
    if not sample.entry_point:
        name = ""
    harder = sample.but(
        messages=(Message("user", problem),), entry_point=name, tests=(), checks=(), level="none",
        lineage=replace(sample.lineage, stage="harden"),
    )  # fmt: skip
    directions = [*told.get("directions", []), direction]
    return with_notes(harder, directions=directions, before=sample.instruction)


def _told(sample: Sample, direction: str, reason: str) -> Sample:
    refused = [*noted(sample).get("refused", []), f"{direction}: {reason}"]
    return with_notes(sample, refused=refused)


PLUGIN = Harden
