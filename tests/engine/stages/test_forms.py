"""The forms of script tests: each example is run, on a right answer and on a wrong one."""

import asyncio
import tomllib
from pathlib import Path

import pytest
from stages.dialogue import computed

from backfeed.engine import languages, registry
from backfeed.engine.records import Sample
from backfeed.engine.records import Test as Tested
from backfeed.engine.requests import Limits, rejoined
from backfeed.engine.services import open_sandbox
from backfeed.engine.stages._forms import forms
from backfeed.engine.stages._runs import run_tests

SNIPPETS = Path(__file__).parents[2] / "conformance" / "code"
WRONG = {"+": "-", "> 10": "> 50"}


@pytest.fixture(scope="module")
def box():
    made = open_sandbox("bubblewrap", {}, jobs=1)
    yield made
    asyncio.run(made.close())


def test_every_language_that_runs_scripts_has_a_form():
    running = {
        name for name in registry.names("analyzers")
        if "script" in getattr(languages.load(name), "kinds", ())
    }  # fmt: skip
    assert forms().keys() == running


@pytest.mark.bwrap
@pytest.mark.slow
@pytest.mark.parametrize("language", forms())
def test_the_example_tells_right_from_wrong(language, box):
    told = tomllib.loads((SNIPPETS / f"{language}.toml").read_text())["run"]
    sign = next(sign for sign in WRONG if sign in told["code"])
    wrong = told["code"].replace(sign, WRONG[sign])
    test = Tested("script", "model", code=forms()[language].example, setup=told.get("setup", ""))
    verdicts = [
        rejoined(
            run_tests(
                Sample(language=language, entry_point=told["name"], tests=(test,)), code,
                Limits(cpu_s=20, wall_s=60, memory_mb=1024), check="test",
            ),
            lambda request: computed(request, box),
        ).verdict
        for code in (told["code"], wrong)
    ]  # fmt: skip
    assert verdicts == ["passed", "failed"]
