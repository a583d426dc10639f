"""What a program for Node does not find: packages, files, and what a browser has."""

import re
from typing import Any

from backfeed.analyzers import _record, _tree
from backfeed.engine.methods.lacks import here
from backfeed.engine.records import File
from backfeed.engine.requests import Job, Outcome

Plain = dict[str, Any]
_MODULE = re.compile(
    r"^(?:Uncaught )?Error(?: \[\w+\])?: Cannot find (?:module|package) '([^'\n]+)'", re.MULTILINE
)
_GLOBAL = re.compile(r"(?:^|: )(?:ReferenceError: )?(\w+) is not defined$", re.MULTILINE)
# What a page has and Node has not, and libraries that a page loads for itself.
_OF_PAGES = frozenset((
    "$", "Audio", "Chart", "DOMParser", "FileReader", "HTMLElement", "Image", "L",
    "MutationObserver", "Phaser", "React", "ReactDOM", "THREE", "Vue", "XMLHttpRequest", "alert",
    "angular", "axios", "browser", "cancelAnimationFrame", "chrome", "confirm", "createCanvas",
    "customElements", "d3", "document", "firebase", "history", "jQuery", "localStorage",
    "location", "moment", "p5", "prompt", "requestAnimationFrame", "self", "sessionStorage",
    "window",
))  # fmt: skip
_JSX = re.compile(r"^SyntaxError: Unexpected token '<'", re.MULTILINE)
SETTINGS = "backfeed_babel.js"
SETTLED = (
    f"[ ! -e {SETTINGS} ] || grep -qs '\"\\(babel\\|jest\\)\" *:' package.json"
    " || find . -maxdepth 1 -name 'babel.config.*' -o -name '.babelrc*' -o -name 'jest.config.*'"
    f" | grep -q . || mv {SETTINGS} babel.config.js;"
)
"""For a shell: they are taken where a suite has none of its own."""
_MODULES = re.compile(r"^\s*(?:import|export)\b", re.MULTILINE)
_PRESETS = (
    "module.exports = { presets: ["
    "['@babel/preset-env', { targets: { node: 'current' } }], '@babel/preset-typescript'] };\n"
)


def absent(language: str, job: Job, outcome: Outcome) -> str:
    """What is not there, for want of which a program ended; empty if it was something else."""
    if outcome.verdict != "RE":
        return ""
    if found := _MODULE.search(outcome.stderr):
        return here(found[1])
    if name := of_page(outcome.stderr):
        return name
    main = next((file.text for file in job.files if file.path in job.command), "")
    return "JSX" if _JSX.search(outcome.stderr) and _has_jsx(language, main) else ""


def of_page(said: str) -> str:
    """A browser, if what is said not to be defined is there in one."""
    found = _GLOBAL.search(said)
    return f"a browser ({found[1]})" if found and found[1] in _OF_PAGES else ""


def named(told: list[Plain]) -> list[Plain]:
    """Results, of which those that lack a browser say so."""
    return [_of_page(one) for one in told]


def _of_page(one: Plain) -> Plain:
    error = one["error"]
    name = of_page(error["message"]) if error and error["type"] == "ReferenceError" else ""
    return {**one, "error": _record.lacks(name)[0]["error"]} if name else one


def _has_jsx(language: str, code: str) -> bool:
    stack = [_tree.tree(language, _tree.encoded(code)).root_node]
    while stack:
        node = stack.pop()
        if node.type.startswith("jsx_"):
            return True
        stack += node.children
    return False


def settings(files: tuple[File, ...]) -> tuple[File, ...]:
    """What Babel is told where a suite has modules or types, and no settings lie beside it."""
    asked = any(file.path.endswith(".ts") or _MODULES.search(file.text) for file in files)
    return (File(SETTINGS, _PRESETS),) if asked else ()
