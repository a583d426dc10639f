"""Licence expressions (SPDX): how strict one is, which of several holds, which is allowed.

What a licence asks for is taken from the data of `license-expression` (ScanCode's categories), in
five ranks: permissive, weak copyleft, strong copyleft, network copyleft, and all else (proprietary,
source-available, unknown).
"""

import difflib
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import Any

PERMISSIVE, WEAK, STRONG, NETWORK, CLOSED = range(5)

UNKNOWN = "NOASSERTION"
PROPRIETARY = "LicenseRef-Proprietary"

RANKS = ("permissive", "weak copyleft", "strong copyleft", "network copyleft", "not open")

_RANK_OF_CATEGORY = {
    "Permissive": PERMISSIVE, "Public Domain": PERMISSIVE,
    "Copyleft Limited": WEAK, "Copyleft": STRONG,
}  # fmt: skip
_NETWORK = ("AGPL-", "OSL-", "CPAL-", "RPSL-", "CAL-1.0", "EUPL-")
_JUDGED = {
    # Ours: what a word without a licence text may be taken for.
    UNKNOWN: CLOSED,
    PROPRIETARY: CLOSED,
    # A row that says "permissive", and no more, claims the class.
    "LicenseRef-permissive": PERMISSIVE,
}


def parse(expression: str) -> Any:
    """The tree of an expression; None if it is none.

    >>> str(parse("mit or GPL-3.0")), parse("see the file")
    ('MIT OR GPL-3.0-only', None)
    """
    from license_expression import ExpressionError, ExpressionParseError

    try:
        tree = _licensing().parse(expression.strip()) if expression.strip() else None
    except (ExpressionError, ExpressionParseError):
        return None
    worded = tree is not None and any(" " in key.replace(" WITH ", "") for key in _keys(tree))
    return None if worded else tree


def is_known(expression: str) -> bool:
    """Is every licence of the expression one of SPDX's or ScanCode's, or somebody's own?"""
    tree = parse(expression)
    if tree is None:
        return False
    return all(_is_known(key) for key in _keys(tree))


def _is_known(key: str) -> bool:
    bare, _, exception = key.partition(" WITH ")
    known = bare in _categories() or bare in _JUDGED or bare.startswith("LicenseRef-")
    return known and (not exception or exception in _categories())


def nearest(expression: str) -> str:
    """The known licence whose id is spelt most alike; empty if none is.

    >>> nearest("Apache2")
    'Apache-2.0'
    """
    folded = {key.lower(): key for key in map(_written, _categories()) if "Ref-" not in key}
    close = difflib.get_close_matches(expression.strip().lower(), folded, n=1, cutoff=0.5)
    return folded[close[0]] if close else ""


def rank(expression: str) -> int:
    """How much the expression asks for, by its strictest duty; of an OR, the lighter side.

    >>> [rank(e) for e in ("MIT", "MIT OR GPL-3.0-only", "MIT AND MPL-2.0", "AGPL-3.0-only", "Me")]
    [0, 0, 1, 3, 4]
    """
    return int(_fold(expression, _rank_of, best=min, worst=max, none=CLOSED))


def is_allowed(expression: str, allow: Sequence[str] = ()) -> bool:
    """Is it permissive, or named in `allow`? One side of an OR is enough, an AND needs all.

    >>> is_allowed("MIT AND GPL-3.0-only"), is_allowed("MIT AND GPL-3.0-only", ["GPL-3.0"])
    (False, True)
    """
    return _is_one(expression, allow, lambda key: _rank_of(key) == PERMISSIVE)


def is_among(expression: str, named: Iterable[str]) -> bool:
    """Is it one of these, and not only as open? One side of an OR is enough, an AND needs all.

    >>> is_among("mit OR GPL-3.0-only", ["MIT"]), is_among("MIT AND ISC", ["MIT"])
    (True, False)
    """
    return _is_one(expression, named, lambda _key: False)


def _is_one(expression: str, named: Iterable[str], also: Callable[[str], bool]) -> bool:
    """Is it named, whole or by its licences, or is `also` so of those that are not named?"""
    known = {str(parse(one)) for one in named if parse(one) is not None}
    if str(parse(expression)) in known:
        return True

    def taken(key: str) -> bool:
        return key in known or key.partition(" WITH ")[0] in known or also(key)

    return bool(_fold(expression, taken, best=max, worst=min, none=False))


