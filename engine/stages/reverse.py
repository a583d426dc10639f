"""Snippet -> problem: reverse construction."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from backfeed.engine.errors import AskFailed, ConfigError
from backfeed.engine.methods.notes import with_notes
from backfeed.engine.methods.problem_facts import names
from backfeed.engine.prompts import by_model
from backfeed.engine.records import Message, Sample
from backfeed.engine.requests import Asks, Prompt, together
from backfeed.engine.stages._problems import (
    REPLIES,
    SHOWING,
    analysis,
    answered,
    dependent,
    pose,
    short,
    shown_example,
    with_given,
)

ANSWERED = frozenset({"generate", "complete", "debug", "refactor"})
"""The types of which the snippet itself is an answer; its tests fit them."""
AS_IT_IS = frozenset({"understand", "test", "translate"})
"""The types that show the snippet as it is."""


@dataclass(frozen=True, slots=True)
class Reverse:
    """Write problems from the snippet, each of one type (Infinite-Instruct R2, prompt A.1).

    `types` are drawn by their weights; the paper leaves its list open: the default is code
    generation alone. With several `problems` each row becomes that many, of different types. The
    `answer` is the snippet, or left to a model: then the snippet goes into the notes, with the
    analysis that the problem was made from and the code that it shows (`given`), and of tests only
    those stay that fit the type. `targets` are the languages to translate to. Code that a problem
    has to show and does not is put below it.

    in:  code "def double(x): ...", one example
    out: messages [user "Write a Python function `double` ...", assistant "```python ..."]
    """

    types: Mapping[str, float] = field(default_factory=lambda: {"generate": 1.0}, hash=False)
    problems: int = 1
    answer: str = "snippet"
    targets: tuple[str, ...] = ("python", "javascript", "go", "rust", "java", "cpp")
    role: str = "strong"
    version = 4
    asks = ("model",)

    def __post_init__(self) -> None:
        """Refuse types that are unknown, have no such answer, or are too few."""
        known = ", ".join(REPLIES)
        for kind, weight in self.types.items():
            if kind not in REPLIES:
                raise ConfigError(f"reverse: types has {kind!r}; there are: {known}")
            if weight < 0:
                raise ConfigError(f"reverse: types.{kind} = {weight}: a weight is 0 or more")
        if self.answer not in ("snippet", "model"):
            raise ConfigError(f"reverse: answer = {self.answer!r}: write 'snippet' or 'model'")
        if not 1 <= self.problems <= len(self._drawable):
            raise ConfigError(
                f"reverse: problems = {self.problems}: each is of another type, and of those with"
                f" a weight there are {len(self._drawable)}"
            )
        unanswered = sorted({*self._drawable} - ANSWERED)
        if self.answer == "snippet" and unanswered:
            raise ConfigError(
                f"reverse: a snippet answers no problem of the type {unanswered[0]!r}; write"
                " answer = 'model'"
            )

    @property
    def _drawable(self) -> dict[str, float]:
        return {kind: weight for kind, weight in sorted(self.types.items()) if weight > 0}

    @property
    def prompts(self) -> tuple[str, ...]:
        """One for each type."""
        return tuple(f"reverse/{kind}" for kind in self._drawable)

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask the model, and check that the problem stands alone; `suitable: no` is an answer."""
        kinds = self._drawn(sample)
        if len(kinds) == 1:
            lineage = replace(sample.lineage, stage="reverse")
            return [(yield from self._written(sample.but(lineage=lineage), kinds[0]))]
        children = [sample.child("reverse", index) for index in range(len(kinds))]
        pairs = zip(children, kinds, strict=True)
        rows: list[Sample] = yield from together(self._or_not(*pair) for pair in pairs)
        return rows

    def _drawn(self, sample: Sample) -> list[str]:
        """As many types as there are to be problems, none twice."""
        left, found, rng = self._drawable, list[str](), sample.rng("type")
        for _ in range(self.problems):
            [kind] = rng.choices(list(left), list(left.values()))
            found.append(kind)
            del left[kind]
        return found

    def _or_not(self, sample: Sample, kind: str) -> Asks[Sample]:
        """A problem; a refusal of one does not end the others."""
        try:
            return (yield from self._written(sample, kind))
        except AskFailed as failure:
            return sample.but(question_type=kind).no("reverse", failure.reason, failure.detail)

    def _written(self, sample: Sample, kind: str) -> Asks[Sample]:
        typed, more = sample.but(question_type=kind), dict[str, Any]()
        if kind == "translate":
            target = self._target(sample)
            if not target:
                return typed.no("reverse", "no-target", f"there is none besides {sample.language}")
            more["target"] = target
        prompt = Prompt(
            f"reverse/{kind}", reply=REPLIES[kind], role=self.role,
            language=sample.language, snippet=sample.code, entry_point=sample.entry_point,
            example=shown_example(sample), **more,
        )  # fmt: skip
        if self.answer == "snippet" and kind == "generate":
            return (yield from pose(typed, prompt, "reverse"))
        return (yield from self._shown(typed, prompt))

    def _target(self, sample: Sample) -> str:
        others = sorted({*self.targets} - {sample.language})
        return sample.rng("target").choice(others) if others else ""

    def _shown(self, sample: Sample, prompt: Prompt) -> Asks[Sample]:
        """A problem of any type, with what it shows."""
        reply: Any = yield from prompt
        if not reply.suitable:
            return sample.no("reverse", short(reply.reason), reply.reason)
        written: Sample = yield from by_model(sample, prompt)
        given = shown_code(reply, sample)
        if reason := flaw(reply, given, sample):
            return written.no("reverse", *reason)
        problem = with_given(reply.problem, given, "sql" if _is_sql(sample) else sample.language)
        posed = _renamed(written, reply, prompt).but(messages=(Message("user", problem),))
        if why := dependent(problem, posed, given):
            return posed.no("reverse", "unanswerable", why)
        fault = {"fault": reply.fault} if hasattr(reply, "fault") else {}
        told = with_notes(posed, analysis=analysis(reply), given=given, **fault)
        return self._left(told)

    def _left(self, sample: Sample) -> Sample:
        """The row with the snippet as its answer, or with none yet."""
        if self.answer == "snippet":
            return answered(sample, sample.instruction)
        tests = sample.tests if sample.question_type in ANSWERED else ()
        return with_notes(sample, snippet=sample.code).but(code="", tests=tests)


