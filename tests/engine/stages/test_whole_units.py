"""What share of cut, and of dependent, code is kept from becoming a unit: labelled by hand."""

import tomllib
from pathlib import Path

import pytest
from conformance.answers import Honest

from backfeed.engine.records import Sample
from backfeed.engine.requests import rejoined
from backfeed.engine.stages.analyze import PLUGIN as ANALYZE
from backfeed.engine.stages.cut_units import CutUnits

UNITS = tomllib.loads(Path(__file__).with_name("units.toml").read_text(encoding="utf-8"))
LANGUAGES = list(UNITS)


@pytest.fixture(scope="module")
def honest():
    """Computations and analyzers, really done."""
    answers = Honest()
    yield answers
    answers.close()


def units(language, file, honest):
    """The units of a file that are long enough; none means that all of it was rejected."""
    sample = Sample(id="f", language=language, code=file.lstrip("\n"))
    made = rejoined(CutUnits().each(sample), honest)
    return [unit for unit in made if unit.rejected is None]


def kept(language, label, honest):
    """The share of the files of a label that give a unit."""
    files = UNITS[language][label]
    return sum(bool(units(language, file, honest)) for file in files) / len(files)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_whole_functions_become_units(language, honest):
    assert kept(language, "whole", honest) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_function_that_is_cut_becomes_one(language, honest):
    assert kept(language, "cut", honest) == 0


# Python's cutter resolves names itself. The others look at what is imported, and leave names that
# stand nowhere to the analyzer of the language.
FREE = {"python": 0, "javascript": 2 / 3, "ruby": 1, "go": 1 / 2, "rust": 1 / 2}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_share_of_dependent_functions_that_the_cutter_lets_pass(language, honest):
    assert kept(language, "free", honest) == FREE[language]


NAMED = ["python", "javascript", pytest.param("go", marks=pytest.mark.tool("go"))]


@pytest.mark.parametrize("language", NAMED)
def test_after_the_analyzer_none_is_left_and_no_whole_one_is_lost(language, honest):
    passed = {}
    for label in ("whole", "free"):
        found = [unit for file in UNITS[language][label] for unit in units(language, file, honest)]
        analyzed = [row for unit in found for row in rejoined(ANALYZE().each(unit), honest)]
        passed[label] = sum(row.rejected is None for row in analyzed)
    assert passed == {"whole": len(UNITS[language]["whole"]), "free": 0}
