"""Keywords from trees: what a kind of node is called."""

import pytest

from backfeed.engine import languages


@pytest.mark.parametrize(
    ("language", "code", "phrase"),
    [
        ("javascript", "function f(a) { return `${a}`; }", "string formatting"),
        ("cpp", "template <typename T> T f(T a) { return a; }", "generics"),
    ],
)
def test_what_is_called_a_template(language, code, phrase):
    assert languages.call(language, "keywords", code, "f", "")["knowledge"] == [phrase]
