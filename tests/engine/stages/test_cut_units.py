"""The stage that cuts files into units: its dialogue, computed in this process."""

import pytest

from backfeed.engine import languages
from backfeed.engine.records import Origin, Sample
from backfeed.engine.requests import Compute, rejoined
from backfeed.engine.stages.cut_units import CutUnits

FILE = '''import math


def area(radius):
    """The area of a circle."""
    if radius < 0:
        raise ValueError(radius)
    square = radius * radius
    result = math.pi * square
    return result


def short(x):
    return x


def alien(x):
    y = unknown(x)
    y += 1
    y += 2
    y += 3
    return y
'''
SAMPLE = Sample(
    id="f", language="python", code=FILE, origin=Origin(source="s", path="a.py", last_line=22)
)


def cut(sample=SAMPLE, asked=None, **settings):
    def answer(request):
        (asked if asked is not None else []).append(request)
        return request.function(*request.arguments)

    return rejoined(CutUnits(**settings).each(sample), answer)


def test_each_definition_is_a_sample_with_what_it_needs():
    area, *_ = cut()
    assert (area.entry_point, area.rejected) == ("area", None)
    assert area.code.startswith("import math\n\n\ndef area(radius):")
    assert "short" not in area.code
    origin = area.origin
    assert (origin.source, origin.path, origin.first_line, origin.last_line) == ("s", "a.py", 4, 10)
    assert (area.lineage.stage, area.lineage.parents) == ("cut_units", ("f",))


def test_what_cannot_be_a_unit_is_rejected_and_says_why():
    _, short, alien = cut()
    assert {one.rejected.stage for one in (short, alien)} == {"cut_units"}
    assert short.rejected.reason != alien.rejected.reason
    assert short.rejected.detail.startswith("short")
    assert "unknown" in alien.rejected.detail


def test_the_bounds_are_settings():
    assert [one.rejected is None for one in cut(min_lines=1)] == [True, True, False]
    assert [one.rejected is None for one in cut(max_lines=4)] == [False, False, False]
    asked = []
    cut(asked=asked, min_lines=2, max_lines=9, max_carried=3)
    assert asked == [Compute(languages.call, ("python", "units", FILE, (2, 9, 3)))]


@pytest.mark.parametrize("language", ["cobol", ""])
def test_a_language_without_a_cutter_is_told(language):
    asked = []
    [found] = cut(SAMPLE.but(language=language), asked)
    assert (found.rejected.reason, asked) == ("no-cutter", [])
    assert found.rejected.detail == f"for {language or '?'}"


def test_a_file_without_definitions_is_told():
    [found] = cut(SAMPLE.but(code="x = 1\n"))
    assert (found.rejected.stage, found.rejected.reason) == ("cut_units", "no-unit")


def test_a_file_that_does_not_parse_is_told():
    [found] = cut(SAMPLE.but(code="def f(:"))
    assert found.rejected.reason == "unparsable"
