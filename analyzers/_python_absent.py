"""What a Python program does not find, by what it and its tests say at their end."""

import re
import sys
from typing import Any

from backfeed.analyzers import _record
from backfeed.engine.methods.lacks import FOLDER
from backfeed.engine.requests import Job, Outcome

Plain = dict[str, Any]
_MODULE = re.compile(r"^ModuleNotFoundError: No module named '([^'\n]+)'", re.MULTILINE)
_LIBRARY = re.compile(
    r"^(?:ImportError|OSError): (lib[\w.+-]+\.so[\d.]*): cannot open", re.MULTILINE
)
_RELATIVE = "ImportError: attempted relative import"
_OTHER = re.compile(
    rf"^ImportError: cannot import name '([^'\n]+)' from '([\w.]+)' \((?!{FOLDER}/|unknown)"
)
_FROM = re.compile(r"^[ \t]*from[ \t]+(\.[\w.]*)[ \t]+import\b", re.MULTILINE)
_CAUGHT = re.compile(r"\bexcept\s*\(?[^:\n]*\b(?:ImportError|ModuleNotFoundError)\b")
_NAMED = re.compile(r"No module named '([^'\n]+)'")
# What a suite says of a test that ended so, between others that did.
_OF_TESTS = re.compile(r"(?:; |\A)[\w.<> ()=-]*?: (\w+)(?=: |; |\Z)")


def absent(job: Job, outcome: Outcome) -> str:
    """What is not there, for want of which a program failed; empty if it was something else."""
    if outcome.verdict != "RE":
        return ""
    text = "\n".join(file.text for file in job.files if file.path.endswith(".py"))
    said = outcome.stderr
    *_, last = said.strip().splitlines() or [""]
    if found := _MODULE.match(last) or _LIBRARY.match(last):
        return found[1]
    if last.startswith(_RELATIVE):
        return _record.first(_FROM.pattern, text) or "."
    if (found := _OTHER.match(last)) and found[2].partition(".")[0] not in sys.stdlib_module_names:
        return f"another {found[2]}, with {found[1]}"
    # An import that fails and is caught may be what a program ends itself for.
    gave_up = "Traceback" not in said and _CAUGHT.search(text)
    return "what it tries to import" if gave_up else ""


def named(told: list[Plain]) -> list[Plain]:
    """Results, of which those that failed for want of a module have its name as their message."""
    return [{**one, "error": _of_error(one["error"])} if one["error"] else one for one in told]


def _of_error(error: Plain) -> Plain:
    kind, message = error["type"], str(error["message"])
    if kind == "ModuleNotFoundError":
        found = _NAMED.search(message)
        return {**error, "message": found[1]} if found else error
    ends = _OF_TESTS.findall(message) if kind == "AssertionError" else []
    if ends and set(ends) == {"ModuleNotFoundError"}:
        name = _record.first(r"No module named '([^'\n]+)'", message)
        return {**error, "type": "ModuleNotFoundError", "message": name} if name else error
    return error