def refused(expression: str, allow: Sequence[str] = ()) -> list[str]:
    """The licences that would have to be allowed too; of an OR, those of its lighter side.

    >>> refused("MIT AND GPL-3.0-only"), refused("(LGPL-3.0-only OR GPL-3.0-only) AND MPL-2.0")
    (['GPL-3.0-only'], ['LGPL-3.0-only', 'MPL-2.0'])
    """
    tree = parse(expression)
    if tree is None or is_allowed(expression, allow):
        return []
    args = list(getattr(tree, "args", ()))
    if not args:
        return [str(tree)]
    if _operator(tree) == "OR":
        return refused(str(min(args, key=lambda arg: (rank(str(arg)), str(arg)))), allow)
    return sorted({key for arg in args for key in refused(str(arg), allow)})


def combined(expressions: Iterable[str]) -> str:
    """What holds where all of these are said: the strictest, joined by AND if several are.

    >>> combined(["MIT", "GPL-3.0-only"]), combined(["MIT", "Apache-2.0", "MIT"]), combined([])
    ('GPL-3.0-only', 'Apache-2.0 AND MIT', 'NOASSERTION')
    """
    return _combined(tuple(sorted({one for one in expressions if one})))


@lru_cache(maxsize=4096)
def _combined(expressions: tuple[str, ...]) -> str:
    said = sorted(set(map(_written, expressions)))
    if not said:
        return UNKNOWN
    top = max(map(rank, said))
    strictest = [one for one in said if rank(one) == top]
    if UNKNOWN in strictest and len(strictest) > 1:
        strictest.remove(UNKNOWN)
    if len(strictest) == 1:
        return strictest[0]
    tree = parse(" AND ".join(f"({one})" for one in strictest))
    return UNKNOWN if tree is None else str(tree.simplify())


def covers(expression: str, other: str) -> bool:
    """Does the one name every licence of the other, whatever it says of later versions?

    >>> covers("MIT OR GPL-2.0-or-later", "GPL-2.0-only")
    True
    """
    named, tree = parse(expression), parse(other)
    if named is None or tree is None:
        return False
    return {_stem(key) for key in _keys(tree)} <= {_stem(key) for key in _keys(named)}


def _written(expression: str) -> str:
    tree = parse(expression)
    return expression if tree is None else str(tree)


def _stem(key: str) -> str:
    return key.partition(" WITH ")[0].removesuffix("-only").removesuffix("-or-later")


def _fold(expression: str, leaf: Callable[[str], Any], *, best: Any, worst: Any, none: Any) -> Any:
    """Reduce an expression: `best` of the sides of an OR, `worst` of those of an AND."""
    tree = parse(expression)
    return none if tree is None else _folded(tree, leaf, best, worst)


def _folded(tree: Any, leaf: Callable[[str], Any], *join: Any) -> Any:
    if not getattr(tree, "args", ()):
        return leaf(str(tree))
    best, worst = join
    chosen = best if _operator(tree) == "OR" else worst
    return chosen(_folded(arg, leaf, *join) for arg in tree.args)


def _operator(tree: Any) -> str:
    return str(getattr(tree, "operator", "")).strip()


def _keys(tree: Any) -> list[str]:
    """The licences named in a tree, each with its exception."""
    return (
        [str(tree)] if not getattr(tree, "args", ()) else [k for a in tree.args for k in _keys(a)]
    )


def _rank_of(key: str) -> int:
    """The rank of one licence. An exception lightens a strong copyleft, as the Classpath one."""
    bare, _, exception = key.partition(" WITH ")
    if bare in _JUDGED:
        return _JUDGED[bare]
    found = _RANK_OF_CATEGORY.get(_categories().get(bare, ""), CLOSED)
    if found < CLOSED and bare.startswith(_NETWORK):
        return NETWORK
    return WEAK if found == STRONG and exception in _categories() else found


@cache
def _licensing() -> Any:
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


@cache
def _categories() -> dict[str, str]:
    from license_expression import get_license_index

    found: dict[str, str] = {}
    for entry in get_license_index():
        for key in (entry.get("spdx_license_key"), *entry.get("other_spdx_license_keys", ())):
            if key:
                found.setdefault(key, entry.get("category") or "")
    return found
