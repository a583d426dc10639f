"""What a docstring says in words: without markup, examples and field lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfeed.analyzers._python_prose import plain, told

MARKUP = [
    ("Uses :func:`pkg.mod.foo`.", "Uses `foo`."),
    ("Uses :py:class:`~a.B` and :meth:`!c`.", "Uses `B` and `c`."),
    ("See :ref:`this <there>`.", "See `this`."),
    ("Gives ``True``.", "Gives `True`."),
    ("Takes *items* and *n*.", "Takes `items` and `n`."),
    ("This is *very good*.", "This is *very good*."),
    ("This is **bold**.", "This is **bold**."),
    ("It gives 2*3*4.", "It gives 2*3*4."),
    ("A `page <http://x.org>`_ of `its`_ own.", "A page of its own."),
    ("One\n\n\n\nTwo", "One\n\nTwo"),
    ("One\n  \n \nTwo", "One\n\nTwo"),
    ("These::\n\n- one\n- two", "These:\n\n- one\n- two"),
    ("   Deep.", "Deep."),
    ("", ""),
]


@pytest.mark.parametrize(("text", "expected"), MARKUP)
def test_markup_becomes_markdown(text, expected):
    assert plain(text) == expected


LEADS = [
    ("It adds, like so:\n\n>>> add(1)\n2", "It adds."),
    ("It adds as follows:\n\n>>> add(1)\n2\n\nThat is all.", "It adds.\n\nThat is all."),
    ("It adds:\n\n    >>> add(1)\n    2", "It adds."),
    ("It adds these:\n\n* one\n* two", "It adds these:\n\n* one\n* two"),
    ("It adds these:\n\n1. one", "It adds these:\n\n1. one"),
    ("Note: it adds.", "Note: it adds."),
]


@pytest.mark.parametrize(("doc", "prose"), LEADS)
def test_a_colon_stays_only_where_something_follows(doc, prose):
    assert told(doc).prose == prose


LEFT_OUT = [
    ("Do.\n\n>>> f(1)\n2\n>>> f(2)\n3\n\nMore.", "Do.\n\nMore."),
    ("Do.\n\n>>> f(1,\n...   2)\n[1,\n 2]\n\nMore.", "Do.\n\nMore."),
    ("Do.\n\nExample:\n\n>>> f(1)\n2\n\nMore.", "Do.\n\nMore."),
    ("Do.\n\nExamples\n--------\n>>> f(1)\n2\n", "Do."),
    ("Do.\n\n.. note::\n\n   Inside.\n\nMore.", "Do.\n\nMore."),
    ("Do.\n\n.. versionadded:: 3.1\n   So.\nMore.", "Do.\n\nMore."),
    ("Do.\n\nSee also:\n    other, another\n\nMore.", "Do.\n\nMore."),
    ("Do.\n\nSee Also\n--------\nother : What it does,\n    or not.\n", "Do."),
    ("Do.\n\nReferences\n----------\n.. [1] A book.\n\n   Of 1990.\n", "Do."),
    ("Do.\n\nSee Also\n--------\nother\n\nNotes\n-----\nMore.", "Do.\n\nMore."),
    ("Do.\n\nTODO:\n    Mend this.\n", "Do."),
    ("Do.\n\n::\n\n    So.\n\nMore.", "Do.\n\n    So.\n\nMore."),
    ("Do.\n=====\n\nMore.", "Do.\n\nMore."),
    ("Do.\n\nReferences are followed.", "Do.\n\nReferences are followed."),
    ("Do.\n\nNote that it is slow.", "Do.\n\nNote that it is slow."),
]


@pytest.mark.parametrize(("doc", "prose"), LEFT_OUT)
def test_what_is_left_out(doc, prose):
    assert told(doc).prose == prose


FIELDS = [
    (":param x: The x.", (("x", "The x."),)),
    (":param int x: The x.", (("x", "The x."),)),
    (":param list[int] x: The x.", (("x", "The x."),)),
    (":param x: The x\n    goes on\n    and on.", (("x", "The x goes on and on."),)),
    (":param *args: All.\n:keyword **more: More.", (("args", "All."), ("more", "More."))),
    (":arg x: Uses ``y``.", (("x", "Uses `y`."),)),
    (":param x:", (("x", ""),)),
    (":type x: int", ()),
    (":parametrize x: no", ()),
]


@pytest.mark.parametrize(("doc", "parameters"), FIELDS)
def test_parameters(doc, parameters):
    assert told(f"Do.\n\n{doc}").parameters == parameters


RETURNS = [
    (":returns: The sum.", "The sum."),
    (":return: The sum.", "The sum."),
    (":yields: Parts of :class:`x.Y`.", "Parts of `Y`."),
    (":rtype: int", ""),
    (":raises ValueError: never.", ""),
]


@pytest.mark.parametrize(("doc", "returns"), RETURNS)
def test_what_it_returns(doc, returns):
    found = told(f"Do.\n\n{doc}\n    And more of it.\n")
    assert (found.prose, found.returns) == ("Do.", returns)


def test_prose_goes_on_behind_a_field_list():
    found = told("Do.\n\n:param x: The x.\n:raises KeyError: if not.\n\nMore.\n  Indented.")
    assert found.prose == "Do.\n\nMore.\n  Indented."


LINES = st.sampled_from((
    "", ">>> f(1)", "    >>> g(", "    ...     2)", "2", ":param x: X", ":returns: it", "Example:",
    "See Also", "Notes", "-----", "Some `text`.", "    more", ".. note::", "It is so:", "- one",
))  # fmt: skip


def test_a_heading_ends_a_field_list():
    found = told("Do.\n\n:param x: The x.\nNotes:\n    More.")
    assert (found.parameters, found.prose) == ((("x", "The x."),), "Do.\n\n    More.")


@given(st.lists(LINES, max_size=12))
def test_prose_never_holds_an_example(lines):
    prose = told("\n".join(lines)).prose
    assert not any(line.strip().startswith(">>>") for line in prose.splitlines())
    assert prose == prose.strip()
    assert "\n\n\n" not in prose


WORDS = st.lists(st.text("abcdefgh", min_size=1, max_size=9), min_size=1, max_size=9)


@given(st.lists(WORDS.map(" ".join), min_size=1, max_size=4))
def test_plain_words_stay_as_they_are(paragraphs):
    doc = "\n\n".join(paragraphs)
    assert told(doc).prose == doc


LEADS = [
    ("Do it.\n\nFor example, to do it twice::\n\n    >>> f(2)\n", "Do it."),
    ("Do it.\n\nFind the next over a billion:\n\n>>> f(2)\n\nThat is all.",
     "Do it.\n\nThat is all."),
    ("Do it.\n\nSet *n* to do it often:\n\n>>> f(2)\n", "Do it.\n\nSet `n` to do it often."),
    ("Do it.\n\nIt was done.\n\n>>> f(2)\n", "Do it.\n\nIt was done."),
    ("Do it:\n\n>>> f(2)\n", "Do it."),
    (f"Do it.\n\n{'More than a few words, ' * 4}as here:\n\n>>> f(2)\n",
     f"Do it.\n\n{'More than a few words, ' * 4}as here."),
    ("Do it.\n\nOne:\n\n>>> f(1)\n\nTwo:\n\n>>> f(2)\n", "Do it."),
]  # fmt: skip


@pytest.mark.parametrize(("doc", "prose"), LEADS)
def test_what_only_leads_to_an_example_goes_with_it(doc, prose):
    assert told(doc, frozenset({"n"})).prose == prose
