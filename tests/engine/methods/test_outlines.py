"""Terms and pairs from what people write: Markdown, HTML, trees of tags."""

import pytest

from backfeed.engine.methods.outlines import form_of, read

TUTORIAL = """# Python tutorial

- [Control flow](flow.html)
  - `for` loop: repeats
  - While loop
- 3. Functions
    - Default arguments
- See also
  - Closures

```python
# Not a heading
- no item, `no_term`
```
"""
PAGE = """<html><head><style>h1 { }</style></head><body><nav><h2>Menu</h2></nav>
<h1>9. Functions</h1><h2>9.4. String Functions</h2>
<table><tr><td><code class="function">lower</code> ( text )</td></tr>
<tr><td><code>split_part(text, text, int)</code></td></tr></table>
<pre><code>SELECT nothing</code></pre>
<ul><li>Patterns<ul><li>Regular expressions</li></ul></li></ul></body></html>"""


def pair(one, two):
    return (min(one, two), max(one, two))


def test_an_outline_in_markdown():
    found = read(TUTORIAL)
    assert list(found.terms) == [
        "python tutorial", "control flow", "functions", "closures", "for loop", "while loop",
        "default arguments",
    ]  # fmt: skip
    assert pair("control flow", "while loop") in found.pairs
    assert pair("functions", "default arguments") in found.pairs
    assert pair("control flow", "functions") in found.pairs
    assert pair("while loop", "default arguments") not in found.pairs


def test_documentation_in_markdown():
    text = (
        "## 12.7 Date Functions\n\n| `ADDDATE()` | Adds |\n|--|--|\n| [`CURDATE()`](#c) | Now |\n"
    )
    found = read(text)
    assert set(found.terms) == {"date functions", "adddate", "curdate"}
    assert set(found.pairs) == {
        pair("adddate", "date functions"), pair("curdate", "date functions"),
        pair("adddate", "curdate"),
    }  # fmt: skip


def test_a_page_in_html():
    found = read(PAGE)
    assert set(found.terms) == {
        "functions", "string functions", "lower", "split_part", "patterns", "regular expressions",
    }  # fmt: skip
    assert pair("lower", "string functions") in found.pairs
    assert pair("patterns", "regular expressions") in found.pairs


@pytest.mark.parametrize(
    "text",
    [
        '"Data structures" = ["Heap", "Trie"]\ngraphs = ["Tree"]\n',
        '{"Data structures": ["Heap", "Trie"], "graphs": ["Tree"]}',
        '[{"name": "Data structures", "children": [{"name": "Heap"}, {"name": "Trie"}]},'
        ' {"name": "graphs", "children": ["Tree"]}]',
        "Data structures\n  Heap\n  Trie\ngraphs\n  Tree\n",
    ],
    ids=["toml", "json", "objects", "indented"],
)
def test_of_a_tree_of_tags_the_second_level_are_the_terms(text):
    found = read(text)
    assert list(found.terms) == ["heap", "trie", "tree"]
    assert found.classes == {"heap": "data structures", "trie": "data structures", "tree": "graphs"}
    assert set(found.pairs) == {("heap", "trie")}


def test_deeper_levels_hang_together():
    found = read("a\n  b\n    c\n")
    assert (found.classes, set(found.pairs)) == ({"b": "a", "c": "a"}, {("b", "c")})


def test_sections_are_terms_and_groups_are_none():
    found = read(
        'language = "lua"\n[groups]\nwords = ["end"]\n[sections]\n"io library" = ["io.open"]'
    )
    assert found.language == "lua"
    assert set(found.terms) == {"end", "io library", "io.open"}
    assert set(found.pairs) == {("io library", "io.open")}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("<!DOCTYPE html>", "html"), ('{"a": []}', "json"), ('[{"name": 1}]', "json"),
        ("[sections]\na = []", "toml"), ('a = ["b"]', "toml"), ("# A\n", "markdown"),
        ("- a\n", "markdown"), ("a\n  b\n", "indented"), ("", "indented"),
    ],
)  # fmt: skip
def test_forms_are_told_by_their_look(text, form):
    assert form_of(text) == form


@pytest.mark.parametrize(
    "line",
    ["`x = 1`", "`--flag`", "`;`", "`1`", "# A heading that says far too much", "# See also",
     "- it is a sentence that goes on and on", "# 12"],
)  # fmt: skip
def test_what_is_no_term(line):
    assert read(line, "markdown").terms == {}


@pytest.mark.parametrize(("text", "form"), [("a = ", "toml"), ("{", "json")])
def test_what_is_not_of_the_form_is_said(text, form):
    with pytest.raises(ValueError, match="it is no "):
        read(text, form)


def test_neighbours_far_apart_are_no_pair():
    text = "# Words\n" + "".join(f"- w{letter}\n" for letter in "abcdefgh")
    pairs = set(read(text).pairs)
    assert pair("wa", "wd") in pairs
    assert pair("wa", "we") not in pairs
    assert pair("wh", "words") in pairs
