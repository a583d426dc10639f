"""What a definition says of itself: enough for a problem, or why not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfeed.analyzers._described import Description
from backfeed.analyzers._python_docs import describe

GOOD = (
    "Give back the sum of two whole numbers, or of two fractions, whichever of them is larger,"
    " in the form that both can have."
)


def of(doc, head="def f(a, b):", body="    return a + b\n", before=""):
    """The description of f with this docstring."""
    return describe(f'{before}{head}\n    """{doc}"""\n{body}', "f")


def test_a_function_that_says_what_it_does():
    found = of(GOOD + "\n\n    :param a: The one.\n    :returns: The sum.\n    ")
    assert found == Description(
        "f", "function", "def f(a, b):", GOOD, (("a", "The one."),), returns="The sum."
    )


def test_an_example_says_what_many_words_would():
    assert of("Sum of the two.\n\n    >>> f(1, 2)\n    3\n").reason == ""


def test_parameters_and_results_are_words_too():
    fields = "\n\n    :param a: One of them, a number.\n    :param b: The other, not zero.\n    "
    assert of("Give back the sum of two." + fields).reason == "short-docstring"
    more = f"{fields}:returns: What both come to, taken together.\n    "
    assert of("Give back the sum of two." + more).reason == ""


def test_several_parameters_that_nothing_is_said_of_cannot_be_known():
    found = of(GOOD, "def f(a, b=1, first=2, last=3):")
    assert (found.reason, found.detail) == ("unexplained", "b, first, last")
    assert of(f"{GOOD} The first is more.", "def f(a, b=1, first=2, last=3):").reason == ""


def test_its_examples_are_taken_out_of_its_prose():
    found = of(GOOD + "\n\n    >>> f(1, 2)\n    3\n\n    That is all.\n    ")
    assert found.prose == f"{GOOD}\n\nThat is all."
    [example] = found.examples
    assert (example.source, example.want) == (">>> f(1, 2)\n", "3\n")


SIGNATURES = [
    ("def f(a: int, *b, c=1, **d) -> str:", "def f(a: int, *b, c=1, **d) -> str:"),
    ("def f(a, /, b, *, c):", "def f(a, /, b, *, c):"),
    ("async def f(a):", "async def f(a):"),
    ("@wraps(x)\ndef f( a ):", "def f(a):"),
    ("def f(a=LIMIT, *, b=LIMIT):", "def f(a=10, *, b=10):"),
    ("def f(a=len, b=None):", "def f(a=len, b=None):"),
]


@pytest.mark.parametrize(("head", "signature"), SIGNATURES)
def test_the_signature_is_what_a_caller_sees(head, signature):
    found = of(GOOD, head, before="LIMIT = 10\n")
    assert (found.signature, found.reason) == (signature, "")


def test_the_signature_of_a_class_shows_what_is_public():
    code = f'''class f(dict):
    """{GOOD}"""

    def __init__(self, a=LIMIT): pass
    def add(self, b: int) -> int: pass
    async def wait(self): pass
    def _hidden(self): pass
    def __len__(self): pass
    size = 3


LIMIT = 7
'''
    found = describe(code, "f")
    assert (found.kind, found.reason) == ("class", "")
    assert found.signature.splitlines() == [
        "class f(dict):",
        "    def __init__(self, a=7): ...",
        "    def add(self, b: int) -> int: ...",
        "    async def wait(self): ...",
    ]


@pytest.mark.parametrize("default", ["[1, 2]", "make()", "1 + 1", "other"])
def test_a_default_that_cannot_be_written_out_is_not_there_for_the_reader(default):
    found = of(GOOD, "def f(a=LIMIT):", before=f"LIMIT = {default}\n")
    assert (found.reason, found.detail) == ("leans-on-context", "LIMIT")


UNUSABLE = [
    ("", "no-docstring"),
    (">>> f(1, 2)\n    3", "no-docstring"),
    ("Add both.", "short-docstring"),
    ("Give back the sum of two.", "short-docstring"),
    ("Give back the sum of two whole numbers or fractions.", "short-docstring"),
    ("Sum of the two.\n\n    >>> g(1, 2)\n    3\n", "short-docstring"),
    ("Sum.\n\n    >>> f(1, 2)\n    3\n", "short-docstring"),
    ("word " * 2500, "long-docstring"),
    (f"Same as g. {GOOD}", "leans-on-context"),
    (f"See also the other one. {GOOD}", "leans-on-context"),
    (f"Used internally. {GOOD}", "leans-on-context"),
    (f"A thin wrapper. {GOOD}", "leans-on-context"),
    (f"Like `frobnicate`, but faster. {GOOD}", "leans-on-context"),
    (f"Like :func:`toys.frobnicate`, but faster. {GOOD}", "leans-on-context"),
    (f"{GOOD} These are known:\n\n    - `frobnicate`\n", "leans-on-context"),
]


@pytest.mark.parametrize(("doc", "reason"), UNUSABLE)
def test_why_no_problem_can_be_written_from_it(doc, reason):
    assert of(doc).reason == reason


USABLE = [
    "Give the sum back.\n\n    >>> f(1, 2)\n    3\n",
    f"{GOOD} It takes `a` and `b`.",
    f"{GOOD} It raises `ValueError`, never `None`.",
    f"{GOOD} Like `itertools.chain`, or `islice`, or `math.inf`.",
    f"{GOOD} It calls `f(a, b)` and `f`.",
    f"{GOOD} The `key` has to be a `str`.",
    f"{GOOD} In words: `not a name`, `1 + 1`, `a-b`.",
    f"{GOOD} Privately, internals are of no use.",
]


@pytest.mark.parametrize("doc", USABLE)
def test_a_problem_can_be_written_from_it(doc):
    assert of(doc).reason == ""


def test_attributes_that_it_uses_are_known_and_helpers_of_its_file_are_not():
    doc, body = f"{GOOD} Uses `numerator`.", "    return helper(a.numerator)\n"
    helper = "def helper(x):\n    return x\n\n\n"
    assert of(doc, body=body, before=helper).reason == ""
    leaning = of(f"{GOOD} As `helper` does.", body=body, before=helper)
    assert (leaning.reason, leaning.detail) == ("leans-on-context", "helper")


def test_what_is_private_is_not_asked_for():
    found = describe(f'def _f(a):\n    """{GOOD}"""\n', "_f")
    assert (found.reason, found.detail) == ("private", "_f")


PARAGRAPHS = [
    ("See also the manual, which says more.", False),
    ("Internally it uses `frobnicate` of this package.", False),
    ("For example:", False),
    ("Usage.", False),
    ("For example, the sum of one and two is three.", True),
    ("It never fails on whole numbers.", True),
]


@pytest.mark.parametrize(("paragraph", "stays"), PARAGRAPHS)
def test_a_later_paragraph_that_leans_on_something_is_left_out(paragraph, stays):
    found = of(f"{GOOD}\n\n    {paragraph}\n\n    The end of it.\n")
    middle = [paragraph] if stays else []
    assert found.prose.split("\n\n") == [GOOD, *middle, "The end of it."]
    assert found.reason == ""


@pytest.mark.parametrize("code", ["", "def f(:", "f = 1", "def g(): pass", "import f"])
def test_what_is_no_definition(code):
    assert describe(code, "f") == Description("f", "", reason="no-definition", detail="f")


def test_the_last_definition_of_a_name_counts():
    code = f'def f():\n    """Old."""\n\n\ndef f(x):\n    """{GOOD}"""\n'
    assert (describe(code, "f").signature, describe(code, "f").reason) == ("def f(x):", "")


PIECES = st.sampled_from((
    "`a`", "`frobnicate`", "``twist(a)``", ":func:`x.y.z_of`", "*gadget*", "Words.", "\n\n", " ",
    "- ", ":", "`str`", "\n    ",
))  # fmt: skip


@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_what_is_usable_quotes_no_name_that_nobody_knows(text):
    found = of(f"{GOOD} {text}")
    quoted = set(re.findall(r"`(\w+)", found.prose))
    assert found.reason or not quoted & {"frobnicate", "twist", "z_of", "gadget"}
