"""Code as the tokens of its syntax tree: what `methods.fingerprints` compares.

The tokens tell how code is built and nothing else. Comments, white space, commas, semicolons and
texts that stand alone (docstrings) are left out; a text or a number is its kind. A name is how many
names ago the same one stood, as in parameterised matching (Baker 1995): other names change nothing,
while `a - b` differs from `a - a`. What stands behind a dot is a name of its own, whatever
variables are called. `APART` stands between functions and between classes, and the names of one say
nothing of another: the order that they have changes nothing either.
"""

import importlib
import re
import warnings
from collections.abc import Iterator, Mapping
from functools import cache

import tree_sitter

from backfeed.engine.grammar import Code, grammars
from backfeed.engine.methods.fingerprints import APART

FARTHEST = 9
"""A name that stood more names ago than this is as good as new."""

MOST_ERRORS = 0.2
"""The largest share of tokens that may stand where the grammar finds no sense."""

_QUOTED, _STRANGE, _KEY = 1, 2, 4  # of a token: inside a text, where no sense is, a key of a value
_NOTHING, _TEXT, _NUMBER, _OTHER, _OWN, _NAME, _KEYED, _ALONE, _PART = range(9)
_KINDS = (  # what a node is by the name of its kind: the first that matches
    (_NOTHING, r"(?!map_)(\w+_)?(content|fragment|escape_sequence|escaped_char|delimiter|str_text)"
               r"|(string|heredoc|raw_string|raw_str)_(start|end|beginning|end_part|encoding)"),
    (_TEXT, r"(?!bit)\w*string|(\w+_)?(string_literal|character|char|charlist|rune_literal"
            r"|char_literal|character_literal|regex|regexp|regex_literal|heredoc|heredoc_body"
            r"|quoted_word_list|string_value|quote_scalar|block_scalar|string_scalar|text"
            r"|attribute_value|quasiquote_body|sigil)"),
    (_NUMBER, r"(\w+_)?(integer|float|number|real_literal|point_literal|imaginary_literal)"
              r"|(\w+_)?(int|integer|float|number|hex|bin|oct)_(literal|value|scalar)"),
    (_OTHER, r"(operator|builtin|blank)_identifier"),
    (_OWN, r"(?!shorthand)(\w+_)?(field|property|namespace|package|hash_key)_(identifier|symbol)"
           r"|field_name|module_id|keyword"),
    (_NAME, r"(\w+_)?identifier|shorthand_\w+|(\w+_)?variable|variable_name|varname|class_name"
            r"|id_name|name|constant|word|alias|atom|simple_symbol|(autoquoted_)?bareword"
            r"|constructor|function|package|label|label_name|statement_label|block_label"
            r"|break_label"),
    (_KEYED, r"(keyword|named|labeled|value)_argument|keyword_pattern|keyword_parameter"),
    (_ALONE, "expression_statement"),
    (_PART, r"(abstract_|local_|generator_|secondary_|companion_)?(class|constructor|function"
            r"|interface|method|object|struct|subroutine|trait)_(definition|declaration|item"
            r"|statement|declaration_statement)|class_specifier|impl_item|class|method|module"
            r"|singleton_method|init_declaration"),
)  # fmt: skip
_SILENT = {b"", b",", b";"}
_DOTS = {".", "->", "::", "?.", "&.", "?->", "!!."}
Leaf = tuple[int, str, int]


def known(language: str) -> Code | None:
    """What the table of a language says of its code; None if no grammar of it is at hand."""
    table = grammars().get(language)
    return table.code if table and table.code.tree else None


@cache
def grammar(language: str) -> tree_sitter.Language:
    """The grammar of a language that has one (`known`)."""
    module, _, function = grammars()[language].code.tree.partition(":")
    made = getattr(importlib.import_module(module), function or "language")()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # some wheels give a bare address
        return tree_sitter.Language(made)


def tree_tokens(code: str, language: str) -> list[str]:
    """The tokens of code, in order; none if it cannot be parsed or the language has no grammar.

    >>> tree_tokens("total = price * 2  # twice", "python")
    ['name-0', '=', 'name-0', '*', 'integer']
    >>> tree_tokens("x = y * 7", "python") == tree_tokens("total = price * 2", "python")
    True
    >>> tree_tokens("Once upon a time there was a fox.", "python"), tree_tokens("x", "latin")
    ([], [])
    """
    table = known(language)
    if table is None:
        return []
    opened = "" if table.opening.strip() in code else table.opening
    leaves = list(_leaves((opened + code).encode("utf-8", "replace"), language))
    strange = sum(bool(leaf[2] & _STRANGE) for leaf in leaves)
    if strange > MOST_ERRORS * len(leaves):
        return []
    return list(_renamed(leaves)) if table.named else [said for _, said, _ in leaves]


def _leaves(text: bytes, language: str) -> Iterator[Leaf]:
    """What each token is, what is written there (or of what kind it is), and how it stands."""
    kinds, named = _kinds(language), grammars()[language].code.named
    root = tree_sitter.Parser(grammar(language)).parse(text).root_node
    stack: list[tuple[tree_sitter.Node | None, int]] = [(root, 0)]
    some = apart = False
    while stack:
        node, state = stack.pop()
        if node is None:
            apart = some
            continue
        kind = kinds.get(node.kind_id, _OTHER)
        if kind == _NOTHING:
            continue
        children = node.children if node.child_count else ()
        if kind == _TEXT or not children:
            said = text[node.start_byte : node.end_byte]
            if not state & _QUOTED and said.strip() not in _SILENT:
                if apart:
                    yield _PART, APART, state
                some, apart, by_kind = True, False, named and kind in (_TEXT, _NUMBER)
                yield kind, node.type if by_kind else said.decode("utf-8", "replace"), state
            if not children:
                continue
        if kind == _ALONE and len(children) == 1 and kinds.get(children[0].kind_id) == _TEXT:
            continue
        inner = (state | node.is_error << 1) & _STRANGE | (kind == _TEXT)
        around = [(None, inner)] if kind == _PART else []
        stack += [*around, *[(child, inner) for child in reversed(children)], *around]
        if kind == _KEYED:
            stack[-1] = (children[0], inner | _KEY)


def _renamed(leaves: list[Leaf]) -> Iterator[str]:
    """The tokens, with names as distances."""
    seen: dict[tuple[bool, str], int] = {}
    before, count = "", 0
    for kind, said, state in leaves:
        if said == APART:
            seen.clear()
            yield said
        elif kind not in (_OWN, _NAME, _PART) or said.startswith("-"):
            yield said
        else:
            own = kind == _OWN or before in _DOTS or bool(state & _KEY)
            count += 1
            ago = count - seen.get((own, said), -FARTHEST)
            yield f"{'own' if own else 'name'}-{ago if ago <= FARTHEST else 0}"
            seen[own, said] = count
        before = said


@cache
def _kinds(language: str) -> Mapping[int, int]:
    """What nodes are by the numbers of their kinds; those left out are what is written there."""
    comments, found = grammars()[language].code.comments, {}
    made = grammar(language)
    for number in range(made.node_kind_count):
        name = made.node_kind_for_id(number) or ""
        if made.node_kind_is_named(number):
            kind = next((kind for kind, form in _KINDS if re.fullmatch(form, name)), _OTHER)
            found[number] = _NOTHING if name in comments else kind
    return found
