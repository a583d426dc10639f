"""Tasks of benchmarks: what is taken from rows of many shapes."""

import pytest

from backfeed.engine.methods.benchmarks import tasks_of

PROMPT = '''from math import floor

def half(x):
    """Half of it, kept."""
    return x / 2

def part(number: float) -> float:
    """ Give what stands behind the point of a number.
    >>> part(3.5)
    0.5
    """
'''
CHECK = "def check(candidate):\n    assert candidate(3.5) == 0.5\n"
HUMAN_EVAL = {
    "task_id": "Some/2", "prompt": PROMPT, "entry_point": "part", "test": CHECK,
    "canonical_solution": "    return number - floor(number)\n",
}  # fmt: skip
MBPP = {
    "task_id": 7, "text": "Write a function to add one.", "test_setup_code": "import math",
    "code": "def helper(x):\r\n    return 1\r\ndef more(x):\r\n    return x + helper(x)",
    "test_list": ["assert more(1) == 2", "assert more(2) == 3"],
}  # fmt: skip


def task(row):
    [found] = tasks_of([row], "file.jsonl")
    return found


def test_a_prompt_that_is_code_begins_the_solution():
    found = task(HUMAN_EVAL)
    assert found.code == PROMPT + "    return number - floor(number)\n"
    assert found.docstring.endswith(">>> part(3.5)\n0.5")
    assert found.description == "Give what stands behind the point of a number.\n"
    assert found.tests == CHECK + "\ncheck(part)\n"
    assert found.setup.startswith("from math import floor\ndef half(x):")
    assert "part" not in found.setup
    assert (found.name, found.file, found.language) == ("Some/2", "file.jsonl", "python")


def test_tests_tell_which_function_is_meant():
    found = task(MBPP)
    assert (found.name, found.entry_point) == ("7", "more")
    assert found.tests == "assert more(1) == 2\nassert more(2) == 3"
    assert found.setup == "import math"
    assert "\r" not in found.code


@pytest.mark.parametrize(
    ("row", "prompt", "code"),
    [
        ({"prompt": "Add.", "code": "x = 1", "test_list": []}, "Add.", "x = 1"),
        ({"question": "Add.", "solutions": '["x = 1", "x = 2"]'}, "Add.", "x = 1"),
        ({"instruction": "Add.", "output": "x = 1"}, "Add.", "x = 1"),
        ({"messages": [{"role": "user", "content": "Add."},
                       {"role": "assistant", "content": "x = 1"}]}, "Add.", "x = 1"),
        ({"conversations": [{"from": "human", "value": "Add."}]}, "Add.", ""),
        ({"prompt": "", "text": "Add."}, "Add.", ""),
        ({"solution": "int x = 1;"}, "", "int x = 1;"),
    ],
)  # fmt: skip
def test_columns_of_many_names(row, prompt, code):
    found = task(row)
    assert (found.prompt, found.code, found.name) == (prompt, code, "1")


@pytest.mark.parametrize("row", [{}, {"a": "b"}, {"prompt": None}, {"prompt": " ", "code": 3}])
def test_what_says_nothing_is_no_task(row):
    assert list(tasks_of([row], "f")) == []


@pytest.mark.parametrize("tests", ["assert (", "", "[1, 2]", None, 5])
def test_tests_that_are_none_are_left_out(tests):
    assert task({**HUMAN_EVAL, "test": tests}).tests == ""


def test_code_that_is_no_python_has_no_function():
    found = task({"prompt": "Add one.", "code": "fn f(x: i32) -> i32 { x + 1 }"})
    assert (found.language, found.entry_point, found.tests) == ("", "", "")
