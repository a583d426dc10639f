"""The stage that takes the code out of an answer: its dialogue, computed in this process."""

import pytest

from backfeed.engine.records import File, Message, Sample
from backfeed.engine.requests import rejoined
from backfeed.engine.stages.extract import Extract

CODE = "def f(x):\n    return x\n"


def extracted(sample, asked=None):
    def answer(request):
        (asked if asked is not None else []).append(request)
        return request.function(*request.arguments)

    [found] = rejoined(Extract().each(sample), answer)
    return found


def answered(text, question="Write f.", **more):
    return Sample(messages=(Message("user", question), Message("assistant", text)), **more)


def test_fenced_code_is_taken_with_its_language():
    found = extracted(answered(f"So:\n\n```python\n{CODE}```\n"))
    assert (found.code, found.language, found.rejected) == (CODE, "python", None)
    [check] = found.checks
    assert (check.name, check.verdict, check.findings[0].rule) == ("extract", "passed", "found")


def test_the_language_of_the_row_is_a_hint():
    found = extracted(answered(f"```\n{CODE}```", language="python"))
    assert (found.code, found.language) == (CODE, "python")


def test_prose_alone_is_unverified_and_not_wrong():
    found = extracted(answered("I do not know."))
    [check] = found.checks
    assert (found.code, found.rejected, check.verdict) == ("", None, "unverified")
    assert check.findings[0].rule == "no-code"


def test_who_brings_code_keeps_it_and_is_not_asked():
    asked = []
    sample = answered("```python\nother\n```", code=CODE)
    assert extracted(sample, asked) == sample
    assert asked == []


FILES = (File("a/README.md", "# " * 999), File("a/f.py", CODE), File("a/test_f.py", CODE * 9))


@pytest.mark.parametrize("language", ["python", ""])
def test_of_several_files_the_longest_source_is_the_code(language):
    asked = []
    found = extracted(Sample(language=language, files=FILES), asked)
    assert (found.code, found.language, found.files, asked) == (CODE, "python", FILES, [])
    assert found.checks[0].findings[0].message == "the file a/f.py"


def test_files_without_source_are_unverified():
    found = extracted(Sample(language="python", files=FILES[:1]))
    assert (found.code, found.rejected, found.checks[0].verdict) == ("", None, "unverified")


PROBLEM = "Complete:\n\n```python\nimport math\nfrom typing import List\n\n\ndef f(x): ...\n```"


def test_imports_that_the_problem_gives_are_carried_and_told():
    code = "def f(x: List[int]):\n    return math.pi\n"
    found = extracted(answered(f"```python\n{code}```", PROBLEM))
    assert found.code.endswith(code)
    assert {"import math", "from typing import List"} <= set(found.code.splitlines())
    [check] = found.checks
    assert [finding.rule for finding in check.findings] == ["found", "carried-imports"]
    assert "import math" in check.findings[1].message


def test_imports_that_are_not_missing_are_not_carried():
    found = extracted(answered(f"```python\n{CODE}```", PROBLEM))
    assert found.code == CODE
    assert len(found.checks[0].findings) == 1
