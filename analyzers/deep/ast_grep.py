"""Our own rules, by ast-grep: secrets in code, SQL by concatenation, unwritten bodies."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from backfeed.analyzers import _deep, _rules
from backfeed.engine.records import File
from backfeed.engine.requests import Job

Plain = dict[str, Any]
_RULES = "backfeed_rules.yml"
_COMMAND = (
    f"{_deep.TOOLS}/ast-grep", "scan", "--rule", _RULES, "--json=stream", "--threads", "1",
    "--no-ignore", "hidden", _deep.FOLDER,
)  # fmt: skip


class _AstGrep(_deep.ByRules):
    """The plug-in: one process for a batch of any languages."""

    name, distribution, extra = "ast-grep", "ast-grep-cli", "deep"
    rules = "ast_grep"

    def programs(self) -> dict[str, str]:
        """The program, which lies beside ours."""
        beside = Path(sys.executable).with_name("ast-grep")
        return {"ast-grep": str(beside) if beside.exists() else shutil.which("ast-grep") or ""}

    def job(self, snippets: tuple[File, ...]) -> Job:
        """One process for all, with our rules."""
        rules = File(_RULES, _rules.for_ast_grep())
        return Job(files=(*snippets, rules), command=_COMMAND, limits=_deep.limits(60.0))

    def read(self, output: str) -> _deep.Found:
        """What it writes by the line."""
        found: dict[int, list[Plain]] = {}
        for line in output.splitlines():
            item = json.loads(line)
            start = item["range"]["start"]
            made = _rules.finding(item["ruleId"], start["line"] + 1, start["column"] + 1)
            found.setdefault(_deep.number(item["file"]), []).append(made)
        return found


PLUGIN = _AstGrep()
