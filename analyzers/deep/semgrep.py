"""Our own rules, by semgrep, which knows what names stand for and which code means the same."""

import json
from importlib import metadata
from pathlib import Path
from typing import Any

from backfeed.analyzers import _deep, _record, _rules
from backfeed.engine.errors import Outage
from backfeed.engine.records import File
from backfeed.engine.requests import Job

Plain = dict[str, Any]
_RULES = "backfeed_rules.json"
# The engine in its own process, without the Python around it: its name says that it is asked so.
_COMMAND = (
    f"{_deep.TOOLS}/osemgrep", "scan", "--experimental", "--config", _RULES, "--json", "--quiet",
    "--metrics", "off", "--disable-version-check", "--disable-nosem", "--no-git-ignore",
    "--no-rewrite-rule-ids", "--jobs", "1", "--timeout", "0", "--max-target-bytes", "0",
    _deep.FOLDER,
)  # fmt: skip
# It does not start where it could trust nobody, though it talks to nobody: a certificate of which
# nobody has the key.
_NOBODY = "backfeed_nobody.pem"
_QUIET = (
    ("SEMGREP_ENABLE_VERSION_CHECK", "0"), ("SEMGREP_SEND_METRICS", "off"),
    ("SSL_CERT_FILE", _NOBODY),
)  # fmt: skip


class _Semgrep(_deep.ByRules):
    """The plug-in: one process for a batch of any languages."""

    name, distribution, extra = "semgrep", "semgrep", "semgrep"
    rules = "semgrep"

    def programs(self) -> dict[str, str]:
        """The engine of the wheel, and the libraries that it looks for beside it."""
        place = metadata.distribution(self.distribution).locate_file("semgrep/bin")
        folder = Path(str(place))
        libraries = {f"libs/{path.name}": str(path) for path in sorted(folder.glob("libs/*"))}
        return {"osemgrep": str(folder / "semgrep-core"), **libraries}

    def job(self, snippets: tuple[File, ...]) -> Job:
        """The engine over all, with our rules."""
        beside = (File(_RULES, _rules.for_semgrep()), File(_NOBODY, _record.guest(_NOBODY)))
        return Job(
            files=(*snippets, *beside),
            command=_COMMAND,
            variables=_QUIET,
            limits=_deep.limits(120.0),
        )

    def read(self, output: str) -> _deep.Found:
        """What it writes at its end."""
        told = json.loads(output)
        if not told["paths"]["scanned"] and told["errors"]:
            raise Outage(f"semgrep: {told['errors'][0].get('message', '')[:200]}")
        found: dict[int, list[Plain]] = {}
        for item in told["results"]:
            start = item["start"]
            # It takes TypeScript for JavaScript.
            if _rules.concerns(item["check_id"], item["path"]):
                made = _rules.finding(item["check_id"], start["line"], start["col"])
                found.setdefault(_deep.number(item["path"]), []).append(made)
        return found


PLUGIN = _Semgrep()