def shown_code(reply: Any, sample: Sample) -> str:
    """The code that the problem has to show; empty if its type shows none."""
    if sample.question_type in AS_IT_IS:
        return sample.code
    given = str(getattr(reply, "given", ""))
    return given if given.strip() or sample.question_type != "refactor" else sample.code


def flaw(reply: Any, given: str, sample: Sample) -> tuple[str, str] | None:
    """What is wrong with a reply of a type, as reason and detail; None if nothing is."""
    kind, same = sample.question_type, given.split() == sample.code.split()
    if kind in {"complete", "debug", "sql"} and not given.strip():
        return "nothing-given", "it shows no code"
    if kind == "debug" and same:
        return "unchanged", "no fault was planted"
    if kind == "complete" and " ".join(sample.code.split()) in " ".join(given.split()):
        return "unchanged", "the whole code is given"
    if kind in SHOWING and not _defines(given, sample.entry_point):
        return "entry-point-lost", f"what it shows does not define {sample.entry_point}"
    if kind == "translate" and not reply.entry_point.strip():
        return "entry-point-lost", "the translation has no name"
    return None


def _defines(code: str, name: str) -> bool:
    """Does the name stand in the code where it can be defined? Analyzers look closer, later."""
    last = name.replace("::", ".").rpartition(".")[2]
    return not last or names(code, last)


def _is_sql(sample: Sample) -> bool:
    return sample.question_type == "sql"


def _renamed(sample: Sample, reply: Any, prompt: Prompt) -> Sample:
    """The row in the language, and with the entry point, of its answer."""
    if _is_sql(sample):
        return sample.but(language="sql", dialect="", entry_point="")
    if sample.question_type != "translate":
        return sample
    name = reply.entry_point.strip().strip("`").partition("(")[0]
    return sample.but(language=prompt.fields["target"], dialect="", entry_point=name)


PLUGIN = Reverse
