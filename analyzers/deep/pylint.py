"""Python by pylint: names and calls that cannot work, followed further than by the quick tools."""

import json
from typing import Any

from backfeed.analyzers import _deep, _record
from backfeed.engine.records import File
from backfeed.engine.requests import Job

Plain = dict[str, Any]
REJECT = (
    "undefined-variable", "used-before-assignment", "undefined-all-variable",
    "no-value-for-parameter", "too-many-function-args", "unexpected-keyword-arg", "not-callable",
    "unsubscriptable-object", "function-redefined", "abstract-class-instantiated",
    "raising-bad-type", "catching-non-exception", "too-few-format-args", "too-many-format-args",
    "return-outside-function", "not-in-loop",
)  # fmt: skip
# It could not look at a file: a Python that is too new for it, or a fault of its own.
_UNREAD = ("syntax-error", "astroid-error", "fatal", "parse-error")
_GUEST = "backfeed_pylint.py"
_COMMAND = (
    "python", "-S", _GUEST, f"{_deep.TOOLS}/pylint.zip", ",".join((*REJECT, *_UNREAD)),
    _deep.FOLDER,
)  # fmt: skip


class _Pylint(_deep.Pass):
    """The plug-in. pylint has its own licence: it is a program beside ours, and never imported."""

    name, distribution, extra = "pylint", "pylint", "deep"
    languages = ("python",)
    packages = ("pylint",)

    @property
    def version(self) -> str:  # type: ignore[override]
        """Of the tools, and of what counts."""
        parts = (f"{name} {_deep.version_of(name)}" for name in ("pylint", "astroid"))
        return f"2 {' '.join(parts)} {' '.join(REJECT)}"

    def job(self, snippets: tuple[File, ...]) -> Job:
        """One run for all."""
        return Job(
            files=(*snippets, File(_GUEST, _record.guest(_GUEST))),
            command=_COMMAND,
            limits=_deep.limits(120.0),
        )

    def read(self, output: str) -> _deep.Found:
        """What our guest writes."""
        found: dict[int, list[Plain]] = {}
        for path, symbol, message, line, column in json.loads(output):
            unread = symbol in _UNREAD
            found.setdefault(_deep.number(path), []).append({
                "rule": "not-analyzed" if unread else symbol,
                "level": "note" if unread else "error",
                "message": message, "line": line, "column": column + 1,
            })  # fmt: skip
        return found


PLUGIN = _Pylint()
