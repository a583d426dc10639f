"""The stage that asks the parser: its dialogue, by hand and with Python's own."""

import pytest

from backfeed.engine.records import File, Message, Sample, Test
from backfeed.engine.requests import rejoined
from backfeed.engine.stages.parse import Parse

SAMPLE = Sample(
    language="python", code="def f(x):\n    return x\n", messages=(Message("user", "Write `f`."),)
)


def parsed(sample, answer=None):
    def really(request):
        return request.function(*request.arguments)

    [found] = rejoined(Parse().each(sample), answer or really)
    return found


def test_code_that_parses_gets_the_level_and_the_name_that_is_asked_for():
    found = parsed(SAMPLE)
    assert (found.level, found.entry_point, found.rejected) == ("parsed", "f", None)
    assert (found.checks[0].name, found.checks[0].verdict) == ("parse", "passed")


def test_a_name_that_is_known_is_kept():
    asked = []

    def answer(request):
        asked.append(request.arguments)
        return request.function(*request.arguments)

    assert parsed(SAMPLE.but(entry_point="g"), answer).entry_point == "g"
    assert asked == [("python", SAMPLE.code, None)]


def test_a_name_that_no_test_of_code_uses_is_not_what_they_ask_for():
    other = Test("framework", framework="pytest", files=(File("test_g.py", "assert g(1) == 1"),))
    assert parsed(SAMPLE.but(tests=(other,))).entry_point == ""
    assert parsed(SAMPLE.but(tests=(other, Test("script", code="assert f(1)")))).entry_point == "f"
    assert parsed(SAMPLE.but(tests=(Test("stdio", stdout="1"),))).entry_point == "f"


def test_code_that_does_not_parse_is_rejected_with_its_line():
    found = parsed(SAMPLE.but(code="def f(:"))
    told = found.rejected
    assert (told.stage, told.reason, told.detail) == ("parse", "syntax", "line 1: invalid syntax")
    assert (found.checks[0].verdict, found.checks[0].findings[0].line) == ("failed", 1)
    assert (found.level, found.entry_point) == ("none", "")


def test_what_the_parser_gives_up_on_is_unverified():
    found = parsed(SAMPLE, lambda _: ({"word": "unknown", "message": "too deep", "line": 0}, ""))
    assert (found.rejected, found.level, found.checks[0].verdict) == (None, "none", "unverified")
    assert found.checks[0].findings[0].message == "too deep"


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"code": ""}, "no code"), ({"language": "cobol"}, "no parser for cobol"),
     ({"language": ""}, "no parser for ?")],
)  # fmt: skip
def test_nothing_to_parse_is_unverified_and_says_why(changes, why):
    found = parsed(SAMPLE.but(**changes), lambda _: pytest.fail("it was asked"))
    assert (found.rejected, found.checks[0].verdict) == (None, "unverified")
    assert found.checks[0].findings[0].message == why


def test_every_file_has_to_parse():
    files = (File("f.py", SAMPLE.code), File("g.py", "def g(:"), File("notes.txt", "def g(:"))
    found = parsed(SAMPLE.but(files=files))
    assert found.rejected.detail == "line 1: g.py: invalid syntax"
    assert parsed(SAMPLE.but(files=files[::2])).rejected is None
