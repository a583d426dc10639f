"""Replies to `tests/...`: suites of cases, and each case as a test of its own."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from backfeed.engine.methods.code_blocks import blocks
from backfeed.engine.methods.compare import CHECKER
from backfeed.engine.records import Test
from backfeed.engine.stages._answers import Question, defines

LONGEST = 8_000
"""How many characters a case may have."""


@dataclass(frozen=True, slots=True)
class ScriptCase:
    """One case: what it looks at, what is laid before the answer (SQL's tables), the test."""

    purpose: str = ""
    setup: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Scripts:
    """The reply to `tests/script`."""

    cases: tuple[ScriptCase, ...] = ()


@dataclass(frozen=True, slots=True)
class ProgramCase:
    """One case: what it looks at, what the program reads, and what it has to write."""

    purpose: str = ""
    stdin: str = ""
    stdout: str = ""


@dataclass(frozen=True, slots=True)
class Programs:
    """The reply to `tests/program`; `checker` is a program in Python where many outputs are right.

    How it is called stands with `stages/_judged.py`.
    """

    cases: tuple[ProgramCase, ...] = ()
    compare: Literal["token", "exact", "float", "unordered", "checker"] = "token"
    checker: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A test that stands alone, and what it looks at."""

    test: Test
    purpose: str = ""


def cases_of(
    suites: Iterable[Scripts | Programs], question: Question, most: int
) -> tuple[list[Case], int]:
    """The cases of all suites, each once and at most `most` of a suite; how many were left out.

    Left out is what does not use the name that the problem asks for, defines it itself, expects no
    output, or is too long; and the same again.
    """
    found: dict[Test, Case] = {}
    told = 0
    for suite in suites:
        told += len(suite.cases)
        good = [case for case in _cases(suite) if _is_usable(case.test, question)]
        for case in good[:most]:
            found.setdefault(_plain(case.test), case)
    return list(found.values()), told - len(found)


def _cases(suite: Scripts | Programs) -> Iterator[Case]:
    if isinstance(suite, Scripts):
        for one in suite.cases:
            setup, code = _bare(one.setup), _bare(one.code)
            yield Case(Test("script", "model", code=code, setup=setup), one.purpose.strip()[:200])
        return
    judge = _bare(suite.checker) if suite.compare == CHECKER else ""
    for each in suite.cases:
        test = Test("stdio", "model", judge, stdin=each.stdin, stdout=each.stdout,
                    compare=suite.compare)  # fmt: skip
        yield Case(test, each.purpose.strip()[:200])


def _is_usable(test: Test, question: Question) -> bool:
    if len(test.code) + len(test.setup) + len(test.stdin) + len(test.stdout) > LONGEST:
        return False
    if test.kind == "stdio":
        return bool(test.stdout.strip()) and (test.compare != CHECKER or bool(test.code.strip()))
    name = question.name
    return bool(test.code.strip()) and name in test.code and not defines(test.code, question)


def _plain(test: Test) -> Test:
    """The test by which it is known again: spaces at the ends of lines do not count."""
    texts = (test.kind, test.oracle, stripped(test.code), stripped(test.setup))
    return Test(*texts, stdin=stripped(test.stdin), stdout=stripped(test.stdout))


def stripped(text: str) -> str:
    """A text by which it is known again: spaces at the ends of lines do not count."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _bare(text: str) -> str:
    """Code that may be wrapped in a fence, as models do in JSON, too."""
    found = blocks(text)
    code = found[0].code if len(found) == 1 else text
    return code.rstrip() + "\n" if code.strip() else ""
