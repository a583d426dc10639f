"""What can be done with each language, by what its plug-in offers, and what this machine lacks."""

import shutil
from collections.abc import Iterator
from typing import Any

from backfeed.engine import languages, registry
from backfeed.engine.grammar import grammars
from backfeed.sandboxes import _toolchains

GRADES = ("parsed", "analyzed", "run", "tested", "proven")
"""What comes after a grade includes it; a language without an analyzer is `known` by name alone."""

_OURS = ("python", "python3", "sh", "env")  # every sandbox has them


def graded() -> list[dict[str, Any]]:
    """Every language with its grade, the kinds of tests that it runs, and what is missing here."""
    return [_graded(name) for name in sorted({*grammars(), *registry.names("analyzers")})]


def _graded(name: str) -> dict[str, Any]:
    plugin = languages.load(name)
    if plugin is None:
        return {"name": name, "grade": "known", "tests": [], "missing": []}
    offers = (
        hasattr(plugin, "parse") or hasattr(plugin, "check"),
        getattr(plugin, "tool", "") != "tree-sitter",
        hasattr(plugin, "run_job"),
        bool(getattr(plugin, "kinds", ())),
        languages.can(name, "stub") and languages.can(name, "mutants"),
    )
    reached = next((n for n, offered in enumerate(offers) if not offered), len(offers))
    missing = sorted({word for word in _programs(plugin) if not _is_there(word)})
    return {
        "name": name, "grade": GRADES[reached - 1] if reached else "known",
        "tests": list(getattr(plugin, "kinds", ())), "missing": missing,
    }  # fmt: skip


def _is_there(word: str) -> bool:
    return any(shutil.which(word, path=path) for path in (None, _toolchains.OWN))


def _programs(plugin: Any) -> Iterator[str]:
    """The programs that it says it needs, and those by which it builds and runs."""
    yield from getattr(plugin, "needs", ())
    if not hasattr(plugin, "run_job"):
        return
    job = plugin.run_job(getattr(plugin, "hello", ""))
    for command in (job.command, job.build.command if job.build else ()):
        if command and "/" not in command[0] and command[0] not in _OURS:
            yield command[0]


def about(language: dict[str, Any]) -> str:
    """One line on a language."""
    parts = [language["grade"]]
    if language["tests"]:
        parts.append(", ".join(language["tests"]))
    if language["missing"]:
        parts.append(f"missing here: {', '.join(language['missing'])} (try `make toolchains`)")
    return "; ".join(parts)
