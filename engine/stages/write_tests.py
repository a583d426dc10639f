"""Problem -> tests, written apart from the answer: what asks sees the problem alone."""

from dataclasses import dataclass
from typing import Any

from backfeed.engine import languages
from backfeed.engine.errors import AskFailed, ConfigError
from backfeed.engine.methods.notes import noted, with_notes
from backfeed.engine.prompts import by_model
from backfeed.engine.records import Check, Finding, Sample, Test
from backfeed.engine.requests import Asks, Compute, Prompt, together
from backfeed.engine.stages._answers import TEXT_TYPES, Question
from backfeed.engine.stages._forms import forms
from backfeed.engine.stages._suites import Case, Programs, Scripts, cases_of

Suite = Scripts | Programs


@dataclass(frozen=True, slots=True)
class WriteTests:
    """Ask `suites` times for tests of a problem, up to `most` cases each (oracle `model`).

    Functions and SQL get scripts, whole programs what they read and write, with a checker where
    many outputs are right. Each case is a test of its own, beside those that the row has. A row
    that asks for tests is turned round: its answer becomes the test, and the code that the problem
    shows (`given` in its notes) becomes the code, so that later stages run the one on the other;
    its messages stay. A row of which no case could be had goes on untested.

    in:  messages [user "Write `double(x)` ..."]
    out: tests [script "assert double(2) == 4", script "assert double(-1) == -2"], oracle model
    """

    suites: int = 1
    most: int = 12
    role: str = "strong"
    version = 1
    asks = ("compute", "model")
    prompts = ("tests/script", "tests/program")

    def __post_init__(self) -> None:
        for name in ("suites", "most"):
            if getattr(self, name) < 1:
                raise ConfigError(f"write_tests.{name} = {getattr(self, name)}: ask for one")

    def each(self, sample: Sample) -> Asks[list[Sample]]:
        """Ask for all suites side by side."""
        if sample.question_type in TEXT_TYPES or not sample.instruction or sample.files:
            return [sample]
        if sample.question_type == "test":
            return [_turned_round(sample)]
        program = not sample.entry_point and sample.language != "sql"
        kinds = getattr(languages.load(sample.language), "kinds", ())
        form = forms().get(sample.language)
        if ("stdio" if program else "script") not in kinds or (form is None and not program):
            return [_untested(sample, f"no tests can be run in {sample.language or '?'}")]
        fields: dict[str, Any] = {
            "language": sample.language, "tag": sample.language, "most": self.most,
            "entry_point": sample.entry_point, "problem": sample.instruction,
        }  # fmt: skip
        if form is not None and not program:
            fields |= {"form": form.rule, "example": form.example}
        name, reply = ("tests/program", Programs) if program else ("tests/script", Scripts)
        prompt = Prompt(name, reply=reply, role=self.role, **fields)
        replies: list[Suite | None] = yield from together(
            _suite(prompt) for _ in range(self.suites)
        )
        written: Sample = yield from by_model(sample, prompt)
        suites = tuple(suite for suite in replies if suite is not None)
        call = (suites, Question.of(sample), self.most)
        cases, left_out = yield from Compute(cases_of, call)
        told = {"asked": self.suites, "replies": len(suites), "left_out": left_out}
        return [_tested(with_notes(written, suites=told), cases)]


def _suite(prompt: Prompt) -> Asks[Suite | None]:
    """One suite; None if no reply had its form, or the service declined."""
    try:
        suite: Suite = yield from prompt
    except AskFailed:
        return None
    return suite


def _tested(sample: Sample, cases: list[Case]) -> Sample:
    """The sample with these tests; `cases` in its notes tell what each of all tests looks at."""
    if not cases:
        return _untested(sample, "no reply held a usable case")
    purposes = [""] * len(sample.tests) + [case.purpose for case in cases]
    tests = (*sample.tests, *(case.test for case in cases))
    return with_notes(sample, cases=purposes).but(tests=tests)


def _untested(sample: Sample, why: str) -> Sample:
    finding = Finding("no-tests", "note", why)
    return sample.checked(Check("write_tests", "unverified", findings=(finding,)))


def _turned_round(sample: Sample) -> Sample:
    """An answer that is a test, as the test of the code that its problem shows."""
    given = noted(sample).get("given")
    if not isinstance(given, str) or not given.strip():
        return sample.no("write_tests", "no-given", "its notes hold no code that is to be tested")
    if not sample.code:
        return _untested(sample, "it has no answer")
    return sample.but(tests=(Test("script", "model", code=sample.code),), code=given)


PLUGIN = WriteTests
