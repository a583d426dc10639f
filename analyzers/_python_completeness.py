"""Is a loose piece of Python code complete and independent?"""

from backfeed.analyzers._python_code import Definition, body_of, tree_of
from backfeed.analyzers._python_names import bound_names, free_names


def completeness(code: str) -> list[str]:
    """Why a loose piece of code is not complete and independent; empty if it is.

    >>> completeness("def f(x):\\n    return x + 1\\n")
    []
    >>> completeness("    return x + 1\\n")
    ['unparsable']
    """
    tree = tree_of(code)
    if tree is None:
        return ["unparsable"]
    found = [node for node in tree.body if isinstance(node, Definition)]
    problems = [] if found else ["no-definition"]
    problems += ["empty-body" for node in found if not body_of(node)]
    free = sorted(free_names(tree) - {name for node in tree.body for name in bound_names(node)})
    return problems + [f"free-name {name}" for name in free]
