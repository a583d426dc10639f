"""Our own rules, by ast-grep: secrets in code, SQL by concatenation, unwritten bodies."""

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backfeed.analyzers import _deep, _rules
from backfeed.engine.records import File
from backfeed.engine.requests import Asks, CodeCheck, Job

Plain = dict[str, Any]
_RULES = "backfeed_rules.yml"
_COMMAND = (
    f"{_deep.TOOLS}/ast-grep", "scan", "--rule", _RULES, "--json=stream", "--threads", "1",
    "--no-ignore", "hidden", _deep.FOLDER,
)  # fmt: skip


class _AstGrep:
    """The plug-in: one process for a batch of any languages."""

    name, distribution, extra = "ast-grep", "ast-grep-cli", "deep"
    packages: tuple[str, ...] = ()

    @property
    def languages(self) -> tuple[str, ...]:
        """Those of which there are rules."""
        return _rules.languages("ast_grep")

    @property
    def version(self) -> str:
        """Of the tool, and of our rules."""
        return f"1 {_deep.version_of(self.distribution)} rules {_rules.mark('ast_grep')}"

    def programs(self) -> dict[str, str]:
        """The program, which lies beside ours."""
        beside = Path(sys.executable).with_name("ast-grep")
        return {"ast-grep": str(beside) if beside.exists() else shutil.which("ast-grep") or ""}

    def check(self, batch: Sequence[CodeCheck]) -> Asks[list[Plain]]:
        """What our rules find in each snippet."""
        version = _deep.version_of(self.distribution)
        return (yield from _deep.checked(self.name, version, batch, job=_job, read=_read))


def _job(files: tuple[File, ...]) -> Job:
    rules = File(_RULES, _rules.for_ast_grep())
    return Job(files=(*files, rules), command=_COMMAND, limits=_deep.limits(60.0))


def _read(output: str) -> _deep.Found:
    found: dict[int, list[Plain]] = {}
    for line in output.splitlines():
        item = json.loads(line)
        start = item["range"]["start"]
        made = _rules.finding(item["ruleId"], start["line"] + 1, start["column"] + 1)
        found.setdefault(_deep.number(item["file"]), []).append(made)
    return found


PLUGIN = _AstGrep()
