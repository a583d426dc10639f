"""Our rules and ruff's on the examples of bandit, whose tests say how many findings a file has."""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backfeed.engine import languages, passes
from backfeed.engine.requests import CodeCheck, Job, rejoined
from backfeed.engine.services import open_sandbox

TOOLS = ("ast_grep", "semgrep")
# Which examples are about what a rule of ours says. All others are about what none of ours claims.
ABOUT: Mapping[str, tuple[str, ...]] = {
    "debug-server": ("flask_debug",),
    "eval-of-input": ("eval", "exec"),
    "password-in-code": ("hardcoded-passwords", "pyghmi"),
    "shell-by-concatenation": ("subprocess_shell", "os_system", "os-popen", "popen_wrappers"),
    "silent-except": ("try_except_pass", "try_except_continue"),
    "sql-by-concatenation": ("sql_statements",),
    "temporary-name": ("mktemp",),
    "tls-unverified": ("requests-ssl-verify-disabled", "unverified_context"),
    "unsafe-loading": (
        "yaml_load", "pickle_deserialize", "dill", "shelve_open", "jsonpickle",
        "pandas_read_pickle", "pytorch_load",
    ),
    "weak-password-hash": ("hashlib_new_insecure_functions", "crypto-md5"),
}  # fmt: skip
Counts = dict[str, Counter[str]]


def measure(path: Path) -> dict[str, Any]:
    """Expected and found by rule of ours, with ruff beside, and what no rule of ours is about.

    No more than what is expected counts as found in a file; what is beyond is `extra`.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = {r["file"].removeprefix("examples/"): r for r in map(json.loads, lines)}
    known = {name: row for name, row in rows.items() if row["findings"] is not None}
    texts = {name: row["text"] for name, row in known.items()}
    expected = {name: row["findings"] for name, row in known.items()}
    found = {tool: by_rules(tool, texts) for tool in TOOLS if not _lacks(tool)} | {
        "ruff": by_ruff(texts)
    }
    table = {
        rule: _line([f"{name}.py" for name in names], expected, found, rule=f"python-{rule}")
        for rule, names in ABOUT.items()
    }
    named = {f"{name}.py" for names in ABOUT.values() for name in names}
    rest = [name for name in expected if name not in named]
    return {
        "files": len(known), "findings": sum(expected.values()), "rules": table,
        "no rule of ours": _line(rest, expected, found, rule=""),
    }  # fmt: skip


def _line(
    names: Sequence[str], expected: Mapping[str, int], found: Mapping[str, Counts], *, rule: str
) -> dict[str, Any]:
    line: dict[str, Any] = {"expected": sum(expected[name] for name in names)}
    for tool, counts in found.items():
        got = {
            name: counts[name][rule] if rule and tool != "ruff" else counts[name].total()
            for name in names
        }
        line[tool] = sum(min(got[name], expected[name]) for name in names)
        line[f"{tool}_extra"] = sum(max(got[name] - expected[name], 0) for name in names)
    return line


def _lacks(tool: str) -> str:
    return passes.lack(languages.deep(tool))


def by_rules(tool: str, texts: Mapping[str, str]) -> Counts:
    """What a deep pass finds, by file and rule."""
    one = languages.deep(tool)
    box: Any = open_sandbox("bubblewrap", {"tools": passes.tools(one), "prepared": {}}, jobs=1)

    async def asked(job: Job) -> Any:
        [outcome] = await box.answer([job])
        return outcome

    batch = [CodeCheck("python", text) for text in texts.values()]
    told = rejoined(one.check(batch), lambda job: asyncio.run(asked(job)))
    asyncio.run(box.close())
    return {
        name: Counter(finding["rule"] for finding in each["findings"])
        for name, each in zip(texts, told, strict=True)
    }


def by_ruff(texts: Mapping[str, str]) -> Counts:
    """What ruff's rules taken from bandit find, by file and rule."""
    numbered = list(texts)
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(numbered):
            Path(folder, f"{number}.py").write_text(texts[name], encoding="utf-8")
        ruff = str(Path(sys.executable).with_name("ruff"))
        command = (ruff, "check", "--select", "S", "--isolated", "--output-format", "json", folder)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    found: Counts = {name: Counter() for name in texts}
    for item in json.loads(done.stdout):
        found[numbered[int(Path(item["filename"]).stem)]][item["code"]] += 1
    return found
