"""Compare what a program wrote with what was expected: exact, token, float, unordered."""

import math

KINDS = ("exact", "token", "float", "unordered")
CHECKER = "checker"
"""What a test says that brings a program of its own to judge outputs by."""

RELATIVE = 1e-6
ABSOLUTE = 1e-9


def same_output(wrote: str, expected: str, how: str = "token") -> bool:
    """Are the two outputs equal in the sense of `how`?

    exact: but for the end of the last line. token: words and their order, not the spaces between
    them. float: words, where numbers may differ by 1e-6 relatively or 1e-9 absolutely. unordered:
    lines, as words, in any order.

    >>> same_output("1  2\\n", "1 2"), same_output("0.1", "0.10000001", "float")
    (True, True)
    """
    if how == "exact":
        return wrote.rstrip("\n") == expected.rstrip("\n")
    if how == "unordered":
        return _lines(wrote) == _lines(expected)
    mine, theirs = wrote.split(), expected.split()
    if how == "token":
        return mine == theirs
    return len(mine) == len(theirs) and all(map(_close, mine, theirs))


def _lines(text: str) -> list[list[str]]:
    return sorted(line.split() for line in text.splitlines() if line.strip())


def _close(mine: str, theirs: str) -> bool:
    if mine == theirs:
        return True
    try:
        return math.isclose(float(mine), float(theirs), rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    except ValueError:
        return False
