"""What a problem shows of tests of Python code."""

from backfeed.analyzers import _python_shown


def example(*tests, most=2):
    return _python_shown.shown([(kind, code) for kind, code in tests], most)


def test_the_authors_first_examples_are_shown():
    text = ">>> x = 1\n>>> f(x)\n2\n>>> f(2)\n4\n>>> f(3)\n6\n"
    assert example(("script", "assert f(9) == 1"), ("doctest", text)) == (
        ">>> x = 1\n>>> f(x)\n2\n>>> f(2)\n4"
    )


def test_recorded_calls_that_tell_the_most_are_shown():
    code = "assert f(0) == 0\nassert f(1) == [1, 2]\nassert f(2) == 'a'\nassert g(3)\n"
    assert example(("script", code)) == ">>> f(1)\n[1, 2]\n>>> f(2)\n'a'"
    long = f"assert f(0) == {list(range(99))}\nassert f(1) == 1\n"
    assert example(("script", long), most=1) == ">>> f(1)\n1"


def test_a_call_that_shows_nothing_is_shown_as_what_it_is():
    code = "assert f(0) == None\nassert f(1) == 2\nassert f(2) == None\n"
    assert example(("script", code)) == ">>> f(1)\n2"
    none = ("script", "assert f(0) == None\nassert f(1) == None\n")
    assert example(none) == ">>> f(0) is None\nTrue"


def test_without_tests_there_is_no_example():
    assert example() == example(("script", "f(1)")) == ""
