"""The stage that keeps rows of a level: its dialogue, which asks nothing."""

import pytest

from backfeed.engine.errors import ConfigError
from backfeed.engine.records import LEVELS, Check, Finding, Sample
from backfeed.engine.stages.accept import Accept


def accepted(sample, level="tested"):
    [found] = Accept(level).each(sample)
    return found


@pytest.mark.parametrize("wanted", LEVELS)
@pytest.mark.parametrize("level", LEVELS)
def test_what_reached_the_level_goes_on_and_the_rest_is_rejected(level, wanted):
    found = accepted(Sample(level=level), wanted)
    if LEVELS.index(level) >= LEVELS.index(wanted):
        assert found == Sample(level=level)
    else:
        assert (found.rejected.stage, found.rejected.reason) == ("accept", f"level-{level}")


def test_the_last_check_that_could_not_tell_says_why():
    def unsure(name, *words):
        return Check(name, "unverified", findings=tuple(Finding("x", "note", w) for w in words))

    checks = (unsure("run", "no input"), unsure("test", "no tests", "none at all"))
    found = accepted(Sample(checks=(*checks, Check("fit", "passed"))))
    assert found.rejected.detail == "test: no tests; none at all"
    assert accepted(Sample()).rejected.detail == ""


def test_a_level_that_there_is_not_is_refused_before_work():
    with pytest.raises(ConfigError, match="no level 'perfect'; there are: none, parsed"):
        Accept("perfect")


def test_a_question_type_may_need_another_level():
    stage = Accept("tested", {"understand": "none"})
    [text] = stage.each(Sample(question_type="understand"))
    [code] = stage.each(Sample(question_type="generate"))
    assert (text.rejected, code.rejected.reason) == (None, "level-none")
    with pytest.raises(ConfigError, match="no level 'good'"):
        Accept("tested", {"understand": "good"})
