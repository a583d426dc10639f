"""The prepared interpreter must not be told from a new one."""

import pytest
from sandbox_tables import PROGRAMS

from backfeed.engine.errors import Outage
from backfeed.engine.records import File
from backfeed.engine.requests import Job


def test_a_file_that_hides_a_prepared_module(box):
    files = (File("main.py", "import random\nprint(random.X)"), File("random.py", "X = 'mine'"))
    (found,) = box.ask(Job(files=files, command=("python", "main.py")))
    assert found.stdout == "mine\n"


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_prepared_interpreter_is_as_a_new_one(twice, name):
    """A difference would be an `Outage`."""
    before = twice.service.counts.copy()
    found = twice.run(PROGRAMS[name], stdin="a\r\nb\n")
    assert found.verdict in {"AC", "RE"}, found
    counts = twice.service.counts - before
    assert counts["cold"] or name == "getsource"
    assert counts["unsteady"] == 0


def test_a_difference_is_loud(twice):
    code = "import os, time\nprint(len(list(vars(__import__('s' + 'ys'))['modules'])))"
    (found,) = twice.ask(twice.python(code))
    assert isinstance(found, Outage)
    assert "cold run differs" in str(found)


def test_chance_is_no_difference(twice):
    assert twice.run("import random\nprint(random.random())").verdict == "AC"
    assert twice.run("print(object())").verdict == "AC"
