"""What is known of a language, reached by name: its analyzer plug-in and the verbs that it has.

A stage asks `Compute(call, (language, verb, ...))`, so that a new language needs no edit of stages.
"""

from functools import cache
from typing import Any

from backfeed.engine import registry
from backfeed.engine.errors import UnknownName

VERBS = (
    "parse", "units", "tests_beside", "describe", "examples", "inputs", "record_job", "recorded",
    "test_of", "test_of_examples", "shown", "keywords", "compose", "composed_name", "check", "fit",
    "entry_point", "missing_imports", "run_job", "switched_on", "test_job", "framework_job",
    "ahead", "results", "lacking", "stub", "mutants",
)  # fmt: skip
"""What an analyzer plug-in may offer, from cutting to proving. What it lacks is `unverified`."""

ALIKE = "equivalent-looking"
"""The operator of a mutant that seems to do what the code does: it is counted, and never run."""


@cache
def load(language: str) -> Any:
    """The plug-in of a language; None if there is none."""
    known = registry.names("analyzers")
    return registry.load("analyzers", language) if language in known else None


def can(language: str, verb: str) -> bool:
    """Does the plug-in of this language offer the verb?"""
    return hasattr(load(language), verb)


def spoken(language: str, code: str, dialect: str, *, instruction: str) -> str:
    """The code, told to be in a dialect of its language, for the parser and the tools.

    The instruction may name another dialect, which is then the one that counts.
    """
    if not dialect or not can(language, "spoken"):
        return code
    told: str = load(language).spoken(code, dialect, instruction)
    return told


def call(language: str, verb: str, *arguments: Any) -> Any:
    """Call a verb of a language. It must be pure, and offered (`can`)."""
    return getattr(load(language), verb)(*arguments)


def deep(name: str) -> Any:
    """The deep pass of a name as people write it: `ast-grep` lies in `ast_grep.py`.

    Raises `UnknownName`.
    """
    known = registry.names("deep")
    if (file := name.replace("-", "_")) not in known:
        listed = ", ".join(each.replace("_", "-") for each in known)
        raise UnknownName(f"there is no deep pass {name!r}; there are: {listed}")
    return registry.made("deep", file)
